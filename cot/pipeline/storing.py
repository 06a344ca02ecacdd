"""What becomes of one obtained file: stored, or written down in the download log with the reason why not."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from cot.models import SourceFile
from cot.pipeline import arrivals, ingest, quarantine
from cot.pipeline.ingest import Outcome
from cot.pipeline.keeping import keep
from cot.pipeline.obtain import Obtained, Unchanged
from cot.pipeline.report_table import Rejection, ReportTable
from cot.pipeline.source import Fetched, Missing, NotModified, SourceDown
from cot.variants import Variant

log = logging.getLogger(__name__)


def take(
    obtained: Obtained,
    variant: Variant,
    *,
    is_demo: bool,
    dry_run: bool,
    now: datetime,
    before_commit: Callable[[], None] = lambda: None,
) -> Outcome:
    """Store one file of a variant, or log why not. Everything but a database that fails is an outcome.

    What `before_commit` raises undoes the file and goes on.
    """
    path = obtained.request.path
    try:
        match obtained.answer, obtained.result:
            case _, SourceDown() as problem:
                log.error("%s: %s", variant.key, problem)
                return Outcome(SourceFile.Status.FAILED, reason=str(problem), error=str(problem))
            case Missing() as missing, _:
                return _missing(obtained, missing, variant, dry_run=dry_run, now=now)
            case NotModified(), _:
                return _as_stored(obtained, variant, SourceFile.Status.NOT_MODIFIED)
            case _, Unchanged():
                return _as_stored(obtained, variant, SourceFile.Status.UNCHANGED)
            case _, Rejection() as problem:
                raise problem
            case Fetched() as fetched, ReportTable() as table:
                return _store(
                    obtained,
                    fetched,
                    table,
                    is_demo=is_demo,
                    dry_run=dry_run,
                    before_commit=before_commit,
                )
    except Rejection as problem:
        log.error("%s rejected: %s", path, problem)
        if not dry_run:
            _log_rejection(obtained, variant, problem, is_demo=is_demo)
        return Outcome(
            SourceFile.Status.REJECTED,
            quarantined=len({line.line for line in problem.set_aside}),
            reason=problem.reason,
            error=f"{path}: {problem}",
        )
    raise AssertionError(obtained)


def note_publication_of(obtained: Obtained) -> None:
    """When the week of a weekly file was published, if the file tells; before any row of that week is stored."""
    if isinstance(obtained.result, ReportTable) and isinstance(obtained.answer, Fetched):
        arrivals.note_publication(obtained.result, obtained.answer)


def _store(
    obtained: Obtained,
    fetched: Fetched,
    table: ReportTable,
    *,
    is_demo: bool,
    dry_run: bool,
    before_commit: Callable[[], None],
) -> Outcome:
    origin = _origin(obtained, fetched, table.variant, is_demo=is_demo)
    if known := _already_stored(origin):
        return _counts_of(known, SourceFile.Status.UNCHANGED)
    if not dry_run:
        origin.path = _keep(fetched.content, obtained.sha256)
        if not is_demo:
            arrivals.note_first_sight(table, fetched, _newest_report(table.variant))
    with transaction.atomic():
        outcome = ingest.save(table, origin, obtained.examination)
        before_commit()
    return outcome


def _missing(
    obtained: Obtained, missing: Missing, variant: Variant, *, dry_run: bool, now: datetime
) -> Outcome:
    """A file that the server does not have. Whether its year is lost, the run knows once it has read all others."""
    request = obtained.request
    if not dry_run:
        SourceFile.objects.get_or_create(
            url=missing.url,
            kind=request.kind,
            report_type=variant.type,
            subtype=variant.subtype,
            year=request.year,
            status=SourceFile.Status.MISSING,
            defaults={"fetched_at": now, "http_status": missing.http_status},
        )
    return Outcome(SourceFile.Status.MISSING)


def _as_stored(obtained: Obtained, variant: Variant, status: str) -> Outcome:
    """The file is the one we have: its rows count as unchanged, and nothing is written."""
    known = SourceFile.objects.filter(
        report_type=variant.type,
        subtype=variant.subtype,
        sha256=obtained.request.known,
        kind=obtained.request.kind,
    ).first()
    assert known is not None
    return _counts_of(known, status)


def _log_rejection(
    obtained: Obtained, variant: Variant, problem: Rejection, *, is_demo: bool
) -> None:
    if not isinstance(obtained.answer, Fetched):
        return
    origin = _origin(obtained, obtained.answer, variant, is_demo=is_demo)
    same = SourceFile.objects.filter(
        sha256=origin.sha256,
        report_type=origin.report_type,
        subtype=origin.subtype,
        kind=origin.kind,
    )
    if not same.exists():
        origin.status, origin.reason = SourceFile.Status.REJECTED, str(problem)[:400]
        with transaction.atomic():
            origin.save()
            quarantine.keep_of_refused(problem.set_aside, origin)


def _origin(obtained: Obtained, fetched: Fetched, variant: Variant, *, is_demo: bool) -> SourceFile:
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
    read = {
        line for line, details in open_rows if "identities" in details
    }  # the others nobody could read
    return Outcome(
        status,
        rows=known.rows,
        unchanged=known.rows - len(read),
        quarantined=len(waiting),
        rejected_lines=len(waiting - read),
        first_date=known.first_date,
        last_date=known.last_date,
    )


def _newest_report(variant: Variant) -> date | None:
    """The newest report that a stored file of the variant brought."""
    stored = SourceFile.objects.filter(
        report_type=variant.type, subtype=variant.subtype, status=SourceFile.Status.STORED
    )
    newest: date | None = stored.aggregate(newest=Max("last_date"))["newest"]
    return newest


def _keep(content: bytes, sha256: str) -> str:
    """Keep the bytes under their digest; the path, relative to `var`, or nothing where they are not kept."""
    if not settings.COT_KEEP_FILES:
        return ""
    path: Path = settings.VAR_DIR / "cot" / "files" / sha256
    is_kept = path.exists() or keep(path, content)
    return str(path.relative_to(settings.VAR_DIR)) if is_kept else ""
