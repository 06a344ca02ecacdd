"""Both databases, as the settings open them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from core import checks

pytestmark = pytest.mark.slow


def run(script, **variables):
    """What the product prints in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env={
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
            "SCHEDULER_ENABLED": "false",
            **variables,
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def test_sqlite_keeps_foreign_keys_waits_for_its_turn_and_writes_ahead(tmp_path):
    """WAL, foreign keys, 20 s, and a transaction starts as a writer."""
    script = """
import django; django.setup()
from django.db import connection, transaction
with connection.cursor() as cursor:
    for name in ("journal_mode", "foreign_keys", "busy_timeout"):
        cursor.execute(f"PRAGMA {name}"); print(cursor.fetchone()[0])
from django.test.utils import CaptureQueriesContext
with CaptureQueriesContext(connection) as queries, transaction.atomic():
    pass
print(queries[0]["sql"])
"""
    lines = run(script, DB_PATH=str(tmp_path / "app.db"), LOG_DIR=str(tmp_path))
    assert lines == ["wal", "1", "20000", "BEGIN IMMEDIATE"]


def test_without_its_database_the_product_answers_503_everywhere(tmp_path):
    """A page, the API, health; nothing about the host."""
    script = """
import django; django.setup()
from django.test import Client
client = Client(headers={"host": "localhost"}, raise_request_exception=False)
client.cookies["sessionid"] = "x" * 32
for path in ("/cot/", "/api/v1/auth/me", "/health/"):
    response = client.get(path)
    body = response.json()["error"]["code"] if path.startswith("/api/") else ""
    print(response.status_code, body, b"127.0.0.1" in response.content)
"""
    lines = run(
        script,
        DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
        LOG_LEVEL="ERROR",
        LOG_DIR=str(tmp_path),
    )
    answers = [line for line in lines if not line.startswith("{")]
    assert answers == ["503  False", "503 database_unavailable False", "503  False"]


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_page_may_not_keep_postgresql_busy_but_a_command_may(tmp_path):
    """30 s for web, set where the web server starts."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL (DATABASE_URL)")
    settings = connection.settings_dict
    host = settings["HOST"].replace("/", "%2F")
    url = f"postgres://{settings['USER']}:{settings['PASSWORD']}@{host}:{settings['PORT'] or ''}/postgres"
    ask = """
from django.db import connection

from core import checks
with connection.cursor() as cursor:
    cursor.execute("SHOW statement_timeout"); print(cursor.fetchone()[0])
print(connection.pool.max_size)
"""
    assert run("import equilibrium.asgi" + ask, DATABASE_URL=url, LOG_DIR=str(tmp_path)) == [
        "30s",
        "20",
    ]
    assert run("import django; django.setup()" + ask, DATABASE_URL=url, LOG_DIR=str(tmp_path)) == [
        "0",
        "20",
    ]


@pytest.mark.postgres
@pytest.mark.django_db
def test_pools_that_may_want_more_connections_than_the_server_takes_are_warned_of(settings):
    """Three servers of four processes with pools of 20, and jobs, where PostgreSQL takes 100 of which 3 are reserved."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL (DATABASE_URL)")
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        if cursor.fetchone() != ("100",):
            pytest.skip("the figures are those of PostgreSQL's own settings")
    settings.DB_POOL = {"min_size": 2, "max_size": 20}
    settings.WEB_CONCURRENCY, settings.WEB_REPLICAS = 4, 1
    assert checks.pools_fit_the_server(["default"]) == []
    settings.WEB_REPLICAS = 3
    (warning,) = checks.pools_fit_the_server(["default"])
    assert warning.msg.startswith("PostgreSQL takes 97 connections, the product may want 255: ")
    settings.DB_POOL["max_size"] = 6
    assert checks.pools_fit_the_server(["default"]) == []
