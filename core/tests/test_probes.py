"""Health, readiness and metrics."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core import health, metrics
from core.models import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def beat():
    """The row that `system_beat` keeps, this many seconds old."""

    def make(age):
        moment = timezone.now() - timedelta(seconds=age)
        JobRun.objects.update_or_create(
            name="system_beat",
            key="latest",
            defaults={"started": moment, "finished": moment, "status": "ok"},
        )

    return make


@pytest.fixture
def no_database(monkeypatch):
    """Every new cursor fails the way a stopped server makes it fail."""

    def refuse():
        raise OperationalError("connection to server at 10.1.2.3 failed")

    monkeypatch.setattr(connection, "cursor", refuse)


def metric(text, name):
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


def test_health_is_ok_when_everything_answers(client, beat, settings):
    settings.SCHEDULER_ENABLED = True
    beat(age=30)
    body = client.get("/health/").json()
    assert body["version"] == settings.VERSION
    for name in ("database", "cache", "broker", "scheduler"):
        assert body["checks"][name]["status"] == "ok", name
    assert body["checks"]["scheduler"]["age_seconds"] in (30, 31)
    assert body["checks"]["database"]["age_seconds"] is None


@pytest.mark.parametrize(
    "path", ["/health", "/health/", "/health/ready", "/health/ready/", "/metrics", "/metrics/"]
)
def test_paths_for_machines_take_both_spellings(client, path):
    assert client.get(path).status_code in (200, 503)
    assert client.post(path).status_code == 405


def test_a_silent_scheduler_degrades_health_but_keeps_it_200(client, beat, settings):
    settings.SCHEDULER_ENABLED = True
    beat(age=121)
    response = client.get("/health/")
    assert response.status_code == 200
    assert response.json()["status"] == "degraded"
    assert response.json()["checks"]["scheduler"]["status"] == "failed"


@pytest.mark.parametrize(("seconds", "status"), [(5, "ok"), (3600, "failed")], ids=["5s", "1h"])
def test_a_clock_that_was_set_back_fails_the_scheduler_and_nothing_else(
    client, beat, settings, seconds, status
):
    """The last sign of life lies in the future, where beat waits for the clock; seconds only part two machines."""
    settings.SCHEDULER_ENABLED = True
    beat(age=-seconds)
    response = client.get("/health/")
    check = response.json()["checks"]["scheduler"]
    assert (response.status_code, check["status"]) == (200, status)
    assert check.get("note", "") == (
        "" if status == "ok" else "the clock was set back: restart beat"
    )
    assert client.get("/health/ready/").status_code == 200


def test_health_is_down_only_without_the_database_and_names_no_host(client, no_database):
    response = client.get("/health/")
    assert response.status_code == 503
    assert response.json()["status"] == "down"
    assert b"10.1.2.3" not in response.content


def test_an_app_can_add_its_own_check_and_a_broken_check_is_a_failure(client, monkeypatch):
    monkeypatch.setattr(health, "_checks", {})
    health.register("cot")(lambda: health.Finding(ok=True, age=86400.4))
    health.register("prices")(lambda: 1 / 0)
    checks = client.get("/health/").json()["checks"]
    assert checks["cot"] == {"status": "ok", "age_seconds": 86400}
    assert checks["prices"] == {"status": "failed", "age_seconds": None}


def test_no_connection_is_held_while_a_check_waits_for_another_service(client, monkeypatch):
    done = []
    monkeypatch.setattr(health, "_checks", {})
    monkeypatch.setattr(health, "_waiting", set())
    monkeypatch.setattr(health, "release", lambda: done.append("connection given back"))
    for name, waits in (("broker", True), ("cot", False)):
        health.register(name, waits=waits)(
            lambda name=name: done.append(name) or health.Finding(ok=True)
        )
    checks = client.get("/health/").json()["checks"]
    assert list(checks) == ["database", "broker", "cot"]
    assert done == ["cot", "connection given back", "broker"]


def test_health_is_never_kept_by_a_cache_and_needs_no_session(client):
    response = client.get("/health/")
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_ready_means_that_pages_can_be_served_and_nothing_else(client, settings):
    """No beat, no worker and a dead Redis are for the health page: without them every page still answers."""
    settings.SCHEDULER_ENABLED = True
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    settings.CACHES = {
        alias: {
            "BACKEND": "core.cache_backends.GuardedRedis",
            "LOCATION": settings.REDIS_URL,
            "OPTIONS": {"spare": "django.core.cache.backends.dummy.DummyCache"},
        }
        for alias in ("default", "data")
    }
    response = client.get("/health/ready/")
    assert (response.status_code, response.json()) == (200, {"ready": True, "failing": []})
    checks = client.get("/health/").json()["checks"]
    assert {name for name in ("cache", "scheduler") if checks[name]["status"] == "failed"} == {
        "cache",
        "scheduler",
    }


def test_not_ready_with_an_unapplied_migration(client, settings):
    settings.SCHEDULER_ENABLED = False
    newest = MigrationRecorder.Migration.objects.filter(app="core").order_by("name").last()
    newest.delete()
    assert client.get("/health/ready/").json()["failing"] == ["migrations"]


def test_not_ready_without_the_database(client, no_database, settings):
    settings.SCHEDULER_ENABLED = True
    response = client.get("/health/ready/")
    assert (response.status_code, response.json()["failing"]) == (
        503,
        ["database", "migrations"],
    )


def test_metrics_count_requests_by_view_and_status(client):
    client.get("/health/")
    text = client.get("/metrics/").content.decode()
    counted = metric(text, "django_http_responses_total_by_status_view_method_total")
    assert counted["GET", "200", "health"] >= 1
    assert "django_http_requests_latency_seconds_by_view_method_bucket" in text


@time_machine.travel("2026-03-02T12:00:00Z", tick=False)
def test_metrics_know_the_jobs(client, beat):
    beat(age=50)
    now = timezone.now()
    for key, status in (("1", "failed"), ("2", "failed"), ("3", "ok")):
        JobRun.objects.create(
            name="purge", key=key, started=now, finished=now - timedelta(seconds=100), status=status
        )
    text = client.get("/metrics/").content.decode()
    assert metric(text, "equilibrium_job_runs") == {
        ("purge", "failed"): 2,
        ("purge", "ok"): 1,
        ("system_beat", "ok"): 1,
    }
    ages = metric(text, "equilibrium_job_success_age_seconds")
    assert ages["purge",] == 100
    assert ages["system_beat",] == 50


@pytest.mark.postgres
def test_metrics_count_the_connections_of_all_processes(client):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make test-postgres")

    def counted():
        text = client.get("/metrics/").content.decode()
        return sum(metric(text, "equilibrium_database_connections").values())

    with ExitStack() as others:
        for _ in range(5):
            others.enter_context(psycopg.connect(**connection.get_connection_params()))
        assert counted() >= 6, "five others and ours"


def test_an_app_can_add_a_gauge_and_a_broken_gauge_harms_no_other(client):
    metrics.gauge("equilibrium_test_age_seconds", "For this test.", "source")(
        lambda: {("cot",): 12.5}
    )
    metrics.gauge("equilibrium_test_broken", "For this test.")(lambda: 1 / 0)
    try:
        text = client.get("/metrics/").content.decode()
    finally:
        for collector in list(metrics.DOMAIN._collector_to_names):
            if collector.name.startswith("equilibrium_test_"):
                metrics.DOMAIN.unregister(collector)
    assert metric(text, "equilibrium_test_age_seconds") == {("cot",): 12.5}
    assert metric(text, "equilibrium_test_broken") == {}


def test_metrics_do_not_exist_for_strangers(client):
    response = client.get("/metrics/", REMOTE_ADDR="203.0.113.9")
    assert response.status_code == 404
    assert b"django_http" not in response.content


def test_a_forged_address_opens_nothing(client, settings):
    """With no proxy of ours the header is ignored, with one its last address counts."""
    forged = {"X-Forwarded-For": "127.0.0.1"}
    assert client.get("/metrics/", REMOTE_ADDR="203.0.113.9", headers=forged).status_code == 404
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    behind_proxy = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}
    assert client.get("/metrics/", REMOTE_ADDR="127.0.0.1", headers=behind_proxy).status_code == 404


def test_the_token_opens_metrics_from_anywhere_and_no_token_opens_nothing(client, settings):
    address = {"REMOTE_ADDR": "203.0.113.9"}
    assert (
        client.get("/metrics/", **address, headers={"Authorization": "Bearer "}).status_code == 404
    )
    settings.METRICS_TOKEN = "s3cret-token"
    assert (
        client.get(
            "/metrics/", **address, headers={"Authorization": "Bearer s3cret-token"}
        ).status_code
        == 200
    )
    assert (
        client.get("/metrics/", **address, headers={"Authorization": "Bearer other"}).status_code
        == 404
    )


def test_probes_are_exempt_from_limits(client, settings):
    """A monitor asks more than 30 times a minute."""
    assert {client.get("/health/").status_code for _ in range(35)} == {200}


def test_the_version_is_the_projects():
    assert f'version = "{settings.VERSION}"' in (settings.BASE_DIR / "pyproject.toml").read_text()
