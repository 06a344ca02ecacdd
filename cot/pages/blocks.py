"""What a block of a market's page is: a figure, one sentence that says it, and the numbers behind it (cot §13.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.templatetags.numbers import number as shown
from core.templatetags.numbers import short_day, written
from core.templatetags.numbers import side as sign_class
from cot import words
from cot.measures.cells import Number
from cot.measures.indicators import Thresholds
from cot.pages.charts import Figure
from cot.selectors.dashboard import Dashboard, SectorContext
from cot.selectors.history import History
from cot.variants import Group
from cot.words import Words

Tone = Literal["", "sign", "crowding"]

WIDE, HALF, THIRD = "span-8", "span-6", "span-4"


@dataclass(frozen=True, slots=True)
class Series:
    """A column of numbers below a figure, oldest first."""

    label: Words
    values: Sequence[Any]
    digits: int = 0
    signed: bool = False
    name: str = ""  # of the dashboard's column, for the reason of a null
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
    width: str = HALF
    size: str = ""
    why: Words = ""
    head: Words = ""
    facts: Sequence[tuple[Words, str]] = ()


@dataclass(frozen=True)
class Given:
    """What the blocks are made from: all of one market."""

    history: History
    board: Dashboard
    sector: SectorContext
    crop: tuple[Mapping[str, Number], Mapping[str, Number]] | None
    thresholds: Thresholds

    @property
    def days(self) -> list[str]:
        return [day.isoformat() for day in self.board.dates]

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        return self.board.columns

    @property
    def group(self) -> Group:
        return self.board.group

    def of(self, what: str) -> Sequence[Any]:
        """A column of the chosen group: `of("net")` is `g3_net`, `of("index_")` is `index_g3`."""
        return self.columns[f"{what}{self.group.key}" if what.endswith("_") else f"{self.group.key}_{what}"]

    def series(self, label: Words, name: str, digits: int = 0, *, signed: bool = False) -> Series:
        return Series(label, self.columns[name], digits, signed, name)

    @property
    def observations(self) -> str:
        """The lookback in words."""
        return observations(self.board.lookback)


def numbers(given: Given, block: Block, most: int | None = None) -> dict[str, Any]:
    """The numbers of a block as a table of text: weeks newest first, other rows in their order; a dash says why."""
    places: Iterable[int] = range(len(block.rows))
    if block.rows and isinstance(block.rows[0], date):
        places = reversed(places)  # type: ignore[call-overload]
    chosen = list(places)[:most]
    return {
        "span": day_span(given.board.dates[0], given.board.dates[-1]),
        "head": [block.head or _("Report"), *(series.label for series in block.series)],
        "rows": [[_first(given, block.rows[n]), *(_cell(given, block, s, n) for s in block.series)] for n in chosen],
    }


def day_span(first: date, last: date) -> str:
    """From when to when, for a table's caption (cot §13.7)."""
    return f"{short_day(first)} – {short_day(last)}"


def _first(given: Given, row: Any) -> str:
    if not isinstance(row, date):
        return str(row)
    is_seam = any(seam.date == row for seam in given.history.line.seams)
    return f"{short_day(row)} · {_('new contract size')}" if is_seam else short_day(row)


def _cell(given: Given, block: Block, series: Series, place: int) -> str:
    value = series.values[place]
    if value is None:
        return shown(None, why=str(words.reason(_reason(given, series.name, block.rows[place]))))
    if not isinstance(value, int | float):
        return str(value)
    text = written(value, series.digits, sign=series.signed)
    css = _TONES[series.tone](given, value)
    return format_html('<span class="{}">{}</span>', css, text) if css else text


_TONES: Final[dict[Tone, Callable[[Given, float], str]]] = {
    "": lambda _given, _value: "",
    "sign": lambda _given, value: sign_class(value),
    "crowding": lambda given, value: given.thresholds.end(value),
}


def why(given: Given, name: str) -> Words:
    """Why the newest value of a column of the dashboard is missing, in words."""
    return words.reason(_reason(given, name, given.board.dates[-1]))


def _reason(given: Given, name: str, row: Any) -> str | None:
    """Why the value of that week is missing: the span of the dashboard that holds the week."""
    for span in given.board.reasons.get(name, ()) if isinstance(row, date) else ():
        if span["first"] <= row.isoformat() <= span["last"]:
            return span["reason"]
    return "window" if not isinstance(row, date) else "null_input"


# --- words ---


def observations(size: int | None) -> str:
    """A window in words; None is all there is."""
    if size is None:
        return _("the whole history")
    return ngettext("%(n)s observation", "%(n)s observations", size) % {"n": size}


def number(value: Number, digits: int = 0, *, sign: bool = False) -> str:
    return written(value, digits, sign=sign)


def side(net: Number) -> str:
    """Net long, net short or flat, with the size."""
    if net is None:
        return _("net unknown")
    if net == 0:
        return _("net flat")
    text = _("net long %(n)s") if net > 0 else _("net short %(n)s")
    return text % {"n": number(abs(net))}


def moved(change: Number) -> str:
    if change is None:
        return _("change unknown")
    if change == 0:
        return _("unchanged")
    return (_("up %(n)s") if change > 0 else _("down %(n)s")) % {"n": number(abs(change))}


def scored(given: Given) -> str:
    """Rank 37.5 of 52; or how many observations there are of those needed."""
    key, size = given.board.key, given.board.lookback
    if key.rank is None:
        return _("no rank: %(n)s of %(size)s observations") % {"n": key.n, "size": size or 52}
    return _("rank %(rank)s of %(n)s") % {"rank": number(key.rank, 1), "n": key.n}
