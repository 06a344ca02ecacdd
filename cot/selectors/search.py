"""Which markets a person means by a few words: behind the search in every page's header."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from django.db.models import BigIntegerField, Max, OuterRef, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from cot.catalogue.codes import typed
from cot.models import BoardRow, Category, Market
from cot.selectors.board import REMEMBERED

LIMIT: Final = 24


@dataclass(frozen=True, slots=True)
class Hit:
    """One market that answers the words. `last` is its newest report when the board no longer remembers it."""

    code: str
    name: str
    exchange_code: str
    category: str
    last: date | None = None

    @property
    def category_display(self) -> str:
        return str(Category(self.category).label)


@dataclass(frozen=True, slots=True)
class _Found:
    """A market that holds the words, with report and open interest of its newest row on the board."""

    hit: Hit
    text: str
    interest: int

    def order(self, asked: list[str]) -> tuple[int, bool, int, str]:
        """How near the words are, then markets still reported, then the largest open interest."""
        return (
            _distance(self.hit.code, self.text, asked),
            self.hit.last is not None,
            -self.interest,
            self.hit.code,
        )


def matching(words: str, limit: int = LIMIT) -> list[Hit]:
    """Markets whose code, name (old ones too), ticker or exchange holds every word; the likeliest first. Two queries.

    The very code or ticker comes first, then whole words before pieces of them; among equals the largest market.
    """
    asked = words.lower().split()
    if not asked:
        return []
    found = sorted(_holding(asked), key=lambda each: each.order(asked))
    return [each.hit for each in found[:limit]]


def _holding(asked: Iterable[str]) -> Iterable[_Found]:
    primary = BoardRow.objects.filter(is_primary=True)
    newest = dict(primary.values_list("report_type").annotate(Max("report_date")))
    own = primary.filter(market=OuterRef("pk")).order_by(
        "-report_date", "-subtype"
    )  # futures only before combined
    interest = own.annotate(interest=Cast(KT("values__open_interest"), BigIntegerField())).values(
        "interest"
    )
    markets = Market.objects.order_by().annotate(interest=Subquery(interest[:1]))
    for word in asked:
        markets = markets.filter(search_text__contains=word)
    for market in markets:
        gone = newest.get(market.primary_report, market.last_date) - market.last_date > REMEMBERED
        last = market.last_date if gone else None
        hit = Hit(market.code, market.name, market.exchange_code, market.category, last)
        yield _Found(hit, market.search_text, market.interest or 0)


def _distance(code: str, text: str, asked: list[str]) -> int:
    """0 the code itself, 1 a ticker or a whole name, 2 whole words or the beginning of a name, 3 anywhere."""
    phrase = " ".join(asked)
    if code in typed(phrase):
        return 0
    parts = text.split(" · ")
    if phrase in parts:
        return 1
    whole = set(asked) <= set(text.split()) or any(part.startswith(phrase) for part in parts)
    return 2 if whole else 3


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
