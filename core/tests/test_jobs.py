"""Scheduled jobs: when they are due, that each run counts once, that one beat sends them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule, PeriodicTask
from django_celery_beat.schedulers import ModelEntry

from core import jobs, upkeep
from core.locks import named_lock
from core.models import JobRun
from core.runs import Run
from core.tasks import system_beat

ROOT = Path(__file__).resolve().parents[2]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row_at(cron: str, zone: str) -> PeriodicTask:
    when = CrontabSchedule.objects.create(
        **dict(zip(jobs.FIELDS, cron.split(), strict=True)), timezone=zone
    )
    return PeriodicTask.objects.create(name=f"test {cron} {zone}", task="purge", crontab=when)


def fired(row: PeriodicTask, start: datetime, end: datetime) -> list[str]:
    """What a beat that looks once a minute would send, in UTC."""
    row.last_run_at = start
    entry = ModelEntry(row)
    times = []
    with time_machine.travel(start, tick=False) as clock:
        while (now := timezone.now()) < end:
            if entry.is_due().is_due:
                times.append(f"{now:%m-%d %H:%M}")
                entry = next(entry)
            clock.shift(60)
    return times


@pytest.mark.parametrize(
    ("cron", "zone", "start", "days", "expected"),
    [
        # Kyiv goes to summer time on Sunday 2026-03-29 and back on Sunday 2026-10-25.
        ("0 23 * * 5", "Europe/Kyiv", "2026-03-26 12:00", 10, ["03-27 21:00", "04-03 20:00"]),
        ("0 23 * * 5", "Europe/Kyiv", "2026-10-22 12:00", 10, ["10-23 20:00", "10-30 21:00"]),
        ("0 2 * * 6", "Europe/Kyiv", "2026-03-27 12:00", 9, ["03-28 00:00", "04-03 23:00"]),
        (
            "0 23 * * 1-4",
            "Europe/Kyiv",
            "2026-03-25 12:00",
            6,
            ["03-25 21:00", "03-26 21:00", "03-30 20:00"],
        ),
        (
            "0 0 * * *",
            "Europe/Kyiv",
            "2026-03-28 12:00",
            3,
            ["03-28 22:00", "03-29 21:00", "03-30 21:00"],
        ),
        (
            "0 0 * * *",
            "Europe/Kyiv",
            "2026-10-24 12:00",
            3,
            ["10-24 21:00", "10-25 22:00", "10-26 22:00"],
        ),
        (
            "0 0 * * *",
            "America/Chicago",
            "2026-03-07 12:00",
            3,
            ["03-08 06:00", "03-09 05:00", "03-10 05:00"],
        ),
        (
            "0 0 * * *",
            "America/Chicago",
            "2026-10-31 12:00",
            3,
            ["11-01 05:00", "11-02 06:00", "11-03 06:00"],
        ),
        ("0 6 * * *", "UTC", "2026-03-28 12:00", 3, ["03-29 06:00", "03-30 06:00", "03-31 06:00"]),
    ],
)
@pytest.mark.django_db
def test_a_job_fires_once_a_day_in_its_own_zone_when_clocks_change(
    cron: str, zone: str, start: str, days: int, expected: list[str]
):
    begin = utc(start)
    assert fired(row_at(cron, zone), begin, begin + timedelta(days=days)) == expected


@pytest.mark.parametrize(
    ("back_at", "sent"),
    [("2026-11-20 21:30", True), ("2026-11-20 22:00", True), ("2026-11-20 23:00", False)],
)
@pytest.mark.django_db
def test_after_half_an_hour_down_a_job_is_caught_up_and_after_two_hours_it_is_not(
    back_at: str, sent: bool
):
    """Due Friday 23:00 Kyiv = 21:00 UTC, grace 3600 s."""
    row = row_at("0 23 * * 5", "Europe/Kyiv")
    row.last_run_at = utc("2026-11-13 21:00")
    with time_machine.travel(utc(back_at), tick=False):
        assert ModelEntry(row).is_due().is_due is sent


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20 21:00:07", "2026-11-20 21:00"),
        ("2026-11-20 21:59:59", "2026-11-20 21:00"),
        ("2026-11-20 22:01:00", None),
        ("2026-11-20 20:59:59", None),
        ("2026-11-19 21:00:00", None),
    ],
)
@pytest.mark.django_db
def test_a_late_run_still_belongs_to_the_time_it_was_due_at(now: str, expected: str | None):
    row = row_at("0 23 * * 5", "Europe/Kyiv")
    assert jobs.due_at(row.name, utc(now)) == (expected and utc(expected))


@pytest.mark.django_db
def test_what_an_operator_changed_stays_and_what_is_missing_comes_back():
    row = PeriodicTask.objects.get(name="purge")
    row.enabled = False
    row.crontab = CrontabSchedule.objects.create(minute="5", hour="4", timezone="Asia/Tokyo")
    row.save()
    PeriodicTask.objects.get(name=jobs.BEAT_ROW).delete()
    assert jobs.sync_schedule() == 1
    assert jobs.sync_schedule() == 0
    again = PeriodicTask.objects.get(name="purge")
    assert (again.enabled, str(again.crontab.timezone), again.crontab.hour) == (
        False,
        "Asia/Tokyo",
        "4",
    )


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A job that counts its runs and fails as long as `error` is set."""
    state = SimpleNamespace(runs=0, error=None)

    def work(run: Run) -> dict[str, int]:
        state.runs += 1
        if state.error:
            raise state.error
        return {"runs": state.runs}

    known = jobs.every_job()
    monkeypatch.setitem(
        known, "counting", jobs.Job("counting", work, (), "UTC", False, known["purge"].task)
    )
    return state


@pytest.mark.django_db
def test_a_due_time_is_worked_once_however_often_it_is_sent(counting: SimpleNamespace):
    first = jobs.run("counting", key="2026-11-20T21:00Z", scheduled_for=utc("2026-11-20 21:00"))
    again = jobs.run("counting", key="2026-11-20T21:00Z")
    assert counting.runs == 1
    assert (first.pk, first.status, first.result) == (again.pk, "ok", {"runs": 1})
    assert again.finished is not None
    assert again.scheduled_for == utc("2026-11-20 21:00")


@pytest.mark.django_db
def test_a_failed_run_tells_why_and_may_be_repeated(counting: SimpleNamespace):
    counting.error = ValueError("no table")
    with pytest.raises(ValueError, match="no table"):
        jobs.run("counting", key="k")
    assert JobRun.objects.get(name="counting").error == "ValueError: no table"
    counting.error = None
    assert jobs.run("counting", key="k").status == "ok"
    only = JobRun.objects.get(name="counting")
    assert (only.status, only.error, counting.runs) == ("ok", "", 2)


@pytest.mark.django_db(transaction=True)
def test_a_job_under_way_is_not_started_a_second_time(counting: SimpleNamespace):
    with named_lock("counting"):
        assert jobs.run("counting", key="k").status == "locked"
    assert counting.runs == 0
    assert jobs.run("counting", key="k").status == "ok"


@pytest.mark.django_db
def test_a_run_that_was_killed_is_shown_as_interrupted_once_the_next_one_runs(
    counting: SimpleNamespace,
):
    JobRun.objects.create(name="counting", key="old", started=utc("2026-11-13 21:00"))
    jobs.run("counting", key="new")
    assert JobRun.objects.get(key="old").error == "interrupted"
    assert jobs.run("counting", key="old").status == "ok", (
        "and its own time may still be made up for"
    )


@pytest.mark.django_db
def test_the_beat_leaves_one_row_that_says_when_it_was_last_seen():
    with time_machine.travel(utc("2026-11-20 21:00"), tick=False):
        system_beat()
    with time_machine.travel(utc("2026-11-20 21:00:30"), tick=False):
        system_beat()
    assert JobRun.objects.get(name="system_beat").finished == utc("2026-11-20 21:00:30")


@pytest.mark.django_db
def test_purge_removes_what_is_ninety_days_old_and_a_second_time_nothing():
    now = timezone.now()
    for name, days in (("old", 91), ("old", 89), ("never since", 200)):
        JobRun.objects.create(
            name=name, key=str(days), started=now, finished=now - timedelta(days=days)
        )
    assert upkeep.purge() == {"job_runs": 1, "sessions": 0}
    assert upkeep.purge() == {"job_runs": 0, "sessions": 0}
    assert JobRun.objects.get(name="old").key == "89"
    assert JobRun.objects.get(name="never since").key == "200", (
        "the newest of a name says when it last was"
    )


@pytest.mark.django_db
def test_the_jobs_command_lists_every_row_and_runs_one_by_hand(
    counting: SimpleNamespace, capsys: pytest.CaptureFixture[str]
):
    call_command("jobs", run="counting")
    call_command("jobs", run="purge")
    call_command("jobs")
    out = capsys.readouterr().out
    assert "counting: ok {'runs': 1}" in out
    listed = [line for line in out.splitlines() if line.startswith("on ")]
    assert len(listed) == PeriodicTask.objects.count()
    assert next(line for line in listed if " purge " in line).endswith("ok")
    with pytest.raises(CommandError, match="no job 'nothing'"):
        call_command("jobs", run="nothing")
