"""Which markets a person means by a few words: behind the search in every page's header."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Final

from django.db.models import Max

from core.caching import cached
from cot import lifetimes
from cot.catalogue.aliases import Elsewhere
from cot.catalogue.folding import fold
from cot.catalogue.sought import Nearness, sought
from cot.models import BoardRow, Category, Market
from cot.selectors.board import REMEMBERED

LIMIT: Final = 24
MOST_WORDS: Final = 4  # of those whose spelling is looked at
ALIKE: Final = 0.8  # bitcon is bitcoin to 0.92


@dataclass(frozen=True, slots=True)
class Hit:
    """One market that answers the words. `last` is its newest report when the board no longer remembers it."""

    code: str
    name: str
    exchange_code: str
    category: str
    last: date | None = None
    nearness: Nearness = Nearness.NOT_AT_ALL

    @property
    def category_display(self) -> str:
        return str(Category(self.category).label)


def matching(words: str, limit: int | None = LIMIT) -> list[Hit]:
    """Markets whose code, ticker, name (old ones too) or exchange holds every word; the likeliest first.

    The very code or ticker comes first, then whole names, then whole words before pieces of them; among equals markets
    that are still reported, and of these the largest.
    """
    if not words.strip():
        return []
    asked = sought(words)
    every = [replace(hit, nearness=asked.nearness(hit.code, text)) for hit, text in _markets()]
    found = [hit for hit in every if hit.nearness < Nearness.NOT_AT_ALL]
    return sorted(found, key=attrgetter("nearness"))[:limit]


def alike(words: str, limit: int = 6) -> list[Hit]:
    """Markets by the words spelled most like these: of words that no market holds."""
    known = sorted({word for _, text in _markets() for word in text.split()})
    spelled = [
        next(iter(get_close_matches(word, known, n=1, cutoff=ALIKE)), word)
        for word in fold(words).split()[:MOST_WORDS]
    ]
    return matching(" ".join(spelled), limit)


def near(missing: Elsewhere) -> list[Hit]:
    """The stored markets nearest to something the CFTC does not report."""
    hits = {hit.code: hit for hit, _ in _markets()}
    return [hits[code] for code in missing.near if code in hits]


def _markets() -> Iterator[tuple[Hit, str]]:
    """Every market and its searchable text: those still reported first, the largest first. Kept per data version."""
    rows = cached(("cot-search",), depends_on=("cot",), seconds=lifetimes.STEADY, compute=_listed)
    for code, name, exchange, category, last, text in rows:
        yield Hit(code, name, exchange, category, date.fromisoformat(last) if last else None), text


def _listed() -> list[tuple[str, str, str, str, str | None, str]]:
    """Code, name, exchange, category, the last report of a market the board no longer remembers, searchable text."""
    primary = BoardRow.objects.filter(is_primary=True)
    newest = dict(primary.values_list("report_type").annotate(Max("report_date")))
    interest = dict(  # the last one stays: the newest week, futures only before combined
        primary.order_by("report_date", "subtype").values_list("market", "values__open_interest")
    )
    found = []
    for market in Market.objects.order_by("code"):
        day = market.last_date
        gone = newest.get(market.primary_report, day) - day > REMEMBERED
        last = day.isoformat() if gone else None
        row = (
            market.code,
            market.name,
            market.exchange_code,
            market.category,
            last,
            market.search_text,
        )
        found.append((gone, -(interest.get(market.code) or 0), row))
    return [row for *_, row in sorted(found, key=itemgetter(0, 1))]


def by_category(hits: Iterable[Hit]) -> list[tuple[str, list[Hit]]]:
    """The hits under their categories; the category of the likeliest hit comes first."""
    hits = list(hits)
    first: dict[str, int] = {}
    for place, hit in enumerate(hits):
        first.setdefault(hit.category, place)
    ordered = sorted(hits, key=lambda hit: first[hit.category])
    return [
        (name, list(members))
        for name, members in groupby(ordered, key=lambda hit: hit.category_display)
    ]
