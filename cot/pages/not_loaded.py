"""The band over a page whose scores look across weeks that were never loaded, with the command that loads them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from core.modules import Band
from core.pages.blocks import day_span
from core.series.windows import longest_span
from core.templatetags.numbers import dated, short_day
from core.words import Words
from cot.measures.indicators import YEAR
from cot.measures.timeline import Hole
from cot.models import Market
from cot.selectors import holes
from cot.variants import Variant
from cot.words import SHORT_REPORTS

WEEK: Final = timedelta(days=7)
NO_SCORES: Final = gettext_noop("Scores over 52 reports look across them and are missing.")
NAMES: Final[dict[str, Words]] = {
    "fo": gettext_lazy("%(report)s report"),
    "co": gettext_lazy("%(report)s report with options"),
}


def of_board(variants: Iterable[Variant], as_of: datetime | None = None) -> list[Band]:
    """One for every hole that the newest reports of these variants look across."""
    return [_band(each, hole) for each in variants for hole in holes.in_reach(each, as_of)]


def of_scores(variants: Iterable[Variant]) -> list[Band]:
    """For strangers, who load nothing: only the holes for which scores are missing, and no command."""
    return [
        replace(_band(each, hole), text=_(NO_SCORES))
        for each in variants
        for hole in holes.in_reach(each)
        if _ends_scores(hole)
    ]


def of_market(variant: Variant, market: Market, as_of: datetime | None = None) -> list[Band]:
    """Only holes in the time in which the market was reported."""
    return [
        _band(variant, hole)
        for hole in holes.in_reach(variant, as_of)
        if market.first_date <= hole.before and hole.after <= market.last_date
    ]


def _band(variant: Variant, hole: Hole) -> Band:
    first, last = hole.before + WEEK, hole.after - WEEK
    head = ngettext(
        "%(report)s: %(n)s week not loaded (%(span)s).",
        "%(report)s: %(n)s weeks not loaded (%(span)s).",
        hole.weeks,
    )
    words: dict[str, object] = {
        "report": NAMES[variant.subtype] % {"report": SHORT_REPORTS[variant.type]}
    }
    words |= {"n": hole.weeks, "span": _span(first, last)}
    years = f"{first.year}-{last.year}" if first.year < last.year else first.year
    command = (
        f"manage.py update_cot --type {variant.type} --subtype {variant.subtype} --years {years}"
    )
    text = _("This loads them: %(command)s") % {"command": command}
    if _ends_scores(hole):
        text = " ".join([_(NO_SCORES), text])
    name = _("Weeks not loaded")
    return Band("stale", f"{name}: {words['report']}", head % words, text)


def _ends_scores(hole: Hole) -> bool:
    return (YEAR - 1 + hole.weeks) * 7 > longest_span(YEAR)


def _span(first: date, last: date) -> str:
    """6 May – 30 Dec 2025: the year once where it is the same."""
    if first == last:
        return short_day(last)
    if first.year == last.year:
        begun = dated(first, _("j M"))
        return f"{begun} – {short_day(last)}"
    return day_span(first, last)
