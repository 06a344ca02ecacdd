"""The weeks of one market as columns, every number rounded once: behind table, detail endpoint and exports."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal

import numpy as np

from core.query import NO, YES, Day, Flag, OneOf, Query, Whole, declared, in_order
from core.series.cells import REASONS, Labels, Numbers, numbers
from cot import columns
from cot.measures.indicators import Computed, Thresholds
from cot.parameters import AS_OF
from cot.publication.calendar import DERIVED
from cot.selectors.history import History
from cot.variants import Variant

Fields = Literal["facts", "basic", "full"]
FIELDS: Final[tuple[Fields, ...]] = ("facts", "basic", "full")

Strict = Literal["false", "true", "documented"]

Value = int | float | str | bool | None


class _Strictness(OneOf):
    """A flag with a second degree."""

    def read(self, name: str, texts: Sequence[str]) -> str:
        word = texts[-1].lower()
        return super().read(name, ["true" if word in YES else "false" if word in NO else word])


@dataclass(frozen=True)
class WeeksQuery(Query):
    """Which weeks of a market are asked for, and which columns of them."""

    weeks: int = declared(Whole(most=3000, description="So many newest weeks, 0 for all."))
    date_from: date | None = declared(Day(description="First report date."))
    date_to: date | None = declared(Day(description="Last report date."))
    fields: Fields = declared(
        OneOf(
            FIELDS,
            default="basic",
            description="basic; full adds strict values, traders, concentration, crop years; or facts.",
        )
    )
    prices: bool = declared(Flag(description="Prices beside the weeks, null without any."))
    strict: Strict = declared(
        _Strictness(
            ("false", "true", "documented"),
            default="false",
            description="true: no weeks of uncertain release; documented: nor of one by the rule alone.",
        )
    )
    as_of: datetime | None = declared(AS_OF)

    def __post_init__(self) -> None:
        in_order(self.date_from, self.date_to, ("date_from", "date_to"))

    def with_crops(self, variant: Variant) -> bool:
        """Whether old and other crop years are asked for, and the report prints them."""
        return self.fields == "full" and variant.report.has_crop_years

    def mask(self, shown: History) -> list[bool]:
        """Per week, oldest first, whether it is in the answer; so many `weeks` are taken of the newest."""
        kept = [
            (self.date_from is None or stamp.report_date >= self.date_from)
            and (self.date_to is None or stamp.report_date <= self.date_to)
            and not (self.strict != "false" and stamp.uncertain)
            and not (self.strict == "documented" and stamp.release_source == DERIVED)
            for stamp in shown.stamps
        ]
        surplus = sum(kept) - self.weeks if self.weeks else 0
        for place, keep in enumerate(kept):
            if surplus <= 0:
                break
            if keep:
                kept[place] = False
                surplus -= 1
        return kept


@dataclass(frozen=True, slots=True)
class Weeks:
    """Columns over the same weeks, oldest first, in the order of the API."""

    history: History
    cells: Mapping[str, Computed]

    def columns(self) -> dict[str, list[Value]]:
        """Plain numbers, words and truths, None where undefined."""
        return {name: list(cell.tolist()) for name, cell in self.cells.items()}

    def reasons(self, chosen: Sequence[bool]) -> dict[str, list[dict[str, str]]]:
        """Why a column is null: spans of chosen weeks, oldest first, for each reason."""
        mask = np.asarray(chosen, bool)
        days = [
            stamp.report_date
            for stamp, kept in zip(self.history.stamps, chosen, strict=True)
            if kept
        ]
        spans = {
            name: list(_spans(cell.codes[mask], days))
            for name, cell in self.cells.items()
            if isinstance(cell, Numbers | Labels)
        }
        return {name: found for name, found in spans.items() if found}


def _spans(
    codes: np.ndarray[Any, np.dtype[np.int8]], days: Sequence[date]
) -> Iterator[dict[str, str]]:
    if not codes.any():
        return
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    ends = np.append(starts[1:], len(codes))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if reason := REASONS[codes[start]]:
            yield {"reason": reason, "first": str(days[start]), "last": str(days[end - 1])}


def weeks(history: History, thresholds: Thresholds, fields: Fields = "basic") -> Weeks:
    """Every week of a market: the facts as printed, or with the indicators."""
    if fields == "facts":
        return Weeks(history, {name: _fact(history, name) for name in history.variant.fields})
    return Weeks(history, columns.weekly(history.line, thresholds, full=fields == "full"))


def _fact(history: History, name: str) -> Numbers:
    """A number as the CFTC prints it."""
    of = columns.of_fact(name)
    return numbers(history.facts[name], of.digits or 0, otherwise=of.fact)
