"""The numbers behind the state of a market, in one line."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.series.cells import Number
from core.templatetags.numbers import written
from cot.measures.indicators import YEAR
from cot.pages.blocks import moved, side
from cot.standing_words import at_extreme_for, percentile_of


def standing_numbers(
    *,
    net: Number,
    change: Number,
    change_pct: Number,
    rank: Number,
    z: Number,
    weeks: Number,
) -> str:
    """Net short 52,205 · up 10,276, 3.1 % of open interest · 7th percentile of 52 reports · z −1.52 · new."""
    told = [side(net)]
    if change_pct is not None:
        share = {"moved": moved(change), "pct": written(abs(change_pct), 1)}
        told.append(_("%(moved)s, %(pct)s %% of open interest") % share)
    if rank is not None:
        told.append(percentile_of(rank, YEAR))
    if z is not None:
        told.append(f"z {written(z, 2, sign=True)}")
    if weeks:
        told.append(at_extreme_for(int(weeks)))
    return " · ".join(told)
