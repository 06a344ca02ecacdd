"""The markets a new person picks from."""

from __future__ import annotations

from core.words import Words
from cot.catalogue.underlyings import majors
from cot.models import Category, Market
from cot.selectors.names import with_ticker


def choices() -> list[tuple[Words, list[tuple[str, str]]]]:
    """The majors that are stored, code and name, under their categories; in both the order of the list of majors."""
    stored = {market.code: market for market in Market.objects.filter(code__in=majors())}
    found: dict[str, list[tuple[str, str]]] = {}
    for market in (stored[code] for code in majors() if code in stored):
        named = (market.code, with_ticker(market.code, market.name))
        found.setdefault(market.category, []).append(named)
    return [(Category(category).label, markets) for category, markets in found.items()]
