"""Configuration: documented, strict, and refused where it is not safe."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import runpy
import subprocess
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured

from core.environment import Environment, sqlite_path
from equilibrium.settings import BASE_DIR, env

GOOD = {
    "ENV": "prod",
    "SECRET_KEY": "q8Rz-Vn4t_Kb7w" * 4,
    "JWT_SECRET_KEY": "m2Xd-Hs9c_Lp5y" * 4,
    "BACKEND_URL": "https://api.example.org",
    "APP_URL": "https://example.org",
    "EMAIL_PROVIDER": "none",
}


def documented() -> dict[str, str]:
    lines = (BASE_DIR / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def for_compose() -> set[str]:
    """Variables that compose.yaml itself reads; the product never sees them."""
    path = BASE_DIR / "compose.yaml"
    return set(re.findall(r"\$\{([A-Z_]+)", path.read_text())) if path.exists() else set()


def as_text(default: object) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, list):
        return ",".join(default)
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_every_variable_is_documented_and_every_documented_one_is_read():
    assert set(env.defaults) <= set(documented())
    assert set(documented()) - set(env.defaults) <= for_compose()


def test_the_documented_defaults_are_the_real_ones():
    assert {name: as_text(value) for name, value in env.defaults.items()} == {
        name: value for name, value in documented().items() if name in env.defaults
    }


def test_every_variable_has_its_meaning_written_above_it():
    text = (BASE_DIR / ".env.example").read_text()
    groups = [group for group in text.split("\n\n")[1:] if group]
    assert len(groups) >= 8
    assert all(group.startswith("# ---- ") and group.count("#") > 1 for group in groups)


def test_the_environment_is_read_in_one_place_only():
    """No module looks into os.environ by itself."""
    allowed = {"environment.py", "asgi.py", "celery.py"}
    allowed |= {"databases.py"}  # of the backup: the tools of PostgreSQL are started with ours
    for app in ("equilibrium", "accounts", "cot"):
        for path in (BASE_DIR / app).rglob("*.py"):
            if path.name not in allowed and "tests" not in path.parts:
                assert not re.search(r"os\.environ|getenv", path.read_text()), path


def clean(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "DB_PATH": str(folder / "app.db"), "LOG_DIR": str(folder)}


def settings_with(folder: Path, **variables: str) -> SimpleNamespace:
    """What the settings hold with these variables and nothing else."""
    with mock.patch.dict(os.environ, clean(folder) | variables, clear=True):
        return SimpleNamespace(**runpy.run_path(str(BASE_DIR / "equilibrium/settings.py")))


def start(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Start the real product as its own process with these variables and nothing else."""
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(
        command,
        cwd=BASE_DIR,
        env=clean(folder) | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_production_settings_start_and_pass_the_deploy_check(tmp_path):
    done = start(tmp_path, **GOOD)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "please-Change_Me-" + "x" * 40),
        ("JWT_SECRET_KEY", ""),
        ("JWT_SECRET_KEY", "x" * 31),
        ("JWT_SECRET_KEY", "CHANGE me" + "x" * 40),
        ("JWT_SECRET_KEY", GOOD["SECRET_KEY"]),
        ("MFA_KEY", "x" * 31),
        ("SECRET_KEY", "k" * 40),
        ("ADMIN_STATS_TIMEZONE", "Mars/Base"),
        ("API_CORS_ORIGINS", "*"),
        ("MFA_KEY", GOOD["SECRET_KEY"]),
        ("DEBUG", "true"),
        ("DEBUG", "treu"),
        ("BACKEND_URL", "api.example.org"),
        ("COT_YEARS", "five"),
        ("THROTTLE_ANON", "many"),
        ("EMAIL_PROVIDER", "pigeon"),
        ("EMAIL_PROVIDER", "resend"),
        ("EMAIL_PROVIDER", "console"),
        ("EMAIL_PROVIDER", ""),
        ("ENV", "production"),
        ("API_PORT", "70000"),
        ("DATABASE_URL", "mysql://somebody:secret@db/name"),
        ("DATABASE_URL", "sqlite://app.db"),
        ("REDIS_URL", "localhost:6379"),
        ("COT_CROWDED_BUY", "15"),
        ("SECRET_KEY_FILE", "/no/such/file"),
    ],
)
def test_the_start_is_refused_with_the_name_of_the_bad_variable(tmp_path, name, value):
    """The value itself is not printed."""
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        settings_with(tmp_path, **(GOOD | {name: value}))
    assert len(value) < 10 or value not in "".join(traceback.format_exception(refused.value))


@pytest.mark.slow
def test_a_start_that_is_refused_ends_with_the_reason(tmp_path):
    done = start(tmp_path, **(GOOD | {"SECRET_KEY": "short"}))
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("django.core.exceptions.ImproperlyConfigured: SECRET_KEY")


def test_local_secrets_are_made_once_and_kept_private(tmp_path):
    first = Environment({}).secret("SECRET_KEY", tmp_path)
    assert first == Environment({}).secret("SECRET_KEY", tmp_path)
    assert len(first) >= 32
    assert (tmp_path / "secret_key.txt").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key.txt"]


def test_a_secret_may_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text("from-a-file\n")
    assert (
        Environment({"SECRET_KEY_FILE": str(tmp_path / "key")}).secret("SECRET_KEY", None)
        == "from-a-file"
    )


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (lambda e: e.flag("X", False), "Yes", True),
        (lambda e: e.flag("X", True), "0", False),
        (lambda e: e.flag("X", True), " ", True),
        (lambda e: e.whole("X", 5), "7", 7),
        (lambda e: e.number("X", 5), "2.5", 2.5),
        (lambda e: e.words("X"), "a, b", ["a", "b"]),
        (lambda e: e.text("X"), "$HOME", "$HOME"),
        (lambda e: e.url("X", ""), "https://x.org/", "https://x.org"),
        (lambda e: e.folder("X", Path("/base"), "var"), "", None),
        (lambda e: e.folder("X", Path("/base"), "var"), "/abs", Path("/abs")),
    ],
)
def test_a_value_is_read_as_what_it_is(read, text, value):
    assert read(Environment({"X": text})) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda e: e.flag("X", False), "maybe"),
        (lambda e: e.whole("X", 5), "-1"),
        (lambda e: e.whole("X", 5), "1.5"),
        (lambda e: e.number("X", 5), "nan"),
        (lambda e: e.choice("X", "a", ["a", "b"]), "c"),
        (lambda e: e.rate("X", "1/s"), "0/min"),
        (lambda e: e.url("X", ""), "ftp://x.org"),
    ],
)
def test_a_bad_value_is_refused_by_name(read, text):
    with pytest.raises(ImproperlyConfigured, match=r"^X must be"):
        read(Environment({"X": text}))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/app.db", "var/app.db"),
        ("sqlite:////srv/my%20data/app.db", "/srv/my data/app.db"),
        ("sqlite:///", ""),
        ("sqlite://app.db", ""),
        ("sqlite:///:memory:", ""),
        ("sqlite:////srv/app.db?timeout=5", ""),
        ("sqlite:////srv/a#b.db", ""),
        ("postgres://db/name", None),
        ("", None),
    ],
)
def test_an_address_of_sqlite_names_a_path_from_the_project_or_from_the_root(url, path):
    assert sqlite_path(url) == path


@pytest.mark.parametrize("place", ["var/other.db", "/srv/other.db"])
def test_an_address_of_sqlite_opens_the_file_as_its_path_would(tmp_path, place):
    by_path = settings_with(tmp_path, DB_PATH=place).DATABASES
    assert by_path == settings_with(tmp_path, DATABASE_URL=f"sqlite:///{place}").DATABASES
    assert str(by_path["default"]["NAME"]) == str(BASE_DIR / place)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, ("local_mail", "Equilibrium <noreply@localhost>", "")),
        ({"SMTP_HOST": "mail.x.org"}, ("smtp", "Equilibrium <noreply@localhost>", "mail.x.org")),
        (
            {"SMTP_HOST": "mail.x.org", "BREVO_API_KEY": "k"},
            ("brevo", "Equilibrium <noreply@localhost>", ""),
        ),
        (
            {"RESEND_API_KEY": "k", "BREVO_API_KEY": "k"},
            ("resend", "Equilibrium <noreply@localhost>", ""),
        ),
        (
            {"RESEND_API_KEY": "k", "EMAIL_PROVIDER": "console"},
            ("local_mail", "Equilibrium <noreply@localhost>", ""),
        ),
        (
            {
                "BREVO_API_KEY": "k",
                "BREVO_SMTP_SERVER": "relay.x.org",
                "BREVO_SENDER_EMAIL": "a@x.org",
            },
            ("smtp", "Equilibrium <a@x.org>", "relay.x.org"),
        ),
    ],
)
def test_mail_goes_by_the_first_provider_that_is_configured(tmp_path, variables, expected):
    found = settings_with(tmp_path, **variables)
    sender = (
        found.EMAIL_BACKEND.split(".")[-2],
        found.DEFAULT_FROM_EMAIL,
        getattr(found, "EMAIL_HOST", ""),
    )
    assert sender == expected


def test_hosts_and_origins_follow_from_the_public_addresses(tmp_path):
    urls = {
        "BACKEND_URL": "https://api.x.org:8443/",
        "APP_URL": "https://x.org",
        "EXTRA_HOSTS": "y.org",
    }
    found = settings_with(tmp_path, **urls)
    assert found.ALLOWED_HOSTS == ["localhost", "127.0.0.1", "[::1]", "api.x.org", "x.org", "y.org"]
    assert found.CSRF_TRUSTED_ORIGINS == [
        "https://api.x.org:8443",
        "https://x.org",
        "https://y.org",
    ]


def test_links_in_mails_follow_the_port_until_an_address_is_named(tmp_path):
    found = settings_with(tmp_path, API_PORT="8123")
    assert (found.APP_URL, found.BACKEND_URL) == ("http://localhost:8123",) * 2
    assert settings_with(tmp_path, API_PORT="8123", APP_URL="https://x.org").APP_URL == (
        "https://x.org"
    )


def test_forms_may_go_to_a_configured_sign_in_provider_and_no_other(tmp_path):

    def targets(**variables: str) -> list[str]:
        return settings_with(tmp_path, **variables).CONTENT_SECURITY_POLICY["DIRECTIVES"][
            "form-action"
        ]

    assert targets(OAUTH_GITHUB_CLIENT_ID="only half") == ["'self'"]
    github = {"OAUTH_GITHUB_CLIENT_ID": "i", "OAUTH_GITHUB_CLIENT_SECRET": "s"}
    assert targets(**github) == ["'self'", "https://github.com"]


def test_only_production_asks_browsers_for_https_for_a_year(tmp_path):

    def safety(**variables: str) -> tuple[int, bool, bool]:
        found = settings_with(tmp_path, **variables)
        return (
            getattr(found, "SECURE_HSTS_SECONDS", 0),
            found.SESSION_COOKIE_SECURE,
            found.CSRF_COOKIE_SECURE,
        )

    assert safety() == (0, False, False)
    assert safety(**(GOOD | {"ENV": "dev"})) == (0, True, True)
    assert safety(**GOOD) == (31_536_000, True, True)


def test_lines_go_to_a_file_where_no_one_else_keeps_them(tmp_path):
    """Containers and systemd keep what production prints."""

    def kept(**variables: str) -> object:
        return settings_with(tmp_path, **variables).LOG_DIR

    assert kept(LOG_DIR="") == BASE_DIR / "var/logs"
    assert kept(**(GOOD | {"LOG_DIR": ""})) is None
    assert kept(**(GOOD | {"LOG_DIR": "/srv/logs"})) == Path("/srv/logs")


def dotted_paths(value: object) -> set[str]:
    """Every string inside a setting that looks like the path of a module or of something in it."""
    if isinstance(value, str):
        return (
            {value}
            if re.fullmatch(r"[a-z_]\w*(\.\w+)+(:\w+)?", value) and " " not in value
            else set()
        )
    if isinstance(value, dict):
        return {path for inner in (*value, *value.values()) for path in dotted_paths(inner)}
    if isinstance(value, list | tuple | set):
        return {path for inner in value for path in dotted_paths(inner)}
    return set()


def test_every_dotted_path_of_the_settings_can_be_imported():
    from equilibrium import settings, urls

    given = {
        name: value
        for name, value in vars(settings).items()
        if name.isupper() and not name.startswith("_")
    }
    given |= {name: value for name, value in vars(urls).items() if name.startswith("handler")}
    ours = (
        "core",
        "accounts",
        "cot",
        "equilibrium",
        "django",
        "rest_framework",
        "allauth",
        "whitenoise",
        "drf_",
    )
    paths = {path.replace(":", ".") for path in dotted_paths(given) if path.startswith(ours)}
    paths -= {"accounts.User", *settings.LOGGING["loggers"]}  # a model's label, names of loggers
    assert len(paths) > 60
    for path in paths:
        module, _dot, name = path.rpartition(".")
        if not is_module(path):
            assert hasattr(importlib.import_module(module), name), path


def is_module(path: str) -> bool:
    try:
        return importlib.util.find_spec(path) is not None
    except ModuleNotFoundError:
        return False


def test_outside_local_cookies_carry_names_that_only_this_host_can_set(tmp_path):
    made = settings_with(tmp_path, **GOOD)
    assert (made.SESSION_COOKIE_NAME, made.CSRF_COOKIE_NAME) == (
        "__Host-sessionid",
        "__Host-csrftoken",
    )
    assert made.SESSION_COOKIE_SECURE
    assert made.CSRF_COOKIE_SECURE
    assert "x-client" in made.CORS_ALLOW_HEADERS


SHOW_COOKIES = """
from accounts.api import answers
from accounts.models import Purpose
from accounts.proofs import known_browsers
for purpose in Purpose:
    print(answers.with_request({}, purpose, "t", 202).cookies.output(header=""))
print(answers.COOKIE, answers.COOKIE_PATH, known_browsers.COOKIE)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "api", "host"), [("prod", "__Secure-", "__Host-"), ("local", "", "")]
)
def test_cookies_of_the_api_bear_the_prefix_of_their_path_outside_local(tmp_path, env, api, host):
    """`__Host-` is for cookies of the whole site; those of the API go to `/api/v1/auth` alone."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", SHOW_COOKIES], cwd=BASE_DIR,
        env=clean(tmp_path) | GOOD | {"ENV": env}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    *requests, last = done.stdout.strip().splitlines()
    assert last == f"{api}refresh_token /api/v1/auth {host}device"
    assert len(requests) > 2
    for line in requests:
        name, *flags = line.strip().split("; ")
        assert name.startswith(f"{api}request_")
        assert {"HttpOnly", "Path=/api/v1/auth", "SameSite=Lax"} <= set(flags)
        assert ("Secure" in flags) is bool(api)


def test_the_policy_lets_a_sign_in_end_at_the_listed_apps(tmp_path):
    listed = "com.example.app:/signed-in, https://app.example.org/done?x=1"
    made = settings_with(tmp_path, **(GOOD | {"OAUTH_APP_REDIRECTS": listed}))
    allowed = made.CONTENT_SECURITY_POLICY["DIRECTIVES"]["form-action"]
    assert allowed[1:] == ["com.example.app:", "https://app.example.org"]
