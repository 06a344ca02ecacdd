"""One file as the steps of the pipeline hand it on: its rows, typed, and what of it could not be read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from cot.pipeline import columns
from cot.variants import CONCENTRATION, Variant

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]
Facts = dict[str, float | int | None]

MAX_FAILING: Final = 0.05  # of a file's rows; more than this is a broken file, not broken rows


class Rejection(Exception):
    """The whole file is refused; `reason` is a code, `details` what an operator needs to know.

    `set_aside` are the lines for which it is refused, to be read where those of other files are.
    """

    def __init__(
        self, reason: str, *, set_aside: Sequence[RejectedLine] = (), **details: object
    ) -> None:
        super().__init__(f"{reason} {details}" if details else reason)
        self.reason = reason
        self.details = details
        self.set_aside = set_aside


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line that is set aside: where, why, and what could still be read of its key."""

    line: int
    raw: str
    reasons: tuple[str, ...]
    details: Mapping[str, object] = field(default_factory=dict)
    code: str = ""
    report_date: date | None = None


@dataclass(frozen=True, slots=True)
class Texts:
    """A text column: its distinct values, and for every row which of them it holds."""

    values: tuple[str, ...]
    index: npt.NDArray[np.int64]

    def rows(self) -> Objects:
        return np.array(self.values, dtype=object)[self.index]


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One file, typed: the n-th entry of every array is the same row. Null is NaN, never 0.

    `text` gives the file's text once more, to show a line of it: held as it is, it is as large as all numbers together.
    """

    variant: Variant
    codes: Objects
    dates: npt.NDArray[np.datetime64]
    lines: npt.NDArray[np.int64]
    numbers: Mapping[str, Floats]
    labels: Mapping[str, Texts]
    rejected: tuple[RejectedLine, ...]
    duplicates: int
    text: Callable[[], bytes]
    # columns the file lacks: no number there, and no word that there is none
    silent: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: Mask | slice) -> ReportTable:
        """The same table with only these rows."""
        return replace(
            self,
            codes=self.codes[rows],
            dates=self.dates[rows],
            lines=self.lines[rows],
            numbers={name: values[rows] for name, values in self.numbers.items()},
            labels={
                name: replace(label, index=label.index[rows]) for name, label in self.labels.items()
            },
        )

    def set_aside(self, rows: Mask, reason: str) -> tuple[RejectedLine, ...]:
        """These rows as rejected lines with their raw text."""
        raw = self.raw_lines(self.lines[rows].tolist())
        return tuple(
            RejectedLine(
                line,
                raw[line],
                (reason,),
                {},
                str(code),
                None if np.isnat(day) else day.astype(object),
            )
            for line, code, day in zip(
                self.lines[rows].tolist(), self.codes[rows], self.dates[rows], strict=True
            )
        )

    def raw_lines(self, wanted: Sequence[int]) -> dict[int, str]:
        """Line number → its text, at most 4 KB of each."""
        if not wanted:
            return {}
        lines = self.text().split(b"\n")
        return {line: lines[line - 1].decode("utf-8").rstrip("\r")[:4096] for line in wanted}

    def facts(self) -> dict[str, Floats]:
        """What is stored of these rows, by our field names; concentrations with their one decimal."""
        column = columns.fact_columns(self.variant)
        printed = {field: self.numbers[column[field]] for field in fields_of(self.variant)}
        return {
            field: np.round(each, 1) if field in CONCENTRATION else each
            for field, each in printed.items()
        }

    def matrix(self) -> Floats:
        """The same, one line per row, in the order of `fields_of`."""
        return np.column_stack(list(self.facts().values()))

    @property
    def has_other_crops(self) -> Mask:
        """Rows in which something belongs to the other crop years."""
        if not self.variant.report.has_crop_years:
            return np.zeros(len(self), dtype=bool)
        other: Mask = np.nan_to_num(self.numbers["open_interest_other"]) != 0
        return other

    def crops(self) -> dict[int, dict[str, Facts]]:
        """Old and other crop years of the rows that have both."""
        rows = np.flatnonzero(self.has_other_crops)
        if not len(rows):
            return {}
        old, other = (self._crop(rows, crop) for crop in columns.CROPS)
        return {
            row: {"old": old[place], "other": other[place]}
            for place, row in enumerate(rows.tolist())
        }

    def _crop(self, rows: npt.NDArray[np.int64], crop: str) -> list[Facts]:
        column = columns.fact_columns(self.variant, crop)
        missing = np.full(len(rows), np.nan)
        printed = {
            field: _plain(field, self.numbers[column[field]][rows] if field in column else missing)
            for field in self.variant.crop_fields
        }
        return [
            dict(zip(printed, values, strict=True))
            for values in zip(*printed.values(), strict=True)
        ]

    @property
    def days(self) -> list[date]:
        """The report date of every row."""
        days: list[date] = self.dates.astype("datetime64[D]").astype(object).tolist()
        return days

    @property
    def first_day(self) -> date:
        day: date = self.dates.min().astype("datetime64[D]").astype(object)
        return day

    @property
    def last_day(self) -> date:
        day: date = self.dates.max().astype("datetime64[D]").astype(object)
        return day

    def keys(self) -> set[tuple[str, date]]:
        """What identifies a row within its variant: code and report date."""
        return set(zip(self.codes.tolist(), self.days, strict=True))

    @property
    def tells_subtype(self) -> bool:
        """Whether the file itself says if options are in it; legacy files do not."""
        return columns.SUBTYPE in self.labels


@cache
def fields_of(variant: Variant) -> tuple[str, ...]:
    """The facts this variant prints, in the order of the table."""
    printed = columns.fact_columns(variant)
    return tuple(field for field in variant.fields if field in printed)


def _plain(field: str, values: Floats) -> list[float | int | None]:
    """A column as Python's numbers: as `as_facts` makes them, many at once."""
    known = np.nan_to_num(values)
    numbers = (np.round(known, 1) if field in CONCENTRATION else known.astype(np.int64)).astype(
        object
    )
    numbers[np.isnan(values)] = None
    plain: list[float | int | None] = numbers.tolist()
    return plain


def as_facts(fields: Sequence[str], values: npt.NDArray[np.float64]) -> Facts:
    """One row by field name: whole numbers as integers, concentrations with their decimal, null as None."""
    pairs = zip(fields, values.tolist(), strict=True)
    return {field: None if value != value else _number(field, value) for field, value in pairs}


def _number(field: str, value: float) -> float | int:
    return round(value, 1) if field in CONCENTRATION else int(value)


def keys_of(
    codes: Objects, dates: npt.NDArray[np.datetime64], order: Mapping[str, int]
) -> npt.NDArray[np.int64]:
    """One integer per (code, report date); `order` gives every code its number."""
    numbers = np.array([order[code] for code in codes], dtype=np.int64)
    return numbers * 1_000_000 + dates.astype("datetime64[D]").astype(np.int64)
