"""One run of the pipeline: plan which files to ask for, fetch and read them, store each, derive what follows.

The command, the job and the admin button all call `run`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, date, datetime
from functools import partial

from django.conf import settings
from django.db import DatabaseError, transaction

from core.connections import reconnect
from core.locks import Locked, LockLost
from core.models import JobRun
from core.runs import Cancelled, Run, on_record, working
from cot.models import Observation, SourceFile
from cot.pipeline import calendar_pages, demo_rows, storing
from cot.pipeline.deriving import derive
from cot.pipeline.folder import FolderSource
from cot.pipeline.ingest import Outcome
from cot.pipeline.obtain import GIVE_UP_AFTER, Obtained, obtain_all, weekly_last
from cot.pipeline.opening import open_source
from cot.pipeline.plan import Options, Request, Skipped, Wanted, owed, plan, without_bulk
from cot.pipeline.source import (
    CFTC,
    Missing,
    Prefetched,
    Source,
    SourceDown,
    WebSource,
)
from cot.pipeline.summary import FileDone, OnProgress, Started, Summary, VariantSummary
from cot.publication import calendar, releases
from cot.publication.calendar import NEW_YORK
from cot.selectors.status import UPDATE
from cot.variants import VARIANTS, Variant

log = logging.getLogger(__name__)
LOCK = UPDATE  # a run holds the lock of its own name
Publish = Callable[[Sequence[Variant]], object]


def run(
    *,
    options: Options,
    trigger: str = JobRun.Trigger.COMMAND,
    on_progress: OnProgress | None = None,
    within: Run | None = None,
    publish: Publish | None = None,
) -> Summary:
    """Bring the store up to date. Never raises for what a source or a file does; the summary says how it ended.

    `publish` is called with the variants that changed, once everything is derived from them.
    """
    summary = Summary(started_at=datetime.now(UTC), dry_run=options.dry_run)
    start = time.monotonic()
    try:
        with _opened(options, trigger, summary, within) as record:
            _work(options, summary, _Report(record, on_progress), publish)
    except Locked:
        summary.status = JobRun.Status.LOCKED
    except LockLost:
        summary.status = JobRun.Status.FAILED
    summary.seconds = time.monotonic() - start
    return summary


def _opened(
    options: Options, trigger: str, summary: Summary, within: Run | None
) -> AbstractContextManager[Run]:
    """A dry run writes nothing: no record, no lock."""
    if options.dry_run:
        return nullcontext(Run(within=within))
    record = on_record(LOCK, trigger=trigger, options=options.as_flags())
    summary.run_id = record.pk
    return working(record, within=within)


class _Report:
    """What a run says while it works, to its record and to whoever watches; where it hears that it should end."""

    def __init__(self, record: Run, on_progress: OnProgress | None) -> None:
        self.record = record
        self.on_progress = on_progress
        self.done = 0
        self.total = 0

    def started(self, totals: Mapping[str, int]) -> None:
        self.total = sum(totals.values())
        self.record.progress(0, self.total)
        if self.on_progress:
            self.on_progress(Started(totals))

    def more(self, files: int) -> None:
        """Files that nobody expected."""
        self.total += files

    def file_done(self, key: str, obtained: Obtained, outcome: Outcome, start: float) -> None:
        seconds = obtained.seconds + time.monotonic() - start
        event = FileDone(
            key, obtained.request.path, str(outcome.status), outcome.rows, seconds, outcome.reason
        )
        log.debug("%s %s: %s rows in %.2f s", event.path, event.status, event.rows, event.seconds)
        if self.on_progress:
            self.on_progress(event)
        self.done += 1
        self.record.progress(self.done, self.total, event.path)


def _work(options: Options, summary: Summary, report: _Report, publish: Publish | None) -> None:
    summary.owes_all = _is_owed(report.record)
    is_cancelled = False
    try:
        try:
            _read(options, summary, report)
        except Cancelled:
            is_cancelled = True  # what is stored by now is on the pages, too
        if summary.changed and not options.dry_run:
            _derive(summary, report.record, publish)
    except SourceDown as problem:
        summary.error = str(problem)
    except LockLost as problem:
        summary.error = str(problem)
        reconnect()
        raise
    except BaseException as problem:
        summary.error = f"{type(problem).__name__}: {problem}"
        raise
    finally:
        _close(summary, report.record, is_cancelled=is_cancelled)


def _is_owed(run: Run) -> bool:
    """Whether the run before this one stored files and ended before it derived anything; a killed one says nothing."""
    if run.record is None:
        return False
    last = JobRun.objects.of(LOCK).worked().exclude(pk=run.record.pk).order_by("-pk").first()
    return last is not None and bool(last.result.get("owed", True))


def _read(options: Options, summary: Summary, report: _Report) -> None:
    """Plan, fetch and store: everything that the source has and we have not."""
    if not options.dry_run:
        releases.sync_notices()
    source = None if options.files else _opened_source(options, summary)
    planned = plan(options, source, summary.started_at.date())
    report.started(planned.totals)
    take = partial(
        storing.take,
        is_demo=source is not None and source.is_demo,
        dry_run=options.dry_run,
        now=summary.started_at,
        before_commit=report.record.check,
    )
    if unheard := _before_all(options):
        summary.fail(f"no report exists of {', '.join(map(str, unheard))}")
    if planned.loose:
        _read_loose(planned.loose, options, summary, report, take)
    for wanted in planned.by_variant:
        assert source is not None
        _read_variant(wanted, source, options, summary, report, take)
    if not planned.by_variant:
        for key in summary.variants:
            _name_lost_years(VARIANTS[key], owed(VARIANTS[key], options.years), summary)


def _before_all(options: Options) -> list[int]:
    """Years asked for in which none of the reports existed."""
    first = min((variant.first_year for variant in options.variants), default=0)
    return [year for year in options.years or () if year < first]


Take = Callable[[Obtained, Variant], Outcome]


def _opened_source(options: Options, summary: Summary) -> Source:
    """The source, after what has to happen before it is asked for reports."""
    source = open_source(
        options.source or settings.COT_SOURCE_DIR or CFTC,
        timeout=settings.HTTP_TIMEOUT,
        tries=settings.HTTP_RETRIES,
        backoff=settings.HTTP_RETRY_BACKOFF,
    )
    demo_rows.guard(source.is_demo, write=not options.dry_run)
    if not options.dry_run and isinstance(source, WebSource):
        try:
            calendar_pages.read_pages(source, summary.started_at.astimezone(NEW_YORK).date())
        except (OSError, DatabaseError) as problem:  # the reports do not wait for the calendar
            log.warning("calendar pages not read: %s", problem)
    return source


def _read_variant(
    wanted: Wanted, source: Source, options: Options, summary: Summary, report: _Report, take: Take
) -> None:
    variant, whole = wanted.variant, source
    if options.dry_run and not isinstance(source, FolderSource):
        # a dry run is one transaction a variant, in which nobody may wait for a server
        source = Prefetched(source, wanted.asked, GIVE_UP_AFTER)
    at_sight = _ignore if source.is_demo else storing.note_publication_of
    with _apart(variant, summary, report, options):
        if _read_files(wanted.files, variant, source, at_sight, summary, report, take):
            again = without_bulk(
                wanted, whole, force=options.force, today=summary.started_at.date()
            )
            report.more(len(again))
            if options.dry_run:
                asked = [each for each in again if isinstance(each, Request)]
                source = Prefetched(whole, asked, GIVE_UP_AFTER)
            _read_files(again, variant, source, _ignore, summary, report, take)
        _name_lost_years(variant, wanted.years, summary)


def _read_files(
    files: Sequence[Request | Skipped],
    variant: Variant,
    source: Source,
    at_sight: Callable[[Obtained], None],
    summary: Summary,
    report: _Report,
    take: Take,
) -> bool:
    """Store the files of a variant; whether the bulk archive is missing."""
    lacks_bulk = False
    for each in files:
        if isinstance(each, Skipped):
            outcome = _as_skipped(each)
            summary.add(variant, each.request.kind, outcome)
            _note_years(each.request, variant, outcome, summary)
    asked = [each for each in files if isinstance(each, Request)]
    with closing(obtain_all(asked, source, [variant])) as found:
        for obtained in weekly_last(found, at_sight):
            outcome = _store(obtained, variant, summary, report, take)
            _note_years(obtained.request, variant, outcome, summary)
            lacks_bulk |= (
                obtained.request.kind == "bulk" and outcome.status == SourceFile.Status.MISSING
            )
            del obtained
    return lacks_bulk


def _note_years(request: Request, variant: Variant, outcome: Outcome, summary: Summary) -> None:
    """Of which years there was a file. One of several years may have holes: those count of which reports are stored."""
    found = summary.variants[variant.key].years
    if outcome.status == SourceFile.Status.MISSING or request.kind == "weekly":
        return
    if request.year is not None:
        found.add(request.year)
    elif outcome.first_date and outcome.last_date:
        reports = Observation.objects.filter(
            report_type=variant.type,
            subtype=variant.subtype,
            report_date__range=(outcome.first_date, outcome.last_date),
        )
        found.update(day.year for day in reports.dates("report_date", "year"))


def _name_lost_years(variant: Variant, years: Sequence[int], summary: Summary) -> None:
    """A year asked for of which there is no file, unless no report of it is out yet; nothing else tells of it."""
    counts = summary.variants[variant.key]
    lost = [
        year
        for year in years
        if year not in counts.years and first_release(year) <= summary.started_at
    ]
    if lost and not counts.files["failed"]:  # a server that is down says so itself
        counts.fail(f"no file of {', '.join(map(str, lost))}")


def first_release(year: int) -> datetime:
    """When the first report of a year becomes public."""
    day = next(calendar.expected_report_dates(date(year, 1, 1), date(year, 12, 31)))
    return releases.releases([day])[day].release_at


def _ignore(obtained: Obtained) -> None:
    """Nothing is noted of an invented file."""


def _read_loose(
    asked: Sequence[Request], options: Options, summary: Summary, report: _Report, take: Take
) -> None:
    """Files that tell their variant themselves; one that nobody recognises is named in the error of the run."""
    with closing(obtain_all(asked, None, options.variants)) as found:
        for obtained in found:
            if obtained.variant is None:
                problem = (
                    "missing" if isinstance(obtained.answer, Missing) else str(obtained.result)
                )
                summary.fail(f"{obtained.request.path}: {problem}")
                report.file_done(
                    "", obtained, Outcome("rejected", reason=problem), time.monotonic()
                )
                continue
            with _apart(obtained.variant, summary, report, options):
                outcome = _store(obtained, obtained.variant, summary, report, take)
                _note_years(obtained.request, obtained.variant, outcome, summary)


@contextmanager
def _apart(variant: Variant, summary: Summary, report: _Report, options: Options) -> Iterator[None]:
    """A variant that fails leaves the others alone, unless the lock went with it; in a dry run nothing of it stays."""
    summary.variants.setdefault(variant.key, VariantSummary())
    try:
        with transaction.atomic() if options.dry_run else nullcontext():
            yield
            if options.dry_run:
                transaction.set_rollback(True)
    except (SourceDown, DatabaseError) as problem:
        log.error("%s failed: %s", variant.key, problem)
        summary.variants[variant.key].fail(str(problem))
        report.record.check()


def _store(
    obtained: Obtained, variant: Variant, summary: Summary, report: _Report, take: Take
) -> Outcome:
    start = time.monotonic()
    report.record.check()
    outcome = take(obtained, variant)
    summary.add(variant, obtained.request.kind, outcome)
    report.file_done(variant.key, obtained, outcome, start)
    return outcome


def _as_skipped(skipped: Skipped) -> Outcome:
    return Outcome(
        "skipped",
        rows=skipped.rows,
        unchanged=skipped.rows,
        first_date=skipped.first_date,
        last_date=skipped.last_date,
    )


def _derive(summary: Summary, run: Run, publish: Publish | None) -> None:
    """Once after all files; a disk that is full spoils what is published, not the run."""
    with transaction.atomic():
        derive(summary.changed)
        run.check()
    summary.is_derived = True
    if publish:
        try:
            publish(summary.changed)
        except OSError as problem:
            log.error("export failed: %s", problem)
            summary.error = f"export: {problem}"


def _close(summary: Summary, run: Run, *, is_cancelled: bool) -> None:
    summary.status = run.status = JobRun.Status.CANCELLED if is_cancelled else summary.as_it_ended()
    summary.state = str(releases.feed_state(datetime.now(UTC)).state)
    run.result = {
        "variants": {key: counts.as_dict() for key, counts in summary.variants.items()},
        "owed": bool(summary.changed) and not summary.is_derived,
    }
    run.error = "; ".join(filter(None, [summary.error, *(each.error for each in summary.failed)]))
