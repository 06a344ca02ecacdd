"""How one file changes what is stored: check, compare, write what differs, keep what it replaced.

`save` does all of it in one transaction: a file is stored whole, or nothing of it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.db import transaction

from cot.catalogue.markets import MarketChanges, record
from cot.models import Observation, SourceFile
from cot.pipeline import checks, identities, quarantine, store, vintages
from cot.pipeline.comparison import Comparison, compare
from cot.pipeline.identities import Examination
from cot.pipeline.report_table import RejectedLine, ReportTable
from cot.pipeline.sightings import sightings
from cot.pipeline.vintages import Change, Order
from cot.publication import releases
from cot.publication.calendar import Release
from cot.variants import LONGEST_WEEK

CAPTURED_WITHIN: Final = timedelta(days=8)  # of the release: we were there
COMPLETE: Final = (SourceFile.Kind.YEARLY, SourceFile.Kind.BULK, SourceFile.Kind.PORTAL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file did to the store. `rows` counts typed rows, `rejected_lines` lines nobody could read.

    `reason` is shown beside the file, `error` is a failure of its variant.
    """

    status: str
    rows: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    quarantined: int = 0
    rejected_lines: int = 0
    first_date: date | None = None
    last_date: date | None = None
    reason: str = ""
    error: str = ""
    markets: MarketChanges = field(default_factory=MarketChanges)


@transaction.atomic
def save(table: ReportTable, origin: SourceFile, examination: Examination | None = None) -> Outcome:
    """Store one parsed file. Raises `Rejection` (nothing changes) when too much of it is wrong.

    The examination may have been made beforehand, beside the storing of another file.
    """
    if not len(table):
        checks.refuse_broken(table, (), tuple)
    first, last = table.first_day, table.last_day
    stored = store.stored_rows(
        table.variant, first - timedelta(days=LONGEST_WEEK), last, crops_from=first
    )
    compared = compare(table, stored)
    failures = checks.failures(
        compared, examination or identities.examine(table, today=origin.fetched_at.date())
    )
    checks.refuse_broken(table, failures, lambda: quarantine.lines(table, failures))
    checks.refuse_sibling(table, last)
    rejected = table.rejected + quarantine.lines(table, failures)
    good = compared.only(~np.isin(np.arange(len(table)), [failure.row for failure in failures]))
    mentioned = _mentioned(good.table, rejected) if len(stored) else set()
    if origin.kind in COMPLETE:
        checks.refuse_shrunken(stored, first, mentioned)
    origin.rows = len(table)
    return _write(good, rejected, mentioned, origin)


def add(table: ReportTable, origin: SourceFile) -> None:
    """Store rows of a logged file whatever the checks say of them; the file's own entry stays as it is."""
    first, last = table.first_day, table.last_day
    stored = store.stored_rows(table.variant, first, last, crops_from=first)
    record(table.variant, list(sightings(table)))
    compared, order = compare(table, stored), Order(origin)
    _insert(compared, order)
    _update(compared, order)


def _mentioned(table: ReportTable, rejected: tuple[RejectedLine, ...]) -> set[tuple[str, date]]:
    """Every key the file names, on rows that passed and on lines that did not."""
    return table.keys() | {(line.code, line.report_date) for line in rejected if line.report_date}


def _write(
    good: Comparison,
    rejected: tuple[RejectedLine, ...],
    mentioned: set[tuple[str, date]],
    origin: SourceFile,
) -> Outcome:
    table = good.table
    origin.status = SourceFile.Status.STORED
    if len(table):
        origin.first_date, origin.last_date = table.first_day, table.last_day
    vintages.log(origin)
    changes = record(table.variant, list(sightings(table)))
    order = Order(origin)
    inserted, updated = _insert(good, order), _update(good, order)
    withdrawn = (
        vintages.withdraw(good.stored, mentioned, order)
        if _may_withdraw(good, rejected, origin)
        else 0
    )
    quarantine.save(rejected, origin, table.keys, order)
    return Outcome(
        status=SourceFile.Status.STORED,
        rows=origin.rows,
        inserted=inserted,
        updated=updated,
        unchanged=len(table) - inserted - updated,
        withdrawn=withdrawn,
        quarantined=len({line.line for line in rejected}),
        rejected_lines=len({line.line for line in table.rejected}),
        first_date=origin.first_date,
        last_date=origin.last_date,
        markets=changes,
    )


def _may_withdraw(good: Comparison, rejected: tuple[RejectedLine, ...], origin: SourceFile) -> bool:
    """Only a complete file says that a key is gone, and not while it has a line whose key nobody can read."""
    is_readable = all(line.code and line.report_date for line in rejected)
    return origin.kind in COMPLETE and len(good.stored) > 0 and is_readable


def _insert(good: Comparison, order: Order) -> int:
    """Rows whose key is not stored; how many."""
    if not good.is_new.any():
        return 0
    table = good.only(good.is_new).table
    by_day = {
        day: _of_a_day(released, order)
        for day, released in releases.releases(sorted(set(table.days)), table.variant.type).items()
    }
    store.insert_observations(table, order.origin, by_day)
    store.insert_crops(table)
    vintages.withdraw_what_newer_files_lack(table, order)
    return len(table)


def _of_a_day(released: Release, order: Order) -> dict[str, Any]:
    """What all rows of one report date share: when it became public, and whether we were there."""
    captured = timedelta(0) <= order.origin.fetched_at - released.release_at <= CAPTURED_WITHIN
    return {
        "release_at": released.release_at,
        "known_at": order.known_from(released.report_date, released.release_at),
        "release_source": released.source,
        "release_uncertain": released.uncertain,
        "vintage_basis": (
            Observation.Vintage.CAPTURED if captured else Observation.Vintage.BACKFILLED
        ).value,
    }


def _update(good: Comparison, order: Order) -> int:
    """Rows that say something else than the stored one, or come back after having been withdrawn; how many."""
    if good.is_new.all():
        return 0
    is_same, crops = good.is_same, good.crops()
    changes = []
    for row in np.flatnonzero(~good.is_new).tolist():
        place = int(good.places[row])
        stored = good.stored.rows[place]
        crop, was_crop = crops.get(row), good.stored.crops.get(stored.id)
        if is_same[row] and crop == was_crop and stored.withdrawn_at is None:
            continue
        was, facts = good.stored.facts_of(place), good.facts_of(row)
        changes.append(Change(stored, was, was_crop, facts, crop, line=int(good.table.lines[row])))
    return vintages.apply(good.table.variant, changes, order)
