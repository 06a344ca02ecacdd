"""How fresh and how whole the stored reports are: behind the data page and `/api/v1/cot/status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Min
from django_celery_beat.models import PeriodicTask

from core import runs as job_runs
from core.caching import cached
from core.models import JobRun, JobRuns
from cot import lifetimes
from cot.models import Observation, QuarantinedRow, ReviewItem, SourceFile
from cot.publication import calendar, releases
from cot.publication.calendar import NEW_YORK, FeedState, Release, State
from cot.variants import VARIANTS

UPDATE: Final = "cot_update"  # the name of these runs
COUNTED: Final = ("inserted", "updated", "unchanged", "quarantined")
ARRIVED: Final = (
    SourceFile.Status.STORED,
    SourceFile.Status.UNCHANGED,
    SourceFile.Status.NOT_MODIFIED,
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is stored of one variant, or of all six together; without rows it has no state."""

    total_records: int = 0
    total_markets: int = 0
    total_weeks: int = 0
    first_date: date | None = None
    last_date: date | None = None
    last_file_at: datetime | None = None
    state: State | None = None


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """One run of the pipeline with its counts over all variants."""

    id: int
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    status: str
    inserted: int
    updated: int
    unchanged: int
    quarantined: int
    error: str
    progress: Mapping[str, Any]
    is_cancelled: bool
    variants: Mapping[str, Mapping[str, Any]]

    @property
    def is_under_way(self) -> bool:
        return self.status == JobRun.Status.RUNNING

    @property
    def seconds(self) -> float | None:
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


@dataclass(frozen=True, slots=True)
class DueJob:
    """A row of the schedule and when it is due next."""

    name: str
    next_run: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """Everything `/cot/status` answers."""

    overall: Coverage
    variants: dict[str, Coverage]
    feed: FeedState
    last_run: PipelineRun | None
    running: PipelineRun | None
    quarantine_open: int
    review_open: int
    jobs: list[DueJob]

    @property
    def is_well(self) -> bool:
        """Reports are stored, the newest too, and nothing waits for a person."""
        waits = self.quarantine_open or self.review_open
        return bool(self.overall.total_records) and not waits and self.feed.state == "fresh"


def status(now: datetime) -> Status:
    """The whole state of the data at `now`."""
    feed = releases.feed_state(now)
    totals = _totals()
    variants = _coverage(totals["variants"], feed)
    return Status(
        overall=_overall(totals["overall"], variants, feed),
        variants=variants,
        feed=feed,
        last_run=last_run(),
        running=running(),
        quarantine_open=QuarantinedRow.objects.filter(resolved_at=None).count(),
        review_open=ReviewItem.objects.filter(closed_at=None).count(),
        jobs=jobs(now),
    )


def _coverage(totals: Mapping[str, Any], feed: FeedState) -> dict[str, Coverage]:
    """What is stored of each of the six variants, whether anything is or not."""
    fetched = _fetched()
    found = {}
    for key in VARIANTS:
        total = totals.get(key)
        found[key] = Coverage(last_file_at=fetched.get(key))
        if total:
            series = feed.series.get(key)
            found[key] = Coverage(
                total_records=total["rows"],
                total_markets=total["markets"],
                total_weeks=total["weeks"],
                first_date=date.fromisoformat(total["first"]),
                last_date=date.fromisoformat(total["last"]),
                last_file_at=fetched.get(key),
                state=series.state if series else None,
            )
    return found


def _overall(
    together: Mapping[str, int], variants: Mapping[str, Coverage], feed: FeedState
) -> Coverage:
    parts = variants.values()
    return Coverage(
        total_records=sum(part.total_records for part in parts),
        total_markets=together["markets"],
        total_weeks=together["weeks"],
        first_date=min((part.first_date for part in parts if part.first_date), default=None),
        last_date=feed.newest_report_date,
        last_file_at=max((part.last_file_at for part in parts if part.last_file_at), default=None),
        state=feed.state,
    )


def _totals() -> dict[str, Any]:
    """Rows, markets, weeks and dates: counting a million rows takes a second, so it is done once per data version."""
    return cached(
        ("cot-totals",), depends_on=("cot",), seconds=lifetimes.STEADY, compute=_count_rows
    )


def _count_rows() -> dict[str, Any]:
    stored = Observation.objects.filter(withdrawn_at=None).order_by()
    markets, weeks = Count("market", distinct=True), Count("report_date", distinct=True)
    spans = stored.values_list("report_type", "subtype").annotate(
        Count("pk"), markets, weeks, Min("report_date"), Max("report_date")
    )
    return {
        "overall": stored.aggregate(markets=markets, weeks=weeks),
        "variants": {
            f"{kind}_{subtype}": {
                "rows": rows,
                "markets": n,
                "weeks": m,
                "first": str(first),
                "last": str(last),
            }
            for kind, subtype, rows, n, m, first, last in spans
        },
    }


def _fetched() -> dict[str, datetime]:
    files = (
        SourceFile.objects.filter(status__in=ARRIVED)
        .order_by()
        .values_list("report_type", "subtype")
    )
    return {f"{kind}_{subtype}": at for kind, subtype, at in files.annotate(at=Max("fetched_at"))}


def running() -> PipelineRun | None:
    """The run that is under way, with its progress; one that was killed is not."""
    record = runs().under_way().order_by("started").first()
    found = run(record) if record else None
    return found if found and found.is_under_way else None


def newest_run_since(at: datetime) -> PipelineRun | None:
    """The last run that began at `at` or later, under way or ended."""
    record = runs().filter(started__gte=at).first()
    return run(record) if record else None


def last_run() -> PipelineRun | None:
    """The last run that has ended."""
    record = runs().exclude(finished=None).first()
    return run(record) if record else None


def runs() -> JobRuns:
    """Every update, newest first."""
    return JobRun.objects.of(UPDATE)


def run(record: JobRun) -> PipelineRun:
    """A run with the counts of its variants added up; one that was killed has failed, whatever its record says."""
    is_killed = job_runs.was_killed(record)
    variants = record.result.get("variants", {})
    sums = {
        name: sum(int(counts.get(name) or 0) for counts in variants.values()) for name in COUNTED
    }
    return PipelineRun(
        id=record.pk,
        trigger=record.get_trigger_display(),
        started_at=record.started,
        finished_at=record.finished,
        status=JobRun.Status.FAILED if is_killed else record.status,
        error=job_runs.INTERRUPTED if is_killed else record.error,
        progress=record.progress,
        is_cancelled=record.cancel_asked is not None,
        variants=variants,
        **sums,
    )


def jobs(now: datetime) -> list[DueJob]:
    """The scheduled jobs that fetch reports, and when each is due next; a job switched off has no next run."""
    rows = PeriodicTask.objects.filter(task__contains="cot", crontab__isnull=False).select_related(
        "crontab"
    )
    return [
        DueJob(row.name, _next_run(row, now) if row.enabled else None)
        for row in rows.order_by("name")
    ]


def _next_run(row: PeriodicTask, now: datetime) -> datetime:
    start, step, _now = row.crontab.schedule.remaining_delta(now)
    at: datetime = start + step
    return at.astimezone(UTC)


def upcoming(now: datetime, count: int = 8) -> list[Release]:
    """The next releases from the calendar, the sources of which are stored or follow from the rule."""
    today = now.astimezone(NEW_YORK).date()
    days = calendar.expected_report_dates(
        today - timedelta(days=70), today + timedelta(days=7 * count + 14)
    )
    known = releases.releases(days)
    return [release for release in known.values() if release.release_at > now][:count]
