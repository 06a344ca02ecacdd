"""One run of the pipeline (cot §8): ask, read, check, store, derive.

The command, the job and the admin button all call `run`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Max

from core import versions
from core.locks import Locked
from core.models import JobRun
from core.runs import Cancelled, Run, on_record, working
from cot.api import static_json
from cot.catalogue import markets
from cot.models import SourceFile
from cot.pipeline import arrivals, calendar_pages, demo_rows, ingest, plan
from cot.pipeline.ingest import Outcome
from cot.pipeline.obtain import Obtained, Unchanged, obtain_all
from cot.pipeline.plan import Request, Skipped
from cot.pipeline.report_table import Rejection, ReportTable
from cot.pipeline.source import (
    CFTC,
    Fetched,
    FolderSource,
    Missing,
    NotModified,
    Prefetched,
    Source,
    SourceDown,
    open_source,
)
from cot.pipeline.summary import FileDone, OnProgress, Options, Started, Summary, VariantSummary
from cot.publication import releases
from cot.publication.calendar import NEW_YORK
from cot.selectors import board
from cot.selectors.status import UPDATE
from cot.variants import VARIANTS, Variant

log = logging.getLogger(__name__)
LOCK = UPDATE  # a run holds the lock of its own name
GIVE_UP_AFTER = 2  # files of a variant for which the server gave no answer: it is down, not short of one file


def run(
    *,
    options: Options,
    trigger: str = JobRun.Trigger.COMMAND,
    on_progress: OnProgress | None = None,
    within: Run | None = None,
) -> Summary:
    """Bring the store up to date. Never raises for what a source or a file does; the summary says how it ended."""
    summary = Summary(started_at=datetime.now(UTC), dry_run=options.dry_run)
    start = time.monotonic()
    try:
        with _opened(options, trigger, summary, within) as record:
            _Run(options, summary, on_progress, record).work()
    except Locked:
        summary.status = JobRun.Status.LOCKED
    summary.seconds = time.monotonic() - start
    return summary


def _opened(options: Options, trigger: str, summary: Summary, within: Run | None) -> AbstractContextManager[Run]:
    """A dry run writes nothing: no record, no lock."""
    if options.dry_run:
        return nullcontext(Run(within=within))
    record = on_record(LOCK, trigger=trigger, options=options.as_flags())
    summary.run_id = record.pk
    return working(record, within=within)


class _Run:
    """The state of one run while it works."""

    def __init__(self, options: Options, summary: Summary, on_progress: OnProgress | None, record: Run) -> None:
        self.options = options
        self.summary = summary
        self.on_progress = on_progress
        self.record = record
        self.files_done = 0
        self.files_total = 0
        self.is_derived = False
        self.owes_all = False  # an earlier run stored files and ended before it derived anything from them

    def work(self) -> None:
        self._open()
        try:
            self._read_all()
            self._derive()
        except Cancelled:
            self._derive()  # what is stored by now is on the pages, too
            self._close()
            self.summary.status = self.record.status = JobRun.Status.CANCELLED
            return
        except SourceDown as problem:
            self.summary.error = str(problem)
        except BaseException as problem:
            self.summary.error = f"{type(problem).__name__}: {problem}"
            self._close()
            raise
        self._close()

    def _open(self) -> None:
        own = self.record.record
        if own is None:
            return
        last = JobRun.objects.of(LOCK).worked().exclude(pk=own.pk).order_by("-pk").first()
        self.owes_all = last is not None and last.result.get("owed", True)  # one that was killed left no result

    def _read_all(self) -> None:
        if not self.options.dry_run:
            releases.sync_notices()
        if self.options.files:
            self._read_loose([Path(path) for path in self.options.files], is_demo=False)
            return
        source = open_source(
            self.options.source or settings.COT_SOURCE_DIR or CFTC,
            timeout=settings.HTTP_TIMEOUT,
            tries=settings.HTTP_RETRIES,
            backoff=settings.HTTP_RETRY_BACKOFF,
        )
        demo_rows.guard(source.is_demo, write=not self.options.dry_run)
        if not self.options.dry_run and not isinstance(source, FolderSource):
            self._read_calendar(source)
        if isinstance(source, FolderSource) and not source.is_site:
            self._read_loose(source.files(), is_demo=source.is_demo)
            return
        planned = {variant: self._planned(variant, source) for variant in self.options.variants}
        if not any(planned.values()):
            raise SourceDown(f"{source.address} holds no file of these reports")
        self._announce({variant.key: len(wanted) for variant, wanted in planned.items()})
        for variant, wanted in planned.items():
            asked = [each for each in wanted if isinstance(each, Request)]
            reading = Prefetched(source, asked, GIVE_UP_AFTER) if self._waits_in_transaction(source) else source
            with self._one_variant(variant):
                self._read_variant(variant, wanted, reading)

    def _waits_in_transaction(self, source: Source) -> bool:
        """A dry run is one transaction a variant, in which nobody may wait for a server (platform §5.2)."""
        return self.options.dry_run and not isinstance(source, FolderSource)

    def _read_calendar(self, source: Source) -> None:
        """The pages on which the CFTC says when it publishes; the reports do not wait for them (cot §8.1)."""
        try:
            calendar_pages.read_pages(source, self.summary.started_at.astimezone(NEW_YORK).date())
        except (OSError, DatabaseError) as problem:
            log.warning("calendar pages not read: %s", problem)

    def _planned(self, variant: Variant, source: Source) -> list[Request | Skipped]:
        return list(
            plan.requests(
                variant,
                source,
                self.options.years,
                force=self.options.force,
                today=self.summary.started_at.date(),
                last_years=settings.COT_YEARS,
            )
        )

    @contextmanager
    def _one_variant(self, variant: Variant) -> Iterator[None]:
        """A variant that fails leaves the others alone; in a dry run nothing of it stays."""
        self.summary.variants.setdefault(variant.key, VariantSummary())
        try:
            with transaction.atomic() if self.options.dry_run else nullcontext():
                yield
                if self.options.dry_run:
                    transaction.set_rollback(True)
        except (SourceDown, DatabaseError) as problem:
            log.error("%s failed: %s", variant.key, problem)
            self.summary.variants[variant.key].fail(str(problem))

    def _read_variant(self, variant: Variant, wanted: Sequence[Request | Skipped], source: Source) -> None:
        for skipped in (each for each in wanted if isinstance(each, Skipped)):
            self._count_skipped(skipped, variant)
        asked = [each for each in wanted if isinstance(each, Request)]
        weekly: Obtained | None = None
        failures = 0
        with closing(obtain_all(asked, source, [variant])) as found:
            for obtained in found:
                failures += isinstance(obtained.result, SourceDown)
                if obtained.request.kind == "weekly":
                    weekly = obtained
                    self._note_publication(obtained, source)
                else:
                    self._take(obtained, variant, source.is_demo)
                del obtained  # or three files would be in memory while the next is fetched
                if failures == GIVE_UP_AFTER:
                    break
            if weekly:
                self._take(weekly, variant, source.is_demo)

    def _note_publication(self, obtained: Obtained, source: Source) -> None:
        if isinstance(obtained.result, ReportTable) and isinstance(obtained.answer, Fetched) and not source.is_demo:
            arrivals.note_publication(obtained.result, obtained.answer)

    def _read_loose(self, paths: Iterable[Path], *, is_demo: bool) -> None:
        wanted = [Request(None, "manual", str(path)) for path in paths]
        if not wanted:
            raise SourceDown("no .txt, .csv or .zip file there")
        self._announce({"files": len(wanted)})
        with closing(obtain_all(wanted, None, self.options.variants)) as found:
            for obtained in found:
                variant = obtained.variant
                if variant is None:
                    self._refuse_loose(obtained)
                    continue
                with self._one_variant(variant):
                    self._take(obtained, variant, is_demo)

    def _refuse_loose(self, obtained: Obtained) -> None:
        """A file nobody recognises belongs to no variant; it is named in the error of the run."""
        problem = "missing" if isinstance(obtained.answer, Missing) else str(obtained.result)
        reason = f"{obtained.request.path}: {problem}"
        self.summary.error = f"{self.summary.error}; {reason}" if self.summary.error else reason
        self._done("", obtained, SourceFile.Status.REJECTED, 0, time.monotonic(), problem)

    def _take(self, obtained: Obtained, variant: Variant, is_demo: bool) -> None:
        """One obtained file: store it, or log why not."""
        start = time.monotonic()
        counts = self.summary.variants[variant.key]
        if isinstance(obtained.result, SourceDown):
            log.error("%s: %s", variant.key, obtained.result)
            self._done(variant.key, obtained, SourceFile.Status.FAILED, 0, start, str(obtained.result))
            counts.files[str(SourceFile.Status.FAILED)] += 1
            counts.fail(str(obtained.result))
            return
        try:
            outcome = self._outcome(obtained, variant, is_demo)
        except Rejection as problem:
            self._log_rejection(obtained, variant, problem, is_demo)
            counts.fail(f"{obtained.request.path}: {problem}")
            outcome = Outcome(SourceFile.Status.REJECTED, reason=problem.reason)
        self.summary.add(variant, obtained.request.kind, outcome)
        self._done(variant.key, obtained, outcome.status, outcome.rows, start, outcome.reason)

    def _outcome(self, obtained: Obtained, variant: Variant, is_demo: bool) -> Outcome:
        match obtained.answer, obtained.result:
            case Missing(), _:
                return self._missing(obtained, variant)
            case NotModified(), _:
                return self._as_stored(obtained, variant, SourceFile.Status.NOT_MODIFIED)
            case _, Unchanged():
                return self._as_stored(obtained, variant, SourceFile.Status.UNCHANGED)
            case _, Rejection() as problem:
                raise problem
            case Fetched() as fetched, ReportTable() as table:
                return self._store(obtained, fetched, table, is_demo)
        raise AssertionError(obtained)

    def _store(self, obtained: Obtained, fetched: Fetched, table: ReportTable, is_demo: bool) -> Outcome:
        origin = _origin(obtained, fetched, table.variant, is_demo)
        if known := _already_stored(origin):
            return _counts_of(known, SourceFile.Status.UNCHANGED)
        if not self.options.dry_run:
            origin.path = _keep(fetched.content, obtained.sha256)
            if not is_demo:
                arrivals.note_first_sight(table, fetched, _newest(table.variant))
        return ingest.save(table, origin, obtained.examination)

    def _missing(self, obtained: Obtained, variant: Variant) -> Outcome:
        request = obtained.request
        if request.year == self.summary.started_at.year:
            self.summary.variants[variant.key].fail(f"{request.path}: missing")
        if not self.options.dry_run:
            assert isinstance(obtained.answer, Missing)
            SourceFile.objects.get_or_create(
                url=obtained.answer.url,
                kind=request.kind,
                report_type=variant.type,
                subtype=variant.subtype,
                year=request.year,
                status=SourceFile.Status.MISSING,
                defaults={"fetched_at": self.summary.started_at, "http_status": obtained.answer.http_status},
            )
        return Outcome(SourceFile.Status.MISSING)

    def _as_stored(self, obtained: Obtained, variant: Variant, status: str) -> Outcome:
        """The file is the one we have: its rows count as unchanged, and nothing is written."""
        known = SourceFile.objects.filter(
            report_type=variant.type, subtype=variant.subtype, sha256=obtained.request.known, kind=obtained.request.kind
        ).first()
        assert known is not None
        return _counts_of(known, status)

    def _log_rejection(self, obtained: Obtained, variant: Variant, problem: Rejection, is_demo: bool) -> None:
        log.error("%s rejected: %s", obtained.request.path, problem)
        if self.options.dry_run or not isinstance(obtained.answer, Fetched):
            return
        origin = _origin(obtained, obtained.answer, variant, is_demo)
        same = SourceFile.objects.filter(
            sha256=origin.sha256, report_type=origin.report_type, subtype=origin.subtype, kind=origin.kind
        )
        if not same.exists():
            origin.status, origin.reason = SourceFile.Status.REJECTED, str(problem)[:400]
            origin.save()

    def _count_skipped(self, skipped: Skipped, variant: Variant) -> None:
        outcome = Outcome(
            "skipped",
            rows=skipped.rows,
            unchanged=skipped.rows,
            first_date=skipped.first_date,
            last_date=skipped.last_date,
        )
        self.summary.add(variant, skipped.request.kind, outcome)

    def _announce(self, totals: Mapping[str, int]) -> None:
        self.files_total = sum(totals.values())
        self.record.progress(0, self.files_total)
        if self.on_progress:
            self.on_progress(Started(totals))

    def _done(self, variant: str, obtained: Obtained, status: str, rows: int, start: float, reason: str = "") -> None:
        seconds = obtained.seconds + time.monotonic() - start
        event = FileDone(variant, obtained.request.path, str(status), rows, seconds, reason)
        log.debug("%s %s: %s rows in %.2f s", event.path, event.status, event.rows, event.seconds)
        if self.on_progress:
            self.on_progress(event)
        self.files_done += 1
        self.record.progress(self.files_done, self.files_total, event.path)

    def _derive(self) -> None:
        """Registry, board and cache keys, once after all files, when something changed, now or before a kill."""
        changed = [VARIANTS[key] for key, counts in self.summary.variants.items() if counts.has_changed]
        if self.owes_all:
            changed = list(VARIANTS.values())
        if not changed or self.options.dry_run:
            return
        with transaction.atomic():
            markets.sync_lineage()
            markets.refresh()
            board.rebuild(changed)
            versions.bump("cot")
        self.is_derived = True
        if self.options.export and settings.JSON_OUTPUT_DIR:
            self._export(settings.JSON_OUTPUT_DIR, changed)

    def _export(self, folder: Path, changed: Sequence[Variant]) -> None:
        """The files of cot §15.3; a full disk spoils them, not the run."""
        try:
            static_json.write(folder, changed)
        except OSError as problem:
            log.error("export to %s failed: %s", folder, problem)
            self.summary.error = f"export: {problem}"

    def _close(self) -> None:
        failed = [counts for counts in self.summary.variants.values() if counts.error]
        worked = any(set(counts.files) - {"rejected", "failed", "missing"} for counts in self.summary.variants.values())
        status = JobRun.Status.OK
        if failed or self.summary.error:
            status = JobRun.Status.PARTIAL if worked else JobRun.Status.FAILED
        self.summary.status = self.record.status = status
        self.summary.state = str(releases.feed_state(datetime.now(UTC)).state)
        changed = self.owes_all or any(counts.has_changed for counts in self.summary.variants.values())
        self.record.result = {
            "variants": {key: counts.as_dict() for key, counts in self.summary.variants.items()},
            "owed": changed and not self.is_derived,
        }
        self.record.error = "; ".join(filter(None, [self.summary.error, *(each.error for each in failed)]))


def _origin(obtained: Obtained, fetched: Fetched, variant: Variant, is_demo: bool) -> SourceFile:
    """The entry of this file in the download log, not yet saved."""
    return SourceFile(
        url=fetched.url[-400:],
        kind=obtained.request.kind,
        report_type=variant.type,
        subtype=variant.subtype,
        year=obtained.request.year,
        member=obtained.member[:200],
        sha256=obtained.sha256,
        bytes=len(fetched.content),
        http_status=fetched.http_status,
        last_modified=fetched.last_modified,
        fetched_at=fetched.fetched_at,
        is_demo=is_demo,
    )


def _already_stored(origin: SourceFile) -> SourceFile | None:
    """The log entry of a loose file given again as it was; any other file is compared row by row."""
    if origin.kind != SourceFile.Kind.MANUAL:
        return None
    return SourceFile.objects.filter(
        sha256=origin.sha256,
        report_type=origin.report_type,
        subtype=origin.subtype,
        kind=SourceFile.Kind.MANUAL,
        status=SourceFile.Status.STORED,
        last_modified__gte=origin.last_modified or origin.fetched_at,
    ).first()


def _counts_of(known: SourceFile, status: str) -> Outcome:
    """A file that is stored already: everything in it is unchanged, what was set aside still is."""
    open_rows = known.quarantined.filter(resolved_at=None).values_list("line", "details")
    waiting = {line for line, _ in open_rows}
    read = {line for line, details in open_rows if "identities" in details}  # the others nobody could read
    return Outcome(
        status,
        rows=known.rows,
        unchanged=known.rows - len(read),
        quarantined=len(waiting),
        rejected_lines=len(waiting - read),
        first_date=known.first_date,
        last_date=known.last_date,
    )


def _newest(variant: Variant) -> date | None:
    """The newest report that a stored file of the variant brought."""
    stored = SourceFile.objects.filter(
        report_type=variant.type, subtype=variant.subtype, status=SourceFile.Status.STORED
    )
    newest: date | None = stored.aggregate(newest=Max("last_date"))["newest"]
    return newest


def _keep(content: bytes, sha256: str) -> str:
    """Keep the bytes under their digest (cot §8.7); the path, relative to `var`."""
    if not settings.COT_KEEP_FILES:
        return ""
    folder = settings.VAR_DIR / "cot" / "files"
    folder.mkdir(parents=True, exist_ok=True)
    path: Path = folder / sha256
    if not path.exists():
        partial = path.with_suffix(f".{os.getpid()}.part")
        partial.write_bytes(content)
        partial.replace(path)
    return str(path.relative_to(settings.VAR_DIR))
