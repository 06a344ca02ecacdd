"""What only the store can tell of a file: which rows contradict it, and whether the whole file is to be refused."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from cot.models import Observation, ObservationVersion
from cot.pipeline import columns, identities, store
from cot.pipeline.comparison import Comparison, compare
from cot.pipeline.identities import Examination, Failure
from cot.pipeline.report_table import (
    MAX_FAILING,
    RejectedLine,
    Rejection,
    ReportTable,
    fields_of,
)
from cot.pipeline.store import Stored
from cot.variants import LONGEST_WEEK, VARIANTS

MIN_KEPT: Final = 0.95  # of the stored keys on the dates a yearly file covers
ENOUGH_SHARED: Final = 20  # markets of a week that both variants must hold before they are compared
ALIKE: Final = 0.98  # of them


def failures(compared: Comparison, examination: Examination) -> list[Failure]:
    """Broken identities; a row an administrator accepted as it is stays accepted while it says the same."""
    found = [*examination.failures(_previous(compared.stored)), *_lost(compared)]
    if not found:
        return found
    same = compared.is_same
    quality = [row.quality for row in compared.stored.rows]
    return [
        failure
        for failure in found
        if not same[failure.row]
        or quality[compared.places[failure.row]] != Observation.Quality.WARNED
    ]


def _lost(compared: Comparison) -> Iterator[Failure]:
    """A number that is stored and no longer printed, where the CFTC prints one for every market: no revision."""
    variant = compared.table.variant
    printed, may_be_null = columns.fact_columns(variant), columns.nullable(variant)
    known = np.flatnonzero(~compared.is_new)
    for place, field in enumerate(fields_of(variant)) if len(known) else ():
        if printed[field] in may_be_null:
            continue
        was = compared.stored.facts[compared.places[known], place]
        lost = np.isnan(compared.facts[known, place]) & ~np.isnan(was)
        for row, value in zip(known[lost].tolist(), was[lost].tolist(), strict=True):
            details = {"identity": field, "left": None, "right": value, "allowed": 0}
            yield Failure(row, "bad_number", details)


def _previous(stored: Stored) -> identities.Previous:
    """Looks up every stored version of the observation at most 8 days before a report date."""
    by_code: dict[str, list[tuple[date, int]]] = {}
    for place, row in enumerate(stored.rows):
        by_code.setdefault(row.code, []).append((row.report_date, place))

    def versions(code: str, day: date) -> Iterator[Mapping[str, float | None]]:
        for when, place in sorted(by_code.get(code, ()), reverse=True):
            if timedelta(0) < day - when <= timedelta(days=LONGEST_WEEK):
                yield stored.numbers_of(place)
                if stored.rows[place].version > 1:
                    older = ObservationVersion.objects.filter(observation=stored.rows[place].id)
                    yield from older.values_list("facts", flat=True)
                return

    return versions


def refuse_broken(
    table: ReportTable,
    failing: Sequence[Failure],
    lines: Callable[[], Sequence[RejectedLine]],
) -> None:
    """A file of which more than one row in twenty cannot be used is a broken file, not a file with broken rows.

    The refusal names what was broken, and the lines that broke it.
    """
    total = len(table) + len(table.rejected)
    bad = len({failure.row for failure in failing}) + len(table.rejected)
    if not total or bad > MAX_FAILING * total:
        set_aside = [*table.rejected, *lines()]
        raise Rejection(
            "too_many_failures",
            failing=bad,
            rows=total,
            reasons=sorted({reason for line in set_aside for reason in line.reasons}),
            set_aside=set_aside,
        )


def refuse_sibling(table: ReportTable, day: date) -> None:
    """A report that repeats what is stored as its sibling, with or without options, is that sibling.

    Legacy files do not say which they are. Of one week, at most 77 % of the markets of the two were ever alike (2022
    to 2026): those on which nobody trades options.
    """
    if table.tells_subtype:
        return
    sibling = VARIANTS[f"{table.variant.type}_{'co' if table.variant.subtype == 'fo' else 'fo'}"]
    newest = table.take(table.dates == np.datetime64(day))
    compared = compare(newest, store.stored_rows(sibling, day, day, crops_from=date.max))
    shared, alike = int((~compared.is_new).sum()), int(compared.is_same.sum())
    if shared >= ENOUGH_SHARED and alike >= ALIKE * shared:
        raise Rejection(
            "wrong_variant",
            found=sibling.key,
            report_date=day.isoformat(),
            shared=shared,
            alike=alike,
        )


def refuse_shrunken(stored: Stored, first: date, mentioned: Collection[tuple[str, date]]) -> None:
    """A complete file that lost more than one in twenty of the stored keys on its own dates is cut off."""
    live = [row for row in stored.rows if row.withdrawn_at is None and row.report_date >= first]
    kept = sum((row.code, row.report_date) in mentioned for row in live)
    if kept < MIN_KEPT * len(live):
        raise Rejection("shrunken", stored=len(live), kept=kept)
