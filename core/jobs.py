"""Scheduled jobs: declared beside their work, kept as rows an operator may change, every run recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from core.locks import Locked, named_lock
from core.models import JobRun

log = structlog.get_logger(__name__)
Result = Mapping[str, Any]
FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work with a name, the cron times it is due at in one zone, and whether a starting beat runs it too."""

    name: str
    work: Callable[[], Result]
    crons: tuple[str, ...]
    zone: str
    at_start: bool
    task: Task[..., str]

    @property
    def row_names(self) -> dict[str, str]:
        """The name of each schedule row and its cron expression."""
        return {self.name if len(self.crons) == 1 else f"{self.name} ({cron})": cron for cron in self.crons}


class UnknownJob(NotFound):
    """Nothing was declared under this name."""

    code = "unknown_job"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no job {name!r}. Known: {', '.join(sorted(_jobs))}.")


_jobs: dict[str, Job] = {}


def job(*crons: str, zone: str = "UTC", at_start: bool = False) -> Callable[[Callable[[], Result]], Task[..., str]]:
    """Make a function that returns its counts a task, due at `crons` (minute, hour, day, month, weekday) in `zone`."""

    def declare(work: Callable[[], Result]) -> Task[..., str]:
        name = work.__name__

        @shared_task(
            bind=True,
            name=name,
            autoretry_for=(UpstreamError,),
            retry_backoff=1,
            retry_jitter=True,
            max_retries=5,
        )
        def task(self: Task[..., str], *, now: bool = False) -> str:
            due = None if now else due_at(self.request.get("periodic_task_name"), timezone.now())
            return run(name, scheduled_for=due, key=f"{due:%Y-%m-%dT%H:%MZ}" if due else str(self.request.id)).status

        task.__doc__ = work.__doc__
        _jobs[name] = Job(name=name, work=work, crons=crons, zone=zone, at_start=at_start, task=task)
        return task

    return declare


def declared() -> dict[str, Job]:
    """Every job of every installed app, by name."""
    autodiscover_modules("tasks")
    return _jobs


def find(name: str) -> Job:
    try:
        return declared()[name]
    except KeyError:
        raise UnknownJob(name) from None


def run(name: str, *, key: str, scheduled_for: datetime | None = None) -> JobRun:
    """Do the job and record it under its key; a key that was done, or is under way, is left alone.

    An error is recorded and raised again, so that the task's own retry policy decides.
    """
    work = find(name).work
    record, new = JobRun.objects.get_or_create(
        name=name, key=key, defaults={"scheduled_for": scheduled_for, "started": timezone.now()}
    )
    if not new and not _claim_again(record):
        return record
    with bound_contextvars(job=name, job_run=record.pk):
        log.info("job started")
        try:
            _do(record, work)
        finally:
            seconds = (timezone.now() - record.started).total_seconds()
            log.info("job ended", status=record.status, seconds=round(seconds, 1), counts=record.result)
    return record


def _do(record: JobRun, work: Callable[[], Result]) -> None:
    """One job at a time under its lock; how it ended is saved whatever happens."""
    try:
        with named_lock(f"job:{record.name}"):
            _close_abandoned(record)
            record.result = dict(work())
        record.status = JobRun.Status.OK
    except Locked as error:
        record.status, record.error = JobRun.Status.LOCKED, str(error)
    except Exception as error:
        record.status, record.error = JobRun.Status.FAILED, f"{type(error).__name__}: {error}"
        raise
    finally:
        record.finished = timezone.now()
        record.save()


def _claim_again(record: JobRun) -> bool:
    """Whether a run that did not succeed is ours to repeat; of two who ask, one gets it."""
    failed = JobRun.objects.filter(pk=record.pk, status__in=[JobRun.Status.FAILED, JobRun.Status.LOCKED])
    if not failed.update(status=JobRun.Status.RUNNING, started=timezone.now(), finished=None, error=""):
        return False
    record.refresh_from_db()
    return True


def _close_abandoned(record: JobRun) -> None:
    """We hold the job's lock, so any other run of it that still says "running" was killed."""
    others = JobRun.objects.filter(name=record.name, status=JobRun.Status.RUNNING).exclude(pk=record.pk)
    others.update(status=JobRun.Status.FAILED, finished=timezone.now(), error="interrupted")


def due_at(row_name: str | None, now: datetime) -> datetime | None:
    """The minute the schedule row was last due at; None for a run by hand, or one later than the grace period."""
    row = PeriodicTask.objects.filter(name=row_name, crontab__isnull=False).select_related("crontab").first()
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
    for spec in declared().values():
        for row_name, cron in spec.row_names.items():
            if row_name not in existing:
                when, _new = CrontabSchedule.objects.get_or_create(
                    **dict(zip(FIELDS, cron.split(), strict=True)), timezone=spec.zone
                )
                PeriodicTask.objects.create(
                    name=row_name, task=spec.task.name, crontab=when, description=spec.work.__doc__ or ""
                )
                made += 1
    if BEAT_ROW not in existing:
        made += 1
        half_minute, _new = IntervalSchedule.objects.get_or_create(every=30, period=IntervalSchedule.SECONDS)
        PeriodicTask.objects.create(name=BEAT_ROW, task=BEAT_ROW, interval=half_minute, expire_seconds=60)
    return made


BEAT_ROW = "system_beat"


def record_beat() -> None:
    """One row says when a message last went all the way from beat through the broker to a worker."""
    now = timezone.now()
    JobRun.objects.update_or_create(
        name=BEAT_ROW, key="latest", defaults={"started": now, "finished": now, "status": JobRun.Status.OK}
    )
