# Everything one can do here; `make` alone lists it. Needs Python 3.11 or newer, git and make, nothing else.
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3))
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
APPS = $(shell sed -n 's/^root_packages = \[\(.*\)\]/\1/p' pyproject.toml | tr -d '",')
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
RANDOM_KEY := $(BIN)/python -c "import secrets; print(secrets.token_urlsafe(48))"
SPREAD = $(if $(ARGS),,-n 2 --dist loadscope)
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# ---- use it
run: install ## Install what is missing, prepare the database, load data, serve (PORT=8000)
	@$(MANAGE) up $(if $(PORT),--port $(PORT))

dev: develop ## Web server alone, restarting on every saved file
	@$(MANAGE) run_server --reload

demo: install ## Load the labelled demo data
	@$(MANAGE) demo

migrate: install ## Bring the database to the newest schema
	@$(MANAGE) migrate

# ---- change it
test: develop ## The fast tests on SQLite, two processes; with ARGS="-k board" one
	$(BIN)/pytest -m "not slow and not e2e and not fuzz" $(SPREAD) $(COVERAGE) $(ARGS)

test-slow: develop ## The slow ones on SQLite: processes of their own, long ways through real files
	$(BIN)/pytest -m slow $(SPREAD) $(if $(COVERAGE),$(COVERAGE) --cov-append) $(ARGS)

test-postgres: develop ## Fast and slow, those that open a database, on PostgreSQL (DATABASE_URL_TEST, else one started for the run)
	$(BIN)/python .ci/on_postgres.py $(BIN)/pytest -m "not e2e and not fuzz" --with-database $(SPREAD) $(ARGS)

e2e: develop ## Browser tests in Chromium
	@$(BIN)/python .ci/need_chromium.py
	$(BIN)/pytest -m e2e $(ARGS)

fuzz: develop ## Every operation of the API schema with generated input
	$(BIN)/pytest -m fuzz $(ARGS)

check: COVERAGE := --cov --cov-report=
check: lint types deployable schema-diff test test-slow coverage ## Everything that must hold before a commit

fmt: develop ## Format the code
	$(BIN)/ruff check --fix-only -q .
	$(BIN)/ruff format .

lint: develop ## Style, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: develop ## Static types
	$(BIN)/mypy .

deployable: develop ## Migrations complete, production settings sound
	$(MANAGE) makemigrations --check --dry-run
	ENV=prod SECRET_KEY=$$($(RANDOM_KEY)) JWT_SECRET_KEY=$$($(RANDOM_KEY)) BACKEND_URL=https://example.org EMAIL_PROVIDER=none \
		$(MANAGE) check --deploy --fail-level WARNING

schema: develop ## Write docs/openapi.yaml
	$(MANAGE) spectacular --validate --fail-on-warn --file docs/openapi.yaml

schema-diff: develop ## docs/openapi.yaml says what the API does
	$(MANAGE) spectacular --validate --fail-on-warn --file var/openapi.yaml
	diff -u docs/openapi.yaml var/openapi.yaml

coverage: test ## At least 80 % of every app, from the last tests
	@for app in $(APPS); do \
		echo "coverage of $$app"; $(BIN)/coverage report --include="$$app/*" --fail-under=80 --skip-covered || exit 1; done

bench: develop ## The numbers of the speed table, measured here
	@for file in bench/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

revision: develop ## Write migrations for changed models
	$(MANAGE) makemigrations

# ---- what the targets above stand on: installed once, again only when the pinned requirements change
install: .venv/.run $(CATALOGUES) ## Create .venv and install what the product needs
develop: .venv/.dev $(CATALOGUES) ## … and what its tests need

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Equilibrium needs Python 3.11 or newer; found: $$("$(or $(PYTHON),python3)" --version 2>&1)."; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@"$(PYTHON)" -m venv .venv || { rm -rf .venv; \
		echo "No virtual environment: on Debian and Ubuntu run  apt install python3.11-venv"; exit 1; }

.venv/.run: requirements.txt | $(BIN)/python
.venv/.dev: requirements-dev.txt | $(BIN)/python
.venv/.run .venv/.dev:
	@echo "Installing $< (once; a minute or two)"
	@$(BIN)/python -m pip install --progress-bar on -r $< || { \
		echo "Could not install $<: see the message above. Without a network, point pip at a local index and repeat."; \
		exit 1; }
	@touch $@ $(if $(findstring dev,$@),.venv/.run)

%.mo: %.po | .venv/.run
	@$(BIN)/pybabel --quiet compile -i $< -o $@

.PHONY: help run dev demo migrate test test-slow test-postgres e2e fuzz check fmt lint types deployable schema schema-diff \
	coverage bench revision install develop
