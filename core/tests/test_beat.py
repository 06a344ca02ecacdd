"""The one beat, as a process of its own: two of them, and what it makes of a database or broker that goes away."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.tests import postgres_server

ROOT = Path(__file__).resolve().parents[2]
TURN = "this one sends the jobs now"
BEAT = "-m celery -q -A equilibrium beat --max-interval 1 -l INFO --pidfile="
Start = Callable[[dict[str, str]], subprocess.Popen[str]]

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a beat process; what it says is in `tmp_path/beat0.log`, the next one's in `beat1.log`."""
    started: list[subprocess.Popen[str]] = []

    def begin(environment: dict[str, str]) -> subprocess.Popen[str]:
        with (tmp_path / f"beat{len(started)}.log").open("w") as log:
            beat = subprocess.Popen(
                [sys.executable, *BEAT.split()],
                cwd=ROOT,
                env=os.environ | {"CELERY_BROKER_URL": "memory://"} | environment,
                stdout=log,
                stderr=log,
                text=True,
            )
        beat.log = Path(log.name)
        started.append(beat)
        return beat

    yield begin
    for beat in started:
        beat.kill()
        beat.wait()


@pytest.fixture
def sqlite(tmp_path: Path, migrated_file: Path) -> dict[str, str]:
    return {"DATABASE_URL": "", "DB_PATH": shutil.copy(migrated_file, tmp_path / "app.db")}


@pytest.fixture
def server() -> Iterator[postgres_server.Server]:
    """A PostgreSQL of our own, with all tables."""
    with tempfile.TemporaryDirectory(prefix="equilibrium-pg-") as folder:
        made = postgres_server.Server(folder)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"],
            cwd=ROOT,
            env=os.environ | {"DATABASE_URL": made.url},
            check=True,
        )
        yield made
        made.remove()


def says(beat: subprocess.Popen[str], words: str, *, times: int = 1, within: float = 30) -> bool:
    until = time.monotonic() + within
    while time.monotonic() < until:
        if beat.log.read_text().count(words) >= times:
            return True
        time.sleep(0.1)
    return False


def test_of_two_beats_one_sends_and_the_other_takes_over_when_it_ends(
    start: Start, sqlite: dict[str, str]
):
    first = start(sqlite)
    assert says(first, TURN)
    second = start(sqlite)
    assert not says(second, TURN, within=5)
    assert "Sending due task" not in second.log.read_text()
    first.send_signal(signal.SIGTERM)
    assert says(second, TURN, within=10)
    second.kill()
    second.wait()
    assert says(start(sqlite), TURN), "kill -9 does not block the next one"


@pytest.mark.postgres
def test_a_beat_outlives_its_database_and_takes_its_turn_again(
    start: Start, server: postgres_server.Server
):
    """The restart ended the session with the lock: until it is taken again nothing is sent."""
    beat = start({"DATABASE_URL": server.url})
    assert says(beat, "Sending due task system_beat")
    server.stop()
    assert says(beat, "trying again")
    server.start()
    assert says(beat, TURN, times=2)
    assert beat.poll() is None


@pytest.mark.postgres
def test_a_beat_that_starts_before_its_database_waits_for_it(
    start: Start, server: postgres_server.Server
):
    server.stop()
    beat = start({"DATABASE_URL": server.url})
    assert says(beat, "trying again")
    server.start()
    assert says(beat, "Sending due task system_beat")


def test_a_beat_without_a_broker_goes_on_asking(start: Start, sqlite: dict[str, str]):
    """Nothing listens on port 1."""
    beat = start(sqlite | {"CELERY_BROKER_URL": "redis://127.0.0.1:1/0"})
    assert says(beat, "trying again", times=2)
    assert beat.poll() is None
