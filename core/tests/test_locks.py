"""Named locks (platform §8.3): real processes, real databases."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from core.locks import STALE_AFTER, Locked, RowLock, named_lock
from core.models import NamedLock

ROOT = Path(__file__).resolve().parents[2]
SETUP = "import django; django.setup(); from core import locks; locks.HEARTBEAT_SECONDS = 0.1\n"
HOLD = (
    SETUP
    + """
try:
    with locks.named_lock("night", patience={patience}) as lock:
        print("held", flush=True)
        input()
        print(lock.held(), flush=True)
except locks.Locked as error:
    print(error.code, flush=True)
"""
)


@pytest.fixture(scope="module")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    env = {**os.environ, "DATABASE_URL": "", "DB_PATH": str(tmp_path_factory.mktemp("locks") / "app.db")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "core", "--skip-checks", "-v0"], cwd=ROOT, env=env, check=True
    )
    return env


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of a child process that talks to one real database."""
    if request.param == "sqlite":
        return request.getfixturevalue("sqlite_file")
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make test-postgres")
    request.getfixturevalue("transactional_db")
    at = connection.settings_dict
    host = at["HOST"] or at["OPTIONS"].get("host", "")
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={host}&port={at['PORT'] or 5432}",
    }


@pytest.fixture
def start(database: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a process that holds the lock until it reads a line; its first line says whether it got it."""
    with ExitStack() as stack:

        def begin(*, patience: float = 0) -> subprocess.Popen[str]:
            holder = subprocess.Popen(
                [sys.executable, "-c", HOLD.format(patience=patience)],
                cwd=ROOT,
                env={**database, "DJANGO_SETTINGS_MODULE": "equilibrium.settings"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(holder)
            stack.callback(holder.kill)
            return holder

        yield begin


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.slow
def test_a_second_process_is_refused_until_the_first_lets_go(start: Callable[..., subprocess.Popen[str]]):
    """platform §8.3, cot §21.8."""
    first = start()
    assert says(first) == "held"
    assert says(start()) == "locked"
    out, _err = first.communicate("\n")
    assert out.strip() == "True", "the holder still held it at the end"
    assert says(start()) == "held"


@pytest.mark.slow
def test_killing_the_holder_frees_the_lock(start: Callable[..., subprocess.Popen[str]]):
    """cot §19: kill -9 in the middle of a file frees the lock."""
    first = start()
    assert says(first) == "held"
    first.kill()
    first.wait()
    assert says(start(patience=5)) == "held"


@pytest.mark.slow
def test_a_patient_process_gets_the_lock_when_it_becomes_free(start: Callable[..., subprocess.Popen[str]]):
    first = start()
    assert says(first) == "held"
    second = start(patience=30)
    time.sleep(1)
    first.communicate("\n")
    assert says(second) == "held"


@pytest.mark.slow
def test_the_holder_keeps_its_row_alive(sqlite_file: dict[str, str]):
    """platform §8.3: a heartbeat while the lock is held."""
    script = SETUP + (
        "import time; from core.models import NamedLock\n"
        "seen = lambda: NamedLock.objects.get(name='beating').heartbeat\n"
        "with locks.named_lock('beating'):\n"
        "    before = seen(); time.sleep(0.5); print(seen() > before)\n"
        "print(seen())\n"
    )
    env = {**sqlite_file, "DJANGO_SETTINGS_MODULE": "equilibrium.settings"}
    out = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    assert out.stdout.split() == ["True", "None"]


@pytest.mark.parametrize(
    ("owner", "silent_for", "free"),
    [
        ("elsewhere:1:abc", timedelta(seconds=0), False),
        ("elsewhere:1:abc", STALE_AFTER - timedelta(seconds=5), False),
        ("elsewhere:1:abc", STALE_AFTER + timedelta(seconds=1), True),
        ("anything", timedelta(seconds=0), False),
        ("", timedelta(days=1), True),
    ],
)
@pytest.mark.django_db
def test_a_row_is_free_to_take_only_after_five_silent_minutes(owner: str, silent_for: timedelta, free: bool):
    """platform §8.3."""
    NamedLock.objects.create(name="night", owner=owner, heartbeat=timezone.now() - silent_for)
    lock = RowLock.take("night")
    assert (lock is not None) is free
    if lock is None:
        assert NamedLock.objects.get(name="night").owner == owner
    else:
        lock.release()


@pytest.mark.django_db
def test_one_who_lost_the_lock_knows_it_and_does_not_free_it_for_a_third():
    first = RowLock.take("night")
    assert first is not None
    NamedLock.objects.update(heartbeat=timezone.now() - STALE_AFTER - timedelta(seconds=1))
    second = RowLock.take("night")
    assert second is not None
    assert not first.held()
    first.release()
    assert second.held()
    assert RowLock.take("night") is None
    second.release()


@pytest.mark.django_db(transaction=True)
def test_different_names_do_not_disturb_each_other_and_an_error_frees_the_lock():
    with pytest.raises(ZeroDivisionError), named_lock("day"), named_lock("night"):
        _ = 1 / 0
    with named_lock("night"), pytest.raises(Locked) as refused, named_lock("night"):
        pass
    assert refused.value.status == 409
    assert refused.value.details == {"lock": "night"}
