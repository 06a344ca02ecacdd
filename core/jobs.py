"""Scheduled jobs: declared beside their work, kept as rows an operator may change, every run recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import structlog
from celery import Task, shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from structlog.contextvars import bound_contextvars

from core.errors import NotFound, UpstreamError
from core.locks import Locked
from core.models import JobRun
from core.runs import Run, working

log = structlog.get_logger(__name__)
Result = Mapping[str, Any]
Work = Callable[[Run], Result]
FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work with a name, the cron times it is due at in one zone, and whether a starting beat runs it too."""

    name: str
    work: Work
    crons: tuple[str, ...]
    zone: str
    at_start: bool
    task: Task[..., str]

    @property
    def row_names(self) -> dict[str, str]:
        """The name of each schedule row and its cron expression."""
        return {
            self.name if len(self.crons) == 1 else f"{self.name} ({cron})": cron
            for cron in self.crons
        }


class UnknownJob(NotFound):
    """Nothing was declared under this name."""

    code = "unknown_job"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no job {name!r}. Known: {', '.join(sorted(_jobs))}.")


_jobs: dict[str, Job] = {}


def job(*crons: str, zone: str = "UTC", at_start: bool = False) -> Callable[[Work], Task[..., str]]:
    """Make a function of its run that returns its counts a task, due at `crons` (minute, hour, day, month, weekday)."""

    def declare(work: Work) -> Task[..., str]:
        name = work.__name__

        @shared_task(
            bind=True,
            name=name,
            autoretry_for=(UpstreamError,),
            retry_backoff=1,
            retry_jitter=True,
            max_retries=5,
        )
        def task(self: Task[..., str], *, trigger: str = JobRun.Trigger.SCHEDULE) -> str:
            scheduled = trigger == JobRun.Trigger.SCHEDULE
            due = (
                due_at(self.request.get("periodic_task_name"), timezone.now())
                if scheduled
                else None
            )
            # The minute it was due at: sent twice, by two beats or by a retry, it is still one run.
            key = f"{due:%Y-%m-%dT%H:%MZ}" if due else str(self.request.id)
            return run(name, key=key, scheduled_for=due, trigger=trigger).status

        task.__doc__ = work.__doc__
        _jobs[name] = Job(
            name=name, work=work, crons=crons, zone=zone, at_start=at_start, task=task
        )
        return task

    return declare


def every_job() -> dict[str, Job]:
    """Every job of every installed app, by name."""
    autodiscover_modules("tasks")
    return _jobs


def find(name: str) -> Job:
    try:
        return every_job()[name]
    except KeyError:
        raise UnknownJob(name) from None


def run(
    name: str,
    *,
    key: str,
    scheduled_for: datetime | None = None,
    trigger: str = JobRun.Trigger.SCHEDULE,
) -> JobRun:
    """Do the job and record it under its key; a key that was done, or is under way, is left alone.

    An error is recorded and raised again, so that the task's own retry policy decides.
    """
    work = find(name).work
    record, new = JobRun.objects.get_or_create(
        name=name,
        key=key,
        defaults={"scheduled_for": scheduled_for, "started": timezone.now(), "trigger": trigger},
    )
    if not new and not _claim_again(record):
        return record
    with bound_contextvars(job=name, job_run=record.pk):
        log.info("job started")
        try:
            with suppress(Locked), working(record) as handle:
                handle.result = work(handle)
        finally:
            seconds = (timezone.now() - record.started).total_seconds()
            log.info(
                "job ended", status=record.status, seconds=round(seconds, 1), counts=record.result
            )
    return record


def _claim_again(record: JobRun) -> bool:
    """Whether a run that did not succeed is ours to repeat; of two who ask, one gets it."""
    failed = JobRun.objects.filter(
        pk=record.pk, status__in=[JobRun.Status.FAILED, JobRun.Status.LOCKED]
    )
    again = {
        "status": JobRun.Status.RUNNING,
        "started": timezone.now(),
        "finished": None,
        "progress": {},
        "result": {},
        "error": "",
    }
    if not failed.update(**again, cancel_asked=None):
        return False
    record.refresh_from_db()
    return True


def due_at(row_name: str | None, now: datetime) -> datetime | None:
    """The minute the schedule row was last due at; None for a run by hand, or one later than the grace period."""
    row = (
        PeriodicTask.objects.filter(name=row_name, crontab__isnull=False)
        .select_related("crontab")
        .first()
    )
    if row is None:
        return None
    cron, zone = row.crontab.schedule, row.crontab.timezone
    latest = now.replace(second=0, microsecond=0)
    late = range(settings.JOB_GRACE_SECONDS // 60 + 1)
    return next((at for m in late if _names(cron, zone, at := latest - timedelta(minutes=m))), None)


def _names(cron: Any, zone: tzinfo, at: datetime) -> bool:
    local = at.astimezone(zone)
    return (
        local.minute in cron.minute
        and local.hour in cron.hour
        and local.isoweekday() % 7 in cron.day_of_week
        and local.day in cron.day_of_month
        and local.month in cron.month_of_year
    )


@transaction.atomic
def sync_schedule() -> int:
    """Give declared jobs the schedule rows they lack; how many. A row that exists is the operator's to change."""
    existing = set(PeriodicTask.objects.values_list("name", flat=True))
    made = 0
    for spec in every_job().values():
        for row_name, cron in spec.row_names.items():
            if row_name not in existing:
                when, _new = CrontabSchedule.objects.get_or_create(
                    **dict(zip(FIELDS, cron.split(), strict=True)), timezone=spec.zone
                )
                PeriodicTask.objects.create(
                    name=row_name,
                    task=spec.task.name,
                    crontab=when,
                    description=spec.work.__doc__ or "",
                )
                made += 1
    if BEAT_ROW not in existing:
        made += 1
        half_minute, _new = IntervalSchedule.objects.get_or_create(
            every=30, period=IntervalSchedule.SECONDS
        )
        PeriodicTask.objects.create(
            name=BEAT_ROW, task=BEAT_ROW, interval=half_minute, expire_seconds=60
        )
    return made


BEAT_ROW = "system_beat"
Pulse = Callable[[], object]
_pulse: list[Pulse] = []


def with_each_beat(work: Pulse) -> Pulse:
    """Also do this twice a minute, without a record: a look for what was left lying, over in an instant."""
    _pulse.append(work)
    return work


def pulse() -> None:
    """What is done with each beat; one that fails harms no other."""
    for work in _pulse:
        try:
            work()
        except Exception:
            log.exception("pulse failed", work=work.__name__)


def record_beat() -> None:
    """One row says when a message last went all the way from beat through the broker to a worker."""
    now = timezone.now()
    JobRun.objects.update_or_create(
        name=BEAT_ROW,
        key="latest",
        defaults={"started": now, "finished": now, "status": JobRun.Status.OK},
    )
