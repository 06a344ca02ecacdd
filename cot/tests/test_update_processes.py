"""Runs as processes of their own: two at once, and one that is killed in the middle."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import psycopg
import pytest
from django.conf import settings

from core.tests import postgres_server, redis_server
from cot.tests.cftc_text import archive, market_codes, series, text
from cot.variants import VARIANTS

pytestmark = pytest.mark.slow
DISAGG = VARIANTS["disagg_fo"]
YEARS = range(2017, 2024)
MARKETS, WEEKS = 60, 20
ROWS_A_YEAR = MARKETS * WEEKS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seven archives of 1,200 rows each."""
    folder = tmp_path_factory.mktemp("site")
    for year in YEARS:
        tuesday = date(year, 1, 8) - timedelta(days=(date(year, 1, 8).weekday() - 1) % 7)
        sizes = [100 + week for week in range(WEEKS)]
        rows = [
            r
            for code in market_codes(MARKETS)
            for r in series(DISAGG, sizes, code=code, first=tuesday)
        ]
        path = folder / DISAGG.yearly_path(year)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive(text(rows)))
    return folder


@dataclass(frozen=True)
class Installation:
    """A database of its own, and the commands that work on it."""

    environment: dict[str, str]
    ask: Callable[[str], list[tuple[Any, ...]]]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=os.environ
            | self.environment
            | {"COT_KEEP_FILES": "false", "DJANGO_SETTINGS_MODULE": "equilibrium.settings"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """In a session of its own, so that it can be killed with its children."""
        return subprocess.Popen(
            [
                sys.executable,
                *["-m", "celery", "-q", "-A", "equilibrium", "worker", "-c", "1", "-l", "WARNING"],
            ],
            cwd=settings.BASE_DIR,
            env=os.environ | self.environment | environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def update(self, source: str) -> subprocess.Popen[str]:
        years = f"{YEARS[0]}-{YEARS[-1]}"
        variant = ["--type", DISAGG.type, "--subtype", DISAGG.subtype]
        return self.start("update_cot", "--source", source, "--years", years, *variant, "--json")


def on_sqlite(folder: Path, migrated: Path) -> Installation:
    database = Path(shutil.copy(migrated, folder))

    def ask(query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(database, timeout=20)) as session:
            return session.execute(query).fetchall()

    return Installation({"DATABASE_URL": "", "DB_PATH": str(database)}, ask)


def on_postgresql(server: SplitResult, name: str, template: str = "template0") -> Installation:
    """In a new database of that server, a copy of another one."""
    database = server._replace(path=f"/{name}").geturl()

    def ask(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(database, autocommit=True) as session:
            return session.execute(query).fetchall()

    drop(server, name)
    on_server(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    return Installation({"DATABASE_URL": database}, ask)


def drop(server: SplitResult, name: str) -> None:
    on_server(server, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def on_server(server: SplitResult, command: str) -> None:
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as session:
        session.execute(command)


@pytest.fixture(scope="module")
def server() -> Iterator[SplitResult]:
    """The PostgreSQL server of the run, with a database of all tables that an installation copies."""
    address = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not address.scheme.startswith("postgres"):
        pytest.skip("DATABASE_URL names no PostgreSQL server")
    migrated = on_postgresql(address, "cot_migrated").start("migrate", "--verbosity", "0")
    assert migrated.wait(timeout=300) == 0, migrated.stderr.read()
    yield address
    for name in ("cot_processes", "cot_migrated"):
        drop(address, name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    if request.param == "sqlite":
        return on_sqlite(tmp_path, request.getfixturevalue("migrated_file"))
    return on_postgresql(request.getfixturevalue("server"), "cot_processes", "cot_migrated")


def ended(process: subprocess.Popen[str]) -> tuple[int, dict[str, Any]]:
    out, problem = process.communicate(timeout=300)
    assert out, problem
    return process.returncode, json.loads(out.splitlines()[-1])


@dataclass
class Gate:
    """A server of the site that hands out as many archives as it is told to, and tells when it was asked for one."""

    address: str = ""
    asked: threading.Event = field(default_factory=threading.Event)
    permits: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def hand_out(self, archives: int) -> None:
        for _ in range(archives):
            self.permits.release()


@pytest.fixture
def gate(site: Path) -> Iterator[Gate]:
    made = Gate()

    class Waiting(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(".zip"):
                made.asked.set()
                made.permits.acquire(timeout=100)
            with suppress(BrokenPipeError):  # who asked was killed
                super().do_GET()

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Waiting, directory=str(site)))
    made.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield made
    made.hand_out(100)
    server.shutdown()
    server.server_close()


def test_of_two_runs_at_once_one_works_and_one_says_locked(installation: Installation, gate: Gate):
    """Exit codes 0 and 2, and nothing twice. The first waits for its files, lock in hand."""
    first = installation.update(gate.address)
    assert gate.asked.wait(100)
    code, body = ended(installation.update(gate.address))
    assert (code, body["status"]) == (2, "locked")
    gate.hand_out(100)
    code, body = ended(first)
    assert (code, body["status"]) == (0, "ok")
    assert installation.ask("SELECT count(*) FROM cot_observation") == [(len(YEARS) * ROWS_A_YEAR,)]
    assert sorted(installation.ask("SELECT status FROM core_jobrun")) == [("locked",), ("ok",)]


def test_a_run_killed_in_the_middle_leaves_whole_files_and_a_free_lock(
    installation: Installation, gate: Gate
):
    """The transaction is rolled back, the next run does what was left."""
    gate.hand_out(4)
    killed = installation.update(gate.address)
    deadline = time.monotonic() + 200
    while killed.poll() is None and time.monotonic() < deadline:
        if installation.ask("SELECT count(*) FROM cot_sourcefile WHERE status = 'stored'") >= [
            (2,)
        ]:
            break
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    stored = installation.ask("SELECT count(*) FROM cot_observation GROUP BY source_file_id")
    assert 2 <= len(stored) <= 4
    assert set(stored) == {(ROWS_A_YEAR,)}
    gate.hand_out(100)
    code, body = ended(installation.update(gate.address))
    assert (code, body["status"]) == (0, "ok")
    assert installation.ask("SELECT count(*) FROM cot_observation") == [(len(YEARS) * ROWS_A_YEAR,)]
    assert sorted(installation.ask("SELECT status FROM core_jobrun")) == [("failed",), ("ok",)]


def test_ctrl_c_ends_a_run_with_130_and_without_a_trace(installation: Installation, gate: Gate):
    """The run says so in the list of runs, and the lock is free."""
    stopped = installation.update(gate.address)
    assert gate.asked.wait(100)
    stopped.send_signal(signal.SIGINT)
    gate.hand_out(100)
    _, problem = stopped.communicate(timeout=100)
    assert stopped.returncode == 130
    assert "Traceback" not in problem
    assert installation.ask("SELECT status FROM core_jobrun") == [("failed",)]
    assert ended(installation.update(gate.address))[0] == 0


def test_a_run_cancelled_by_another_process_ends_after_its_file(
    installation: Installation, gate: Gate
):
    """What is stored by then is whole; the next run brings the rest."""
    cancelled = installation.update(gate.address)
    assert gate.asked.wait(100)
    assert installation.start("jobs", "--cancel", "cot_update").wait(timeout=100) == 0
    gate.hand_out(100)
    code, body = ended(cancelled)
    assert (code, body["status"]) == (1, "cancelled")
    assert installation.ask("SELECT count(*) FROM cot_observation GROUP BY source_file_id") == [
        (ROWS_A_YEAR,)
    ]
    assert installation.ask("SELECT status FROM core_jobrun") == [("cancelled",)]
    assert ended(installation.update(gate.address))[0] == 0
    assert installation.ask("SELECT count(*) FROM cot_observation") == [(len(YEARS) * ROWS_A_YEAR,)]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[redis_server.Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    made = redis_server.Server(tmp_path)
    yield made
    made.kill()


ASK = "import django; django.setup(); from cot.tasks import *; cot_update_by_admin.delay()"


def test_what_a_killed_worker_left_is_repaired_when_a_worker_starts(
    installation: Installation, gate: Gate, redis: redis_server.Server
):
    """Job and update say that they run until then; the page looks at the lock and does not believe them."""
    environment = {"CELERY_BROKER_URL": redis.url, "COT_SOURCE_DIR": gate.address}
    asked = os.environ | installation.environment | environment
    asked["DJANGO_SETTINGS_MODULE"] = "equilibrium.settings"
    subprocess.run([sys.executable, "-c", ASK], cwd=settings.BASE_DIR, env=asked, check=True)
    records = "SELECT name, status, error FROM core_jobrun ORDER BY name"
    killed = installation.start_worker(**environment)
    try:
        assert gate.asked.wait(100)
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    names = ["cot_update", "cot_update_by_admin"]
    assert installation.ask(records) == [(name, "running", "") for name in names]
    worker = installation.start_worker(**environment)
    try:
        wanted = [(name, "failed", "interrupted") for name in names]
        deadline = time.monotonic() + 60
        while installation.ask(records) != wanted and time.monotonic() < deadline:
            time.sleep(0.2)
        assert installation.ask(records) == wanted
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture
def own_server() -> Iterator[postgres_server.Server]:
    """A PostgreSQL that the test restarts."""
    with tempfile.TemporaryDirectory(prefix="equilibrium-pg-") as folder:
        made = postgres_server.Server(folder)
        yield made
        made.remove()


@pytest.mark.postgres
def test_a_run_that_lost_its_lock_to_a_restart_of_postgresql_stops_before_the_next_file(
    own_server: postgres_server.Server, gate: Gate
):
    """The restart ends the session that holds the lock; a second run may begin, and must not work beside the first."""
    installation = on_postgresql(urlsplit(own_server.url), "cot_restarted")
    assert installation.start("migrate", "--verbosity", "0").wait(timeout=300) == 0
    first = installation.update(gate.address)
    assert gate.asked.wait(100)
    gate.hand_out(2)
    while installation.ask("SELECT count(*) FROM cot_sourcefile WHERE status = 'stored'") < [(1,)]:
        time.sleep(0.05)
    own_server.stop()
    own_server.start()
    before = installation.ask("SELECT count(*) FROM cot_sourcefile WHERE status = 'stored'")
    gate.hand_out(100)
    code, body = ended(first)
    assert (code, body["status"]) == (1, "failed")
    assert "lock" in body["error"]
    assert installation.ask("SELECT count(*) FROM cot_sourcefile WHERE status = 'stored'") == before
    assert installation.ask("SELECT status FROM core_jobrun") == [("failed",)]
    code, body = ended(installation.update(gate.address))
    assert (code, body["status"]) == (0, "ok")
    assert installation.ask("SELECT count(*) FROM cot_observation") == [(len(YEARS) * ROWS_A_YEAR,)]
