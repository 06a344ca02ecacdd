"""Lines that are set aside: kept with their reason, closed when a later file brings a good one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from cot.models import QuarantinedRow, SourceFile
from cot.pipeline.identities import Failure
from cot.pipeline.report_table import RejectedLine, ReportTable
from cot.pipeline.vintages import Order

MOST_OF_REFUSED: Final = 200


def lines(table: ReportTable, failures: Sequence[Failure]) -> tuple[RejectedLine, ...]:
    """One entry per row, with everything it broke and both sides of every identity."""
    by_row: dict[int, list[Failure]] = {}
    for failure in failures:
        by_row.setdefault(failure.row, []).append(failure)
    raw = table.raw_lines([int(table.lines[row]) for row in by_row])
    return tuple(
        RejectedLine(
            line=int(table.lines[row]),
            raw=raw[int(table.lines[row])],
            reasons=tuple(dict.fromkeys(failure.reason for failure in found)),
            details={"identities": [{"reason": each.reason, **each.details} for each in found]},
            code=str(table.codes[row]),
            report_date=table.dates[row].astype("datetime64[D]").astype(object),
        )
        for row, found in by_row.items()
    )


def save(
    rejected: Sequence[RejectedLine],
    origin: SourceFile,
    passed: Callable[[], set[tuple[str, date]]],
    order: Order,
) -> None:
    """Close what this file corrects or says again, and keep what it brings."""
    _keep(rejected, origin, _close(origin, passed, order))


def keep_of_refused(rejected: Sequence[RejectedLine], origin: SourceFile) -> None:
    """The lines for which a logged file was refused, as many as a person will read. Nothing is closed: it corrects
    nothing."""
    _keep(sorted(rejected, key=lambda line: line.line)[:MOST_OF_REFUSED], origin, {})


def _keep(
    rejected: Sequence[RejectedLine],
    origin: SourceFile,
    first_seen: Mapping[tuple[str, date | None], datetime],
) -> None:
    QuarantinedRow.objects.bulk_create(
        [
            QuarantinedRow(
                source_file=origin,
                line=line.line,
                raw=line.raw,
                report_type=origin.report_type,
                subtype=origin.subtype,
                report_date=line.report_date,
                code=line.code,
                reasons=list(line.reasons),
                details=dict(line.details),
                first_seen=first_seen.get((line.code, line.report_date), origin.fetched_at),
                last_seen=origin.fetched_at,
            )
            for line in _once(rejected)
        ],
        update_conflicts=True,
        unique_fields=["source_file", "line"],
        update_fields=["reasons", "details", "last_seen", "resolved_at", "resolution"],
    )


def _once(rejected: Iterable[RejectedLine]) -> Iterable[RejectedLine]:
    """Every line once, with all that speaks against it."""
    found: dict[int, RejectedLine] = {}
    for line in rejected:
        if known := found.get(line.line):
            reasons = tuple(dict.fromkeys((*known.reasons, *line.reasons)))
            line = replace(known, reasons=reasons, details={**line.details, **known.details})
        found[line.line] = line
    return found.values()


def _close(
    origin: SourceFile, passed: Callable[[], set[tuple[str, date]]], order: Order
) -> dict[tuple[str, date | None], datetime]:
    """Open rows this file settles: a good row came (`corrected`), or the file they stood in was replaced (`obsolete`).

    Returns when each of the latter was seen first, for the case that the new file says the same again.
    """
    first_seen: dict[tuple[str, date | None], datetime] = {}
    closed: list[QuarantinedRow] = []
    waiting = QuarantinedRow.objects.filter(
        report_type=origin.report_type, subtype=origin.subtype, resolved_at=None
    ).exclude(source_file=origin.pk)
    rows = list(waiting.select_related("source_file"))
    good = passed() if rows else set()
    for row in rows:
        if order.is_older_than(row.source_file):
            continue
        if (row.code, row.report_date) in good:
            row.resolution = QuarantinedRow.Resolution.CORRECTED
        elif row.source_file.url == origin.url:
            row.resolution = QuarantinedRow.Resolution.OBSOLETE
            first_seen[row.code, row.report_date] = row.first_seen
        else:
            continue
        row.resolved_at = origin.fetched_at
        closed.append(row)
    QuarantinedRow.objects.bulk_update(closed, ["resolution", "resolved_at"])
    return first_seen
