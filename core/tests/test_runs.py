"""One record per run: kept up to date, closed however the work ends, and ended when somebody asks for it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from core import runs
from core.jobs import pulse
from core.locks import Locked, LockLost, named_lock
from core.models import JobRun

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


def begin(name="night", **fields):
    return runs.on_record(name, trigger=JobRun.Trigger.COMMAND, **fields)


@pytest.fixture
def clock(monkeypatch):
    """The clock that decides when progress is written: `clock.now += 1`."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(runs, "time", clock)
    return clock


def test_a_run_is_closed_with_what_came_of_it():
    record = begin(options={"years": [2026]})
    with runs.working(record) as run:
        run.result = {"rows": 3}
        run.status = JobRun.Status.PARTIAL
    saved = JobRun.objects.get()
    assert (saved.status, saved.result, saved.options, saved.trigger) == (
        "partial",
        {"rows": 3},
        {"years": [2026]},
        "command",
    )
    assert saved.finished is not None


@pytest.mark.parametrize("error", [ValueError("no table"), KeyboardInterrupt()])
def test_whatever_stops_the_work_closes_its_record_and_frees_the_lock(error):
    with pytest.raises(type(error)), runs.working(begin()):
        raise error
    assert JobRun.objects.get().status == "failed"
    assert JobRun.objects.get().error.startswith(type(error).__name__)
    with named_lock("night"):
        pass


def test_progress_is_written_at_most_once_a_second_and_its_last_word_at_the_end(clock):
    record = begin()

    def shown():
        return JobRun.objects.get().progress.get("done")

    with runs.working(record) as run:
        run.progress(1, 9, "a.zip")
        assert shown() == 1
        run.progress(2, 9, "b.zip")
        assert shown() == 1
        clock.now += 1
        run.progress(3, 9, "c.zip")
        assert shown() == 3
        run.progress(4, 9, "d.zip")
    assert JobRun.objects.get().progress == {"done": 4, "total": 9, "note": "d.zip"}


def test_a_wish_to_cancel_is_heard_at_the_next_step(clock):
    """Also within the second in which nothing is written."""
    record, steps = begin(), []
    with runs.working(record) as run:
        for step in range(5):
            steps.append(step)
            run.progress(step, 5)
            if step == 2:
                assert runs.cancel("night") == record
    assert steps == [0, 1, 2, 3]
    assert JobRun.objects.get().status == "cancelled"


def test_a_run_that_is_cancelled_before_it_has_its_lock_ends_at_its_first_step():
    """From outside it looks like one that was killed."""
    record, steps = begin(), []
    assert runs.cancel("night") is None
    with runs.working(record) as run:
        run.progress(0, 5)
        steps.append(0)
    assert steps == []
    assert JobRun.objects.get().status == "cancelled"


def test_a_run_within_another_tells_it_how_far_it_is_and_ends_with_it():
    outer, inner = begin("outer"), begin("inner")
    with runs.working(outer) as job, runs.working(inner, within=job) as run:
        run.progress(1, 2, "a")
        assert JobRun.objects.get(name="outer").progress == {"done": 1, "total": 2, "note": "a"}
        runs.cancel("outer")
        run.progress(2, 2, "b")
        pytest.fail("it went on")
    assert JobRun.objects.get(name="inner").status == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_a_second_run_is_refused_and_says_so_in_its_record():
    with runs.working(begin()), pytest.raises(Locked), runs.working(begin()):
        pytest.fail("it had its turn")
    assert sorted(JobRun.objects.values_list("status", flat=True)) == ["locked", "ok"]


def test_with_the_lock_in_hand_every_other_running_record_of_that_name_is_abandoned():
    killed = JobRun.objects.create(name="night", key="k", started=datetime(2026, 1, 1, tzinfo=UTC))
    other = JobRun.objects.create(name="day", key="k", started=datetime(2026, 1, 1, tzinfo=UTC))
    with runs.working(begin()):
        killed.refresh_from_db()
        other.refresh_from_db()
        assert (killed.status, killed.error, other.status) == ("failed", "interrupted", "running")


@pytest.mark.django_db(transaction=True)
def test_what_killed_runs_left_is_closed_and_what_works_is_left_alone():
    """A killed one says "running" and nobody holds its lock; the beat looks, and so does a worker that starts."""
    killed = begin("day")
    with runs.working(begin()):
        pulse()
        assert runs.close_killed() == 0
        killed.refresh_from_db()
        assert (killed.status, killed.error) == ("failed", "interrupted")
    assert JobRun.objects.get(name="night").status == "ok"


def test_a_run_closed_before_it_had_its_lock_works_all_the_same():
    record = begin()
    assert runs.close_killed() == 1
    with runs.working(record):
        assert JobRun.objects.get().status == "running"
    assert (JobRun.objects.get().status, JobRun.objects.get().error) == ("ok", "")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_run_whose_lock_the_database_took_away_ends_at_its_next_step():
    """As a restart of PostgreSQL does, or an administrator who ends the session."""
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make test-postgres")
    inner, outer = begin("inner"), begin("outer")

    def work():
        with runs.working(outer) as job, runs.working(inner, within=job) as run:
            run.progress(1, 3)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
                    " WHERE locktype = 'advisory' AND datname = current_database()"
                )
            run.progress(2, 3)

    with pytest.raises(LockLost):
        work()
    assert set(JobRun.objects.values_list("status", flat=True)) == {"failed"}
    assert "was lost" in JobRun.objects.get(name="inner").error


def test_the_command_asks_a_run_to_end_and_closes_what_was_killed(capsys):
    record = begin()
    with runs.working(record) as run:
        call_command("jobs", cancel="night")
        assert "asked to end" in capsys.readouterr().out
        run.progress(1, 2)
    assert JobRun.objects.get().status == "cancelled"
    killed = begin()
    with pytest.raises(CommandError, match="no run is under way"):
        call_command("jobs", cancel="night")
    killed.refresh_from_db()
    assert killed.error == "interrupted"


def test_an_administrator_starts_and_cancels_jobs_in_the_list_of_runs(
    admin, owner, web, monkeypatch
):
    asked = []
    monkeypatch.setattr("celery.Task.delay", lambda self, **given: asked.append((self.name, given)))
    start, listed = reverse("admin:core_jobrun_start"), reverse("admin:core_jobrun_changelist")
    browser = web(admin)
    assert "<option>purge</option>" in browser.get(listed).content.decode()
    assert (
        "The job purge has been asked for."
        in browser.post(start, {"job": "purge"}, follow=True).content.decode()
    )
    assert asked == [("purge", {"trigger": "admin"})]
    assert browser.get(start).status_code == 405
    assert browser.post(start, {"job": "nothing"}).status_code == 404
    assert web(owner).post(start, {"job": "purge"}).status_code in (302, 403)
    assert len(asked) == 1
    with runs.working(record := begin()) as run:
        browser.post(listed, {"action": "cancel", "_selected_action": [record.pk]})
        run.progress(1, 2)
    assert JobRun.objects.get(pk=record.pk).status == "cancelled"
    page = reverse("admin:core_jobrun_change", args=[record.pk])
    assert (browser.get(page).status_code, browser.post(page, {"name": "x"}).status_code) == (
        200,
        403,
    )


WORK = """
import django
django.setup()
import time
from core import runs
with runs.working(runs.on_record("night", trigger="command")) as run:
    for step in range(600):
        run.progress(step, 600)
        print(step, flush=True)
        time.sleep(0.05)
print(run.status, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
@pytest.mark.django_db(transaction=True)
def test_another_process_ends_a_run_and_the_record_of_a_killed_one_is_closed(database, tmp_path):
    if database == "sqlite":
        at = {"DATABASE_URL": "", "DB_PATH": str(tmp_path / "app.db")}
    elif connection.vendor == "postgresql":
        made = connection.settings_dict
        host = made["HOST"] or made["OPTIONS"].get("host", "")
        at = {
            "DATABASE_URL": f"postgres://{made['USER']}:{made['PASSWORD']}@/{made['NAME']}?host={host}&port={made['PORT'] or 5432}"
        }
    else:
        pytest.skip("needs PostgreSQL: make test-postgres")
    env = {**os.environ, **at, "DJANGO_SETTINGS_MODULE": "equilibrium.settings"}

    def manage(*words):
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=env, capture_output=True, text=True
        )

    def work():
        process = subprocess.Popen(
            [sys.executable, "-c", WORK], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout.readline() == "0\n"
        return process

    if database == "sqlite":
        assert manage("migrate", "core", "--skip-checks", "-v0").returncode == 0
    with work() as process:
        assert manage("jobs", "--cancel", "night").returncode == 0
        assert process.communicate(timeout=20)[0].endswith("cancelled\n")
    with work() as process:
        process.kill()
    assert manage("jobs", "--cancel", "night").returncode == 1, "nothing is under way any more"


def test_a_run_that_hears_at_once_that_it_should_end_was_under_way(monkeypatch):
    record = begin()

    @contextmanager
    def lock(name):
        with pytest.raises(runs.Cancelled):
            run.progress(1, 2)
        run.status = JobRun.Status.CANCELLED
        run.close()
        with named_lock(name) as held:
            yield held

    run = runs.Run(record)
    monkeypatch.setattr("core.runs.named_lock", lock)
    assert runs.cancel(record.name) == record
    record.refresh_from_db()
    assert record.status == JobRun.Status.CANCELLED
    assert runs.cancel(record.name) is None


def test_a_run_that_cannot_even_ask_for_its_lock_has_failed(monkeypatch):
    def no_place(name: str) -> None:
        raise PermissionError(13, "Permission denied", "app.db.locks")

    monkeypatch.setattr("core.locks.take", no_place)
    record = begin()
    with pytest.raises(PermissionError), runs.working(record):
        pass
    record.refresh_from_db()
    assert (record.status, record.finished is None) == (JobRun.Status.FAILED, False)
    assert "Permission denied" in record.error
