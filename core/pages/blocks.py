"""A block of a page: a figure, one sentence that says it, and the numbers behind it as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from core.pages.drawing import Drawing, drawn
from core.pages.figures import Figure
from core.templatetags.numbers import DASH, short_day, written
from core.words import Words

Tone = Literal["", "sign", "score"]


@dataclass(frozen=True, slots=True)
class Series:
    """A column of numbers below a figure, oldest first; `name` is what the reason of a null is asked by."""

    label: Words
    values: Sequence[Any]
    digits: int = 0
    signed: bool = False
    name: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One panel. `rows` names the first column of the table, `series` the others; `why` says why there is no figure."""

    key: str
    title: Words
    note: Words
    guide: str
    summary: str
    rows: Sequence[Any] = ()
    series: Sequence[Series] = ()
    figure: Figure | None = None
    size: str = ""
    why: Words = ""
    head: Words = ""
    facts: Sequence[tuple[Words, str]] = ()

    @property
    def drawing(self) -> Drawing | None:
        """The figure as the page shows it before anybody wants more of it."""
        return None if self.figure is None else drawn(self.figure)


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A value as text with the class of its tone; of a missing one, a dash and why."""

    text: str
    tone: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class NumbersTable:
    """The numbers of a block as text: heads, rows with their name first, and from when to when."""

    head: Sequence[Words]
    rows: Sequence[tuple[str, Sequence[NumberCell]]]
    span: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a page knows that a table does not: how a row is called, why a null is one, and the class of a tone."""

    row: Callable[[Any], str]
    reason: Callable[[str, Any], str]
    tone: Callable[[Tone, float], str]


def numbers_table(
    block: Block, wording: Wording, *, head: Words, span: str = "", most: int | None = None
) -> NumbersTable:
    """Days newest first, other rows in their order; at most so many rows. `head` names the first column of days."""
    places: Iterable[int] = range(len(block.rows))
    if block.rows and isinstance(block.rows[0], date):
        # Days come oldest first for the figure; a reader of numbers looks for the newest.
        places = range(len(block.rows) - 1, -1, -1)
    return NumbersTable(
        head=[block.head or head, *(series.label for series in block.series)],
        rows=[
            (
                wording.row(block.rows[place]),
                [_cell(series, block.rows[place], place, wording) for series in block.series],
            )
            for place in list(places)[:most]
        ],
        span=span,
    )


def _cell(series: Series, row: Any, place: int, wording: Wording) -> NumberCell:
    value = series.values[place]
    if value is None:
        return NumberCell(DASH, why=wording.reason(series.name, row))
    if not isinstance(value, int | float):
        return NumberCell(str(value))
    tone = wording.tone(series.tone, value) if series.tone else ""
    return NumberCell(written(value, series.digits, sign=series.signed), tone)


def day_span(first: date, last: date) -> str:
    """From when to when, for a table's caption."""
    return f"{short_day(first)} – {short_day(last)}"
