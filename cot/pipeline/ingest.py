"""How one file changes what is stored (cot §5.3 to §6): check, compare, write what differs, keep what it replaced.

`store` does all of it in one transaction: a file is stored whole, or nothing of it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import transaction

from cot.catalogue.markets import MarketChanges, Sighting, record
from cot.models import Observation, ObservationVersion, SourceFile
from cot.pipeline import columns, identities, quarantine, store, vintages
from cot.pipeline.identities import Examination, Failure
from cot.pipeline.parsing import MAX_FAILING, Mask, RejectedLine, Rejection, ReportTable, keys_of
from cot.pipeline.store import Stored
from cot.pipeline.vintages import Change, Order
from cot.publication import releases
from cot.publication.calendar import Release
from cot.variants import VARIANTS, Variant

MIN_KEPT: Final = 0.95  # of the stored keys on the dates a yearly file covers
ENOUGH_SHARED: Final = 20  # markets of a week that both variants must hold before they are compared
ALIKE: Final = 0.98  # of them
CAPTURED_WITHIN: Final = timedelta(days=8)
COMPLETE: Final = (SourceFile.Kind.YEARLY, SourceFile.Kind.BULK)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one file did to the store. `rows` counts typed rows, `rejected_lines` lines nobody could read."""

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
    markets: MarketChanges = field(default_factory=MarketChanges)


@dataclass(frozen=True, slots=True)
class _File:
    """One file on its way in: the rows that passed, the rows that did not, and what is stored on its dates."""

    origin: SourceFile
    variant: Variant
    table: ReportTable
    rejected: tuple[RejectedLine, ...]
    failures: Sequence[Failure]
    stored: Stored
    places: npt.NDArray[np.int64]
    facts: npt.NDArray[np.float64]

    @property
    def is_complete(self) -> bool:
        return self.origin.kind in COMPLETE


@transaction.atomic
def save(table: ReportTable, origin: SourceFile, examination: Examination | None = None) -> Outcome:
    """Store one parsed file. Raises `Rejection` (nothing changes) when too much of it is wrong.

    The examination may have been made beforehand, beside the storing of another file.
    """
    variant = table.variant
    if not len(table):
        raise Rejection("too_many_failures", rejected=len(table.rejected))
    first, last = table.dates.min().astype(object), table.dates.max().astype(object)
    around = store.load(variant, first - timedelta(days=identities.WEEK_GAP), last, crops_from=first)
    examination = examination or identities.examine(table, today=origin.fetched_at.date())
    failures = _failures(table, around, examination)
    failing = np.zeros(len(table), dtype=bool)
    failing[[failure.row for failure in failures]] = True
    _refuse_broken(table, failing)
    _refuse_sibling(table, last)
    good = table.take(~failing) if failing.any() else table
    rejected = table.rejected + quarantine.lines(table, failures)
    file = _File(origin, variant, good, rejected, failures, around, *_match(good, around))
    _refuse_shrunken(file, first)
    return _write(file, len(table))


def _failures(table: ReportTable, stored: Stored, examination: Examination) -> list[Failure]:
    """Broken identities; a row an administrator accepted as it is stays accepted while it says the same."""
    found = examination.failures(_previous(stored))
    if not found:
        return found
    accepted = {place for place, row in enumerate(stored.rows) if row.quality == Observation.Quality.WARNED}
    if not accepted:
        return found
    places, facts = _match(table, stored)
    same = {
        failure.row
        for failure in found
        if places[failure.row] in accepted and _equal(facts[failure.row], stored.facts[places[failure.row]]).all()
    }
    return [failure for failure in found if failure.row not in same]


def _previous(stored: Stored) -> identities.Previous:
    """Looks up every stored version of the observation at most 8 days before a report date (cot §5.2)."""
    by_code: dict[str, list[tuple[date, int]]] = {}
    for place, row in enumerate(stored.rows):
        by_code.setdefault(row.code, []).append((row.report_date, place))

    def versions(code: str, day: date) -> Iterator[Mapping[str, float | None]]:
        for when, place in sorted(by_code.get(code, ()), reverse=True):
            if timedelta(0) < day - when <= timedelta(days=identities.WEEK_GAP):
                yield stored.numbers_of(place)
                if stored.rows[place].version > 1:
                    older = ObservationVersion.objects.filter(observation=stored.rows[place].id)
                    yield from older.values_list("facts", flat=True)
                return

    return versions


def _refuse_broken(table: ReportTable, failing: Mask) -> None:
    total = len(table) + len(table.rejected)
    bad = int(failing.sum()) + len(table.rejected)
    if bad > MAX_FAILING * total:
        reasons = {line.reason for line in table.rejected}
        raise Rejection("too_many_failures", failing=bad, rows=total, reasons=sorted(reasons))


def _refuse_sibling(table: ReportTable, day: date) -> None:
    """A report that repeats what is stored as its sibling, with or without options, is that sibling (cot §19).

    Legacy files do not say which they are. Of one week, at most 77 % of the markets of the two were ever alike (2022
    to 2026): those on which nobody trades options.
    """
    if columns.SUBTYPE in table.labels:
        return
    sibling = VARIANTS[f"{table.variant.type}_{'co' if table.variant.subtype == 'fo' else 'fo'}"]
    newest = table.take(table.dates == np.datetime64(day))
    stored = store.load(sibling, day, day, crops_from=date.max)
    places, facts = _match(newest, stored)
    shared = places >= 0
    count = int(shared.sum())
    alike = int(_equal(facts[shared], stored.facts[places[shared]]).all(axis=1).sum()) if count else 0
    if count >= ENOUGH_SHARED and alike >= ALIKE * count:
        raise Rejection("wrong_variant", found=sibling.key, report_date=day.isoformat(), shared=count, alike=alike)


def _refuse_shrunken(file: _File, first: date) -> None:
    """A complete file that lost more than one in twenty of the stored keys on its own dates is cut off."""
    live = [row for row in file.stored.rows if row.withdrawn_at is None and row.report_date >= first]
    if not file.is_complete or not live:
        return
    mentioned = _mentioned(file)
    kept = sum((row.code, row.report_date) in mentioned for row in live)
    if kept < MIN_KEPT * len(live):
        raise Rejection("shrunken", stored=len(live), kept=kept)


def _mentioned(file: _File) -> set[tuple[str, date]]:
    """Every key the file names, also on lines that were set aside."""
    return _keys(file.table) | {(line.code, line.report_date) for line in file.rejected if line.report_date}


def _match(table: ReportTable, stored: Stored) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """For every row the place of the stored row of the same key (−1: none), and its facts as a matrix."""
    facts = store.matrix(table)
    if not len(stored) or not len(table):
        return np.full(len(table), -1, dtype=np.int64), facts
    codes = dict.fromkeys([*stored.codes, *table.codes])
    order = {code: place for place, code in enumerate(codes)}
    known = keys_of(stored.codes, stored.dates, order)
    wanted = keys_of(table.codes, table.dates, order)
    sorting = np.argsort(known)
    found = np.minimum(np.searchsorted(known[sorting], wanted), len(known) - 1)
    places = sorting[found]
    return np.where(known[places] == wanted, places, -1), facts


def _equal(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.asarray((left == right) | (np.isnan(left) & np.isnan(right)))


def _write(file: _File, rows: int) -> Outcome:
    origin = file.origin
    days = file.table.dates
    origin.status = SourceFile.Status.STORED
    origin.rows = rows
    if len(days):
        origin.first_date, origin.last_date = days.min().astype(object), days.max().astype(object)
    vintages.log(origin)
    changes = record(file.variant, list(_sightings(file.table)))
    order = Order(origin)
    inserted, updated = _put(file, order)
    withdrawn = vintages.withdraw(file.stored, _mentioned(file), order) if _may_withdraw(file) else 0
    quarantine.save(file.rejected, origin, lambda: _keys(file.table), order)
    return Outcome(
        status=SourceFile.Status.STORED,
        rows=rows,
        inserted=inserted,
        updated=updated,
        unchanged=len(file.table) - inserted - updated,
        withdrawn=withdrawn,
        quarantined=len({line.line for line in file.rejected}),
        rejected_lines=len({line.line for line in file.table.rejected}),
        first_date=origin.first_date,
        last_date=origin.last_date,
        markets=changes,
    )


def add(table: ReportTable, origin: SourceFile) -> None:
    """Store rows of a logged file whatever the checks say of them; the file's own entry stays as it is."""
    first, last = table.dates.min().astype(object), table.dates.max().astype(object)
    stored = store.load(table.variant, first, last, crops_from=first)
    record(table.variant, list(_sightings(table)))
    _put(_File(origin, table.variant, table, (), (), stored, *_match(table, stored)), Order(origin))


def _put(file: _File, order: Order) -> tuple[int, int]:
    """Rows inserted and rows updated."""
    new = file.places < 0
    return _insert(file, new, order), _update(file, new, order)


def _may_withdraw(file: _File) -> bool:
    """Only a complete file says that a key is gone, and not while it has a line whose key nobody can read."""
    return file.is_complete and len(file.stored) > 0 and all(line.code and line.report_date for line in file.rejected)


def _keys(table: ReportTable) -> set[tuple[str, date]]:
    return set(zip(table.codes, table.dates.astype("datetime64[D]").astype(object), strict=True))


def split_name(printed: str) -> tuple[str, str]:
    """Market and exchange: the exchange is what follows the last " - "; the market part may be blank (D11)."""
    market, _, exchange = f" {printed}".rpartition(" - ")
    return market.strip(), exchange.strip()


def _sightings(table: ReportTable) -> Iterator[Sighting]:
    """Every spelling of every market in the file with the report dates it spans."""
    names = (columns.NAME, columns.EXCHANGE, columns.COMMODITY, columns.SUBGROUP, columns.REGION, columns.UNITS)
    labels = [table.labels.get(name) for name in names]
    order = {code: place for place, code in enumerate(dict.fromkeys(table.codes))}
    spelling = np.array([order[code] for code in table.codes], dtype=np.int64)
    for label in filter(None, labels):  # one number per combination: the digits are the places of its parts
        _, spelling = np.unique(spelling * len(label.values) + label.index, return_inverse=True)
    spellings, inverse = np.unique(spelling, return_inverse=True)
    days = table.dates.astype(np.int64)
    first = np.full(len(spellings), np.iinfo(np.int64).max)
    last = np.zeros(len(spellings), dtype=np.int64) - 10**6
    np.minimum.at(first, inverse, days)
    np.maximum.at(last, inverse, days)
    rows = np.zeros(len(spellings), dtype=np.int64)
    rows[inverse] = np.arange(len(table))
    for place, row in enumerate(rows.tolist()):
        name, exchange, commodity, subgroup, region, units = (
            label.values[label.index[row]] if label else "" for label in labels
        )
        market, exchange_name = split_name(name)
        yield Sighting(
            code=table.codes[row],
            name=market,
            exchange_name=exchange_name,
            exchange_code=exchange,
            commodity_code=commodity,
            subgroup_code=subgroup,
            region_code=region,
            units=units,
            first_date=_day(first[place]),
            last_date=_day(last[place]),
        )


def _day(number: np.int64) -> date:
    day: date = np.datetime64(int(number), "D").astype(object)
    return day


def _insert(file: _File, new: Mask, order: Order) -> int:
    table = file.table.take(new) if not new.all() else file.table
    if not len(table):
        return 0
    days = np.unique(table.dates).astype("datetime64[D]").astype(object).tolist()
    by_day = {day: _of_a_day(released, order) for day, released in releases.releases(days).items()}
    store.insert_observations(table, file.origin, by_day)
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
        "vintage_basis": (Observation.Vintage.CAPTURED if captured else Observation.Vintage.BACKFILLED).value,
    }


def _update(file: _File, new: Mask, order: Order) -> int:
    """Rows that say something else than the stored one, or come back after having been withdrawn."""
    old = np.flatnonzero(~new)
    if not len(old):
        return 0
    places = file.places[old]
    differs = ~_equal(file.facts[old], file.stored.facts[places]).all(axis=1)
    differs |= np.array([file.stored.rows[place].withdrawn_at is not None for place in places])
    crops = _changed_crops(file, old, places)
    differs |= np.array([row in crops for row in old.tolist()])
    changes = [_change(file, row, crops) for row in old[differs].tolist()]
    return vintages.apply(file.variant, changes, order)


def _changed_crops(file: _File, old: npt.NDArray[np.int64], places: npt.NDArray[np.int64]) -> set[int]:
    if not file.variant.report.has_crop_years:
        return set()
    printed = store.crops(file.table)
    return {
        row
        for row, place in zip(old.tolist(), places.tolist(), strict=True)
        if printed.get(row) != file.stored.crops.get(file.stored.rows[place].id)
    }


def _change(file: _File, row: int, changed_crops: set[int]) -> Change:
    place = int(file.places[row])
    stored = file.stored.rows[place]
    one = file.table.take(np.arange(len(file.table)) == row)
    return Change(
        stored=stored,
        was=file.stored.facts_of(place),
        was_crop=file.stored.crops.get(stored.id),
        facts=store.as_facts(store.fields_of(file.variant), file.facts[row]),
        crop=store.crops(one).get(0),
        line=int(file.table.lines[row]),
    )
