"""compose.yaml and the image: what can be held without a Docker engine."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from core.checks import JOB_PROCESSES
from equilibrium.settings import env

COMPOSE = settings.BASE_DIR / "compose.yaml"


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(COMPOSE.read_text())["services"]


def test_the_parts_are_web_worker_one_beat_migrate_postgres_and_redis(
    services: dict[str, dict[str, Any]],
):
    assert set(services) == {"web", "worker", "beat", "migrate", "postgres", "redis"}
    assert "deploy" not in services["beat"]
    assert " beat " in services["beat"]["command"]
    assert "-B" not in shlex.split(services["worker"]["command"]), (
        "the worker of production carries no second beat"
    )


def test_nothing_serves_or_works_before_the_migration_has_ended(
    services: dict[str, dict[str, Any]],
):
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }
    assert services["migrate"]["restart"] == "no"


def test_the_product_runs_without_rights_on_a_read_only_file_system(
    services: dict[str, dict[str, Any]],
):
    for name in ("web", "worker", "beat", "migrate"):
        assert services[name]["read_only"] is True
        assert services[name]["volumes"] == ["var:/app/var"]
    last_user = re.findall(r"^USER (\w+)", (settings.BASE_DIR / "Dockerfile").read_text(), re.M)[-1]
    assert last_user == "equilibrium"


def test_a_part_that_others_wait_for_says_when_it_is_healthy(services: dict[str, dict[str, Any]]):
    waited_for = {
        name
        for service in services.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert waited_for == {"postgres", "redis"}
    assert all(services[name]["healthcheck"]["test"] for name in waited_for)
    image = (settings.BASE_DIR / "Dockerfile").read_text()
    assert "/health/ready/" in image, "of web; worker and beat, which serve nothing, have none"
    assert [
        name for name in services if services[name].get("healthcheck") == {"disable": True}
    ] == [
        "worker",
        "beat",
        "migrate",
    ]


def test_every_variable_it_sets_or_reads_is_one_the_product_knows(
    services: dict[str, dict[str, Any]],
):
    documented = set(
        re.findall(r"^([A-Z_]+)=", (settings.BASE_DIR / ".env.example").read_text(), re.M)
    )
    assert set(re.findall(r"\$\{([A-Z_]+)", COMPOSE.read_text())) <= documented
    for name in ("web", "worker", "beat", "migrate"):
        assert set(services[name]["environment"]) <= set(env.defaults), name


def test_postgresql_takes_the_pools_of_three_web_containers_and_the_jobs(
    services: dict[str, dict[str, Any]],
):
    """What `manage.py migrate` would warn of (core.checks), with the pools as they are unless somebody sets them."""
    takes = int(services["postgres"]["command"].rpartition("max_connections=")[2])
    processes = int(services["web"]["environment"]["WEB_CONCURRENCY"].strip("${}").split(":-")[1])
    for_jobs = JOB_PROCESSES * (env.defaults["DB_POOL_MIN"] + 1)
    assert 3 * processes * env.defaults["DB_POOL_MAX"] + for_jobs <= takes - 3


def test_secrets_have_no_default_and_no_port_is_open_to_the_world(
    services: dict[str, dict[str, Any]],
):
    text = COMPOSE.read_text()
    for name in ("SECRET_KEY", "JWT_SECRET_KEY", "POSTGRES_PASSWORD"):
        assert set(re.findall(rf"\$\{{{name}([^}}]*)\}}", text)) == {":?set it in .env"}
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_commands_it_calls_exist(services: dict[str, dict[str, Any]]):
    words = [
        shlex.split(service["command"]) for service in services.values() if "command" in service
    ]
    managed = {line[2] for line in words if line[:2] == ["python", "manage.py"]}
    assert managed
    assert managed <= set(get_commands())


def test_the_development_file_changes_only_what_the_production_file_has(
    services: dict[str, dict[str, Any]],
):
    changed = yaml.safe_load((settings.BASE_DIR / "compose.dev.yaml").read_text())["services"]
    assert set(changed) <= set(services)
    assert all(".:/app" in service["volumes"] for service in changed.values())
