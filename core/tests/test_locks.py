"""Named locks: real processes, real databases."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from core import locks
from core.locks import Locked, is_free, named_lock, take

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import django
django.setup()
from core import locks
try:
    with locks.named_lock("night", patience={patience}) as lock:
        print("held", flush=True)
        input()
        print(lock.held(), flush=True)
except locks.Locked as error:
    print(error.code, flush=True)
"""


@pytest.fixture(scope="module")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    env = {
        **os.environ,
        "DATABASE_URL": "",
        "DB_PATH": str(tmp_path_factory.mktemp("locks") / "app.db"),
    }
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "core", "--skip-checks", "-v0"],
        cwd=ROOT,
        env=env,
        check=True,
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
def test_a_second_process_is_refused_until_the_first_lets_go(
    start: Callable[..., subprocess.Popen[str]],
):
    first = start()
    assert says(first) == "held"
    assert says(start()) == "locked"
    out, _err = first.communicate("\n")
    assert out.strip() == "True", "the holder still held it at the end"
    assert says(start()) == "held"


@pytest.mark.slow
def test_killing_the_holder_frees_the_lock(start: Callable[..., subprocess.Popen[str]]):
    """Also kill -9, which leaves the process no moment to say goodbye."""
    first = start()
    assert says(first) == "held"
    first.kill()
    first.wait()
    assert says(start(patience=5)) == "held"


@pytest.mark.slow
def test_a_patient_process_gets_the_lock_when_it_becomes_free(
    start: Callable[..., subprocess.Popen[str]],
):
    first = start()
    assert says(first) == "held"
    second = start(patience=30)
    time.sleep(1)
    first.communicate("\n")
    assert says(second) == "held"


@pytest.mark.slow
def test_of_many_processes_that_start_at_once_one_gets_the_lock(
    start: Callable[..., subprocess.Popen[str]],
):
    assert sorted(map(says, [start() for _ in range(4)])) == ["held", "locked", "locked", "locked"]


@pytest.mark.django_db(transaction=True)
def test_one_can_see_whether_a_lock_is_free_and_it_stays_so():
    assert is_free("night")
    assert is_free("night")
    with named_lock("night"):
        assert not is_free("night")
        assert is_free("day")
    assert is_free("night")


@pytest.mark.django_db(transaction=True)
def test_the_holder_knows_that_it_holds_it_until_it_lets_go():
    lock = take("night")
    assert lock is not None
    assert take("night") is None
    assert lock.held()
    lock.release()
    assert not lock.held()


def test_a_link_to_an_sqlite_database_leads_to_the_same_locks(tmp_path, monkeypatch):
    (tmp_path / "link.db").symlink_to(tmp_path / "app.db")
    monkeypatch.setitem(connection.settings_dict, "NAME", str(tmp_path / "link.db"))
    monkeypatch.setattr(locks, "in_memory", lambda: False)
    assert locks.folder() == tmp_path / "app.db.locks"


@pytest.mark.slow
def test_the_locks_of_an_sqlite_database_are_files_beside_it(sqlite_file: dict[str, str]):
    script = (
        "import django; django.setup(); from core.locks import named_lock\n"
        "with named_lock('any name/of any length' * 20): pass\n"
    )
    env = {**sqlite_file, "DJANGO_SETTINGS_MODULE": "equilibrium.settings"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=env, check=True)
    assert any(len(path.name) == 40 for path in Path(f"{sqlite_file['DB_PATH']}.locks").iterdir())


@pytest.mark.django_db
def test_a_database_in_memory_has_its_locks_in_the_folder_of_the_tests(settings):
    if not locks.in_memory():
        pytest.skip("the database of this run is not in memory")
    assert locks.folder() == settings.VAR_DIR / "locks"


@pytest.mark.django_db(transaction=True)
def test_different_names_do_not_disturb_each_other_and_an_error_frees_the_lock():
    with pytest.raises(ZeroDivisionError), named_lock("day"), named_lock("night"):
        _ = 1 / 0
    with named_lock("night"), pytest.raises(Locked) as refused, named_lock("night"):
        pass
    assert refused.value.status == 409
    assert refused.value.details == {"lock": "night"}
