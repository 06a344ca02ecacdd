"""What the blocks of a market's page are made from, and how they put it into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.pages.blocks import Block, NumbersTable, Series, Wording, day_span, numbers_table
from core.series.cells import Number
from core.templatetags.numbers import short_day, written
from core.templatetags.numbers import side as sign_class
from core.words import Words
from cot import words
from cot.measures.indicators import Thresholds
from cot.selectors.dashboard import Dashboard, SectorContext
from cot.selectors.history import History
from cot.standing_words import percentile_of
from cot.variants import Group


@dataclass(frozen=True)
class Given:
    """What the blocks are made from: all of one market. `others`: whether the large figure shows every group."""

    history: History
    board: Dashboard
    sector: SectorContext
    crop: tuple[Mapping[str, Number], Mapping[str, Number]] | None
    thresholds: Thresholds
    others: bool = False

    def newest(self, most: int) -> Given:
        """The same over at most so many weeks; scores and totals stay what they are."""
        board = self.board
        if len(board.dates) <= most:
            return self
        first = board.dates[-most]
        cut = replace(
            board,
            dates=board.dates[-most:],
            columns={name: values[-most:] for name, values in board.columns.items()},
            flips=tuple(flip for flip in board.flips if flip.date >= first),
        )
        return replace(self, board=cut)

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
        return self.columns[
            f"{what}{self.group.key}" if what.endswith("_") else f"{self.group.key}_{what}"
        ]

    def series(self, label: Words, name: str, digits: int = 0, *, signed: bool = False) -> Series:
        return Series(label, self.columns[name], digits, signed, name)

    @property
    def observations(self) -> str:
        """The lookback in words."""
        return observations(self.board.lookback)


def numbers(given: Given, block: Block, most: int | None = None) -> NumbersTable:
    """The numbers of a block as a table of text: weeks newest first, other rows in their order; a dash says why."""
    wording = Wording(
        row=lambda row: _row_name(given, row),
        reason=lambda name, row: str(words.reason(reason(given, name, row))),
        tone=lambda tone, value: (
            sign_class(value)
            if tone == "sign"
            else "crowd"
            if given.thresholds.is_crowded(value)
            else ""
        ),
    )
    span = day_span(given.board.dates[0], given.board.dates[-1])
    return numbers_table(block, wording, head=_("Report"), span=span, most=most)


def _row_name(given: Given, row: Any) -> str:
    if not isinstance(row, date):
        return str(row)
    is_seam = any(seam.date == row for seam in given.history.line.seams)
    return f"{short_day(row)} · {_('new contract size')}" if is_seam else short_day(row)


def why(given: Given, name: str) -> Words:
    """Why the newest value of a column of the dashboard is missing, in words."""
    return words.reason(reason(given, name, given.board.dates[-1]))


def reason(given: Given, name: str, row: Any) -> str | None:
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


def reports(n: int, size: int | None, first: date | None, last: date | None) -> str:
    """Over how many reports a score is made, of how many it should, from which to which: `52 reports, … – …`."""
    told = (
        _("%(have)s of %(size)s reports") % {"have": n, "size": size}
        if size and n < size
        else ngettext("%(n)s report", "%(n)s reports", n) % {"n": n}
    )
    return f"{told}, {day_span(first, last)}" if first and last else told


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
    """86th percentile of 52 reports; or how many observations there are of those needed."""
    key, size = given.board.key, given.board.lookback
    if key.rank is None and key.reason != "window":
        return _("no percentile: %(why)s") % {"why": words.reason(key.reason)}
    if key.rank is None:
        told = {"n": key.n, "size": size or 52}
        return _("no percentile: %(n)s of %(size)s observations") % told
    return percentile_of(key.rank, key.n)
