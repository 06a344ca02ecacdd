"""How it is said where the speculators of a market stand: states with their side, percentiles, how long."""

from __future__ import annotations

from functools import cache
from typing import Final

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from core.series.cells import as_shown
from core.words import Words

# Where the speculators of a market stand, most severe first: without a side where a filter asks for it, …
STATES: Final[dict[str, Words]] = {
    "flip": gettext_lazy("Flipped"),
    "overcrowded": gettext_lazy("Strongly crowded"),
    "reversal_watch": gettext_lazy("Unwinding"),
    "extreme": gettext_lazy("Crowded"),
    "least": gettext_lazy("Unusually light"),
    "pre_flip": gettext_lazy("Close to flipping"),
    "neutral": gettext_lazy("Neutral"),
}
SIDES: Final[dict[str, Words]] = {"long": gettext_lazy("Long"), "short": gettext_lazy("Short")}
# … and with the side they are on. The filled badge tells the second "Crowded" from the first.
STANDINGS: Final[dict[tuple[str, str], Words]] = {
    ("flip", "long"): gettext_lazy("Flipped long"),
    ("flip", "short"): gettext_lazy("Flipped short"),
    ("overcrowded", "long"): gettext_lazy("Crowded long"),
    ("overcrowded", "short"): gettext_lazy("Crowded short"),
    ("reversal_watch", "long"): gettext_lazy("Long, unwinding"),
    ("reversal_watch", "short"): gettext_lazy("Short, covering"),
    ("extreme", "long"): gettext_lazy("Crowded long"),
    ("extreme", "short"): gettext_lazy("Crowded short"),
    ("least", "long"): gettext_lazy("Least long"),
    ("least", "short"): gettext_lazy("Least short"),
}

# English ordinals by their last digit; the teens are "th".
_ORDINALS: Final[dict[int, Words]] = {
    1: gettext_lazy("%(n)sst"),
    2: gettext_lazy("%(n)snd"),
    3: gettext_lazy("%(n)srd"),
}
_OTHERS: Final = gettext_lazy("%(n)sth")


def ordinal(rank: float) -> str:
    """A rank as a whole ordinal: 49th."""
    place = as_shown(rank, 0)
    assert isinstance(place, int), "a rank is a number"
    return _ordinal(place, get_language())


@cache
def _ordinal(place: int, language: str | None) -> str:
    last = 0 if place // 10 == 1 else place % 10
    return str(_ORDINALS.get(last, _OTHERS)) % {"n": place}


def percentile(rank: float) -> str:
    """A rank as a whole percentile: 49th percentile."""
    return _("%(ordinal)s percentile") % {"ordinal": ordinal(rank)}


def percentile_of(rank: float, count: int | None) -> str:
    """49th percentile of 52 reports; without a count, of all of them."""
    if count is None:
        return _("%(percentile)s of all reports") % {"percentile": percentile(rank)}
    return _("%(percentile)s of %(n)s reports") % {"percentile": percentile(rank), "n": count}


def standing(state: str, side: str | None) -> Words:
    """Where the speculators stand, with their side."""
    return STANDINGS.get((state, side or ""), STATES[state])


def at_extreme_for(weeks: int) -> str:
    """Since when a market stands at its extreme."""
    if weeks == 1:
        return _("new at the extreme")
    return ngettext(
        "%(n)s report at the extreme", "%(n)s reports in a row at the extreme", weeks
    ) % {"n": weeks}
