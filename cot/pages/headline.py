"""A market in one sentence: how large a position is, how often it was larger, what moved it in its week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.series.cells import Number
from core.templatetags.numbers import short_day, written
from core.words import Words
from cot import words


@dataclass(frozen=True, slots=True)
class Position:
    """What a group holds on the `day` of a report.

    `n` reports stand behind the rank; `why` says why there is no rank, `flow_why` no flow.
    """

    group: Words
    net: Number
    rank: Number = None
    n: int = 0
    why: str | None = None
    day: date | None = None
    flow: str | None = None
    long_change: Number = None
    short_change: Number = None
    flow_why: str | None = None


def headline(chosen: Position, opposite: Position | None = None) -> str:
    """One sentence on the chosen group, a short one on who stands opposite."""
    first = _("%(held)s; %(moved)s.") % {"held": compared(chosen), "moved": moved(chosen)}
    return f"{first} {held(opposite)}." if opposite else first


def held(position: Position) -> str:
    """Leveraged funds are short 52,205."""
    if position.net is None:
        return _("What %(group)s hold is unknown") % {"group": position.group}
    if position.net == 0:
        return _("%(group)s are flat") % {"group": position.group}
    text = _("%(group)s are long %(n)s") if position.net > 0 else _("%(group)s are short %(n)s")
    return text % {"group": position.group, "n": written(abs(position.net))}


def compared(position: Position) -> str:
    """…, more than in 93 % of the last 52 reports: a long position by its rank, a short one the other way round."""
    if not position.net:
        return held(position)
    if position.rank is None:
        text = _("%(held)s, with no percentile: %(why)s")
        return text % {"held": held(position), "why": words.reason(position.why)}
    share = position.rank if position.net > 0 else 100 - position.rank
    text = (
        ngettext(
            "%(held)s, more than in %(share)s %% of the last %(n)s report",
            "%(held)s, more than in %(share)s %% of the last %(n)s reports",
            position.n,
        )
        if share >= 50
        else ngettext(
            "%(held)s, less than in %(share)s %% of the last %(n)s report",
            "%(held)s, less than in %(share)s %% of the last %(n)s reports",
            position.n,
        )
    )
    return text % {
        "held": held(position),
        "share": written(max(share, 100 - share)),
        "n": position.n,
    }


def moved(position: Position) -> str:
    """They covered 10,276 shorts in the week to 4 Aug 2026: the side that moved more."""
    longs = round(abs(position.long_change or 0))
    shorts = round(abs(position.short_change or 0))
    match position.flow:
        case "new_longs":
            text = ngettext(
                "they added %(n)s long in the week to %(day)s",
                "they added %(n)s longs in the week to %(day)s",
                longs,
            )
        case "long_liquidation":
            text = ngettext(
                "they cut %(n)s long in the week to %(day)s",
                "they cut %(n)s longs in the week to %(day)s",
                longs,
            )
        case "new_shorts":
            text = ngettext(
                "they added %(n)s short in the week to %(day)s",
                "they added %(n)s shorts in the week to %(day)s",
                shorts,
            )
        case "short_covering":
            text = ngettext(
                "they covered %(n)s short in the week to %(day)s",
                "they covered %(n)s shorts in the week to %(day)s",
                shorts,
            )
        case "no_change":
            text = _("neither their longs nor their shorts moved more in the week to %(day)s")
        case _:
            text = _("what they did in the week to %(day)s is unknown: %(why)s")
    return text % {
        "n": written(max(longs, shorts)),
        "day": short_day(position.day),
        "why": words.reason(position.flow_why),
    }
