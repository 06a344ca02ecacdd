"""Which rows contradict themselves or the week before. Pure and vectorised: every identity on every row.

A row that fails is named with the reason and the numbers of both sides; the caller sets it aside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt

from cot.pipeline import columns
from cot.pipeline.report_table import Floats, Mask, ReportTable
from cot.variants import LONGEST_WEEK

FIRST_REPORT: Final = date(1986, 1, 1)
LARGEST: Final = 2**31 - 1
GAUGE_SLACK: Final = 0.05
ADDENDS: Final = {"legacy": 4, "disagg": 8, "tff": 9}

Previous = Callable[[str, date], Iterator[Mapping[str, float | None]]]


@dataclass(frozen=True, slots=True)
class Failure:
    """One identity one row breaks: which field, the two sides that should agree, and how far apart they may be."""

    row: int
    reason: str
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Finding:
    """One identity over all rows: left and right side, and where they differ by more than allowed."""

    reason: str
    name: str
    left: Floats
    right: Floats
    failing: Mask
    allowed: Floats

    def failures(self) -> Iterator[Failure]:
        for row in np.flatnonzero(self.failing).tolist():
            details = {
                "identity": self.name,
                "left": _plain(self.left[row]),
                "right": _plain(self.right[row]),
                "allowed": _plain(self.allowed[row]),
            }
            yield Failure(row, self.reason, details)


def _plain(value: float) -> float | int | None:
    """A number JSON can hold: no NaN, and whole contracts without a decimal point."""
    if np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 4)


def check(table: ReportTable, *, today: date, stored: Previous) -> list[Failure]:
    """Every broken identity of every row.

    The change of a row is tested against the row before it in the file first, then against what
    `stored(code, report date)` yields: every stored version of the observation at most 8 days earlier.
    """
    return examine(table, today=today).failures(stored)


def examine(table: ReportTable, *, today: date) -> Examination:
    """What a file says against itself; what only the store can tell is left open."""
    facts = {
        field: table.numbers[column]
        for field, column in columns.fact_columns(table.variant).items()
    }
    rows = _Rows(table, facts)
    own = [failure for finding in _own_findings(rows, today) for failure in finding.failures()]
    return Examination(
        tuple(own), tuple(_suspects(rows, {failure.row for failure in own})), rows.ordinary
    )


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A row whose change disagrees with the row before it in the file, or that has none, or a broken one."""

    row: int
    code: str
    report_date: date
    before: int
    was: Mapping[str, float | None]
    values: Mapping[str, float]
    changes: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Examination:
    """Broken identities within a file, and the rows that the week before may clear or convict, oldest first."""

    own: tuple[Failure, ...]
    suspects: tuple[_Suspect, ...]
    ordinary: Mask

    def failures(self, stored: Previous) -> list[Failure]:
        """All broken identities. A row that is itself set aside proves nothing about the row after it."""
        failures = list(self.own)
        bad = {failure.row for failure in self.own}
        for suspect in self.suspects:
            if found := self._convicted(suspect, bad, stored):
                failures += found
                bad.add(suspect.row)
        return failures

    def _convicted(self, suspect: _Suspect, bad: set[int], stored: Previous) -> list[Failure]:
        """Failures against the row before it in the file, unless some stored version of that one agrees."""
        allowed = 0 if self.ordinary[suspect.row] else 1
        in_file = (suspect.was,) if suspect.before >= 0 and suspect.before not in bad else ()
        first: list[Failure] = []
        for previous in chain(in_file, stored(suspect.code, suspect.report_date)):
            failures = _against(suspect, previous, allowed)
            if not failures:
                return []
            first = first or failures
        return first


class _Rows:
    """The facts of one file by our field names, with the tolerances of each row."""

    def __init__(self, table: ReportTable, facts: dict[str, Floats]) -> None:
        self.table = table
        self.facts = facts
        self.groups = table.variant.report.groups
        ends = {code: code.endswith("+") for code in set(table.codes)}
        consolidated = np.array([ends[code] for code in table.codes], dtype=bool)
        self.ordinary: Mask = ~consolidated & (table.variant.subtype == "fo")

    def tolerance(self, ordinary: float, other: float) -> Floats:
        """The allowance of each row: ordinary code in a futures-only report, or consolidated or combined."""
        return np.where(self.ordinary, ordinary, other)

    def crop(self, crop: str) -> dict[str, Floats]:
        names = columns.fact_columns(self.table.variant, crop)
        return {field: self.table.numbers[column] for field, column in names.items()}

    def positions(self) -> list[str]:
        """Long, short and spread of every group."""
        return [
            f"{group.key}_{part}"
            for group in self.groups
            for part in (("long", "short", "spread") if group.has_spread else ("long", "short"))
        ]

    def finding(
        self, reason: str, name: str, left: Floats, right: Floats, allowed: Floats
    ) -> _Finding:
        """Two sides that must agree within `allowed`; a null side proves nothing and passes."""
        with np.errstate(invalid="ignore"):
            return _Finding(reason, name, left, right, np.abs(left - right) > allowed, allowed)

    def at_most(self, reason: str, name: str, low: Floats, high: Floats, slack: float) -> _Finding:
        """`low` must not exceed `high` by more than `slack`."""
        allowed = np.full(len(low), slack)
        with np.errstate(invalid="ignore"):
            return _Finding(reason, name, low, high, low - high > allowed, allowed)


def _own_findings(rows: _Rows, today: date) -> Iterator[_Finding]:
    yield from _dates(rows, today)
    yield from _nulls(rows)
    yield from _left_out(rows)
    yield from _sizes(rows)
    yield from _sides(rows)
    if rows.table.variant.report.has_crop_years:
        yield from _crop_years(rows)
    yield from _percentages(rows)
    yield from _concentrations(rows)
    yield from _signs(rows)


def _dates(rows: _Rows, today: date) -> Iterator[_Finding]:
    """Not in the future, not before the first report, a weekday."""
    days = rows.table.dates.astype("datetime64[D]")
    weekend = ~np.is_busday(days)
    number = days.astype(np.int64).astype(np.float64)
    low, high = (float(np.datetime64(day, "D").astype(np.int64)) for day in (FIRST_REPORT, today))
    failing = (number < low) | (number > high) | weekend
    yield _Finding(
        "bad_date", "report_date", number, np.full(len(days), high), failing, np.zeros(len(days))
    )


def _nulls(rows: _Rows) -> Iterator[_Finding]:
    """Open interest and positions are printed for every market; without them a row cannot be checked."""
    none = np.full(len(rows.table), np.nan)
    for field in ("open_interest", *rows.positions()):
        values = rows.facts[field]
        yield _Finding("bad_number", field, values, none, np.isnan(values), none)


def _left_out(rows: _Rows) -> Iterator[_Finding]:
    """A file without the column of a change lacks it where it has the week before; else nobody could tell."""
    printed = columns.fact_columns(rows.table.variant)
    lacking = {
        field: change
        for field, change in change_fields(rows).items()
        if printed[change] in rows.table.silent
    }
    before = _rows_before(rows.table) if lacking else np.empty(0, dtype=np.int64)
    for field, change in lacking.items():
        values = rows.facts[field]
        moved = np.where(before >= 0, values - values[before], np.nan)
        yield _Finding(
            "change", change, rows.facts[change], moved, before >= 0, np.zeros(len(moved))
        )


def _sizes(rows: _Rows) -> Iterator[_Finding]:
    """No count is larger than the databases keep; the largest real ones are a hundred times smaller."""
    most = np.full(len(rows.table), float(LARGEST))
    for field, values in rows.facts.items():
        if not field.startswith("conc_"):
            yield rows.at_most("bad_number", f"{field} ≤ {LARGEST}", np.abs(values), most, 0)


def _sides(rows: _Rows) -> Iterator[_Finding]:
    """Every open contract has one holder who is long and one who is short."""
    allowed = rows.tolerance(0, (ADDENDS[rows.table.variant.type] + 1) // 2)
    spread = sum(
        (rows.facts[f"{group.key}_spread"] for group in rows.groups if group.has_spread),
        np.zeros(1),
    )
    for side in ("long", "short"):
        held = sum((rows.facts[f"{group.key}_{side}"] for group in rows.groups), spread)
        yield rows.finding(
            f"{side}_side",
            f"open_interest = sum of {side}",
            rows.facts["open_interest"],
            held,
            allowed,
        )


def _crop_years(rows: _Rows) -> Iterator[_Finding]:
    """Old and other crop years add up; spreads between the two years appear as the same gap three times."""
    old, other = rows.crop("old"), rows.crop("other")
    plain = rows.tolerance(0, 1)
    surplus = {
        field: old[field] + other[field] - rows.facts[field]
        for field in ["open_interest", *rows.positions()]
    }
    zero = np.zeros(len(rows.table))
    yield rows.finding(
        "crop", "open_interest old + other = all", surplus["open_interest"], zero, plain
    )
    for group in rows.groups:
        long, short = surplus[f"{group.key}_long"], surplus[f"{group.key}_short"]
        if not group.has_spread:
            yield rows.finding("crop", f"{group.key}_long old + other = all", long, zero, plain)
            yield rows.finding("crop", f"{group.key}_short old + other = all", short, zero, plain)
            continue
        twice = rows.tolerance(0, 2)
        yield rows.finding(
            "crop", f"{group.key} long and short across crop years", long, short, twice
        )
        yield rows.finding(
            "crop",
            f"{group.key} spread across crop years",
            long,
            -surplus[f"{group.key}_spread"],
            twice,
        )


def _percentages(rows: _Rows) -> Iterator[_Finding]:
    """The published percentage is the position over open interest, to its one decimal."""
    oi = np.where(rows.facts["open_interest"] > 0, rows.facts["open_interest"], np.nan)
    allowed = rows.tolerance(0.051, 0.1)
    for field, column in columns.percent_columns(rows.table.variant).items():
        yield rows.finding(
            "percent", column, rows.table.numbers[column], 100 * rows.facts[field] / oi, allowed
        )


def _concentrations(rows: _Rows) -> Iterator[_Finding]:
    """Eight traders hold no less than four, net no more than gross, all between 0 and 100."""
    blocks = [("", rows.facts)]
    if rows.table.variant.report.has_crop_years:
        blocks += [(f" {crop}", rows.crop(crop)) for crop in columns.CROPS]
    for suffix, block in blocks:
        zero, hundred = np.zeros(len(rows.table)), np.full(len(rows.table), 100.0)
        for side in ("long", "short"):
            gauge = {
                (basis, top): block[f"conc_{basis}{top}_{side}"]
                for basis in ("gross", "net")
                for top in (4, 8)
            }
            for basis in ("gross", "net"):
                name = f"{basis} 4 ≤ {basis} 8 {side}{suffix}"
                yield rows.at_most(
                    "concentration", name, gauge[basis, 4], gauge[basis, 8], GAUGE_SLACK
                )
            for top in (4, 8):
                name = f"net {top} ≤ gross {top} {side}{suffix}"
                yield rows.at_most(
                    "concentration", name, gauge["net", top], gauge["gross", top], GAUGE_SLACK
                )
            yield rows.at_most(
                "concentration",
                f"gross 8 {side}{suffix} ≤ 100",
                gauge["gross", 8],
                hundred,
                GAUGE_SLACK,
            )
            yield rows.at_most(
                "concentration", f"0 ≤ net 4 {side}{suffix}", zero, gauge["net", 4], GAUGE_SLACK
            )


def _signs(rows: _Rows) -> Iterator[_Finding]:
    """Nobody holds fewer than no contracts, and no group has more traders than there are."""
    zero = np.zeros(len(rows.table))
    for field in ("open_interest", "rept_long", "rept_short", *rows.positions()):
        yield rows.at_most("negative", f"0 ≤ {field}", zero, rows.facts[field], 0)
    blocks = [("", rows.facts)]
    if rows.table.variant.report.has_crop_years:
        blocks += [(f" {crop}", rows.crop(crop)) for crop in columns.CROPS]
    for suffix, block in blocks:
        for field in (name for name in block if "_traders_" in name or name.startswith("traders_")):
            yield rows.at_most("negative", f"0 ≤ {field}{suffix}", zero, block[field], 0)
            yield rows.at_most(
                "negative",
                f"{field} ≤ traders_total{suffix}",
                block[field],
                block["traders_total"],
                0,
            )


def _suspects(rows: _Rows, broken: set[int]) -> list[_Suspect]:
    """The printed change is this report minus the one before, where that one is a week away. Oldest first."""
    before = _rows_before(rows.table)
    doubtful = before < 0
    for finding in _change_findings(rows, before):
        doubtful |= finding.failing
    doubtful |= np.isin(before, list(broken)) & (before >= 0)
    doubtful[list(broken)] = False
    places = np.flatnonzero(doubtful)
    places = places[np.argsort(rows.table.dates[places], kind="stable")]
    fields = change_fields(rows)
    values, was, changes = (
        np.column_stack([rows.facts[field][which] for field in names])
        for names, which in ((fields, places), (fields, before[places]), (fields.values(), places))
    )
    days: list[date] = rows.table.dates[places].astype("datetime64[D]").astype(object).tolist()
    named = (
        [dict(zip(fields, row, strict=True)) for row in table.tolist()]
        for table in (was, values, changes)
    )
    rest = zip(
        places.tolist(),
        rows.table.codes[places],
        days,
        before[places].tolist(),
        *named,
        strict=True,
    )
    return [_Suspect(*each) for each in rest]


def _rows_before(table: ReportTable) -> npt.NDArray[np.int64]:
    """For every row the row of the same market one report earlier in the same file, at most 8 days back; else −1."""
    number = {code: place for place, code in enumerate(set(table.codes))}
    codes = np.array([number[code] for code in table.codes], dtype=np.int64)
    order = np.lexsort((table.dates, codes))
    before = np.full(len(table), -1, dtype=np.int64)
    gap = np.diff(table.dates[order]).astype(np.int64)
    near = (np.diff(codes[order]) == 0) & (gap <= LONGEST_WEEK)
    before[order[1:][near]] = order[:-1][near]
    return before


def change_fields(rows: _Rows) -> dict[str, str]:
    """Position → the field of its published change."""
    return {field: _change_of(field) for field in ("open_interest", *rows.positions())}


def _change_findings(rows: _Rows, before: npt.NDArray[np.int64]) -> Iterator[_Finding]:
    known = before >= 0
    for field, change in change_fields(rows).items():
        values = rows.facts[field]
        expected = np.where(known, values - values[before], np.nan)
        yield rows.finding("change", change, rows.facts[change], expected, rows.tolerance(0, 1))


def _against(
    suspect: _Suspect, previous: Mapping[str, float | None], allowed: int
) -> list[Failure]:
    failures = []
    for field, printed in suspect.changes.items():
        value, was = suspect.values[field], previous.get(field)
        if was is None or printed != printed or abs(printed - (value - was)) <= allowed:
            continue
        details = {
            "identity": _change_of(field),
            "left": _plain(printed),
            "right": _plain(value - was),
            "allowed": allowed,
        }
        failures.append(Failure(suspect.row, "change", details))
    return failures


def _change_of(field: str) -> str:
    """The field of a position's published change."""
    return "oi_change" if field == "open_interest" else f"{field}_change"
