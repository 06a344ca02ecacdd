"""Which markets a person means by a few words: behind the search in every page's header (cot §13.2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cot.models import Category, Market

LIMIT: Final = 24
BY_BASIS: Final = frozenset({Category.POWER_GAS, Category.ENVIRONMENTAL})  # many small markets with long names


@dataclass(frozen=True, slots=True)
class Hit:
    """One market that answers the words."""

    code: str
    name: str
    exchange_code: str
    category: str
    active: bool

    @property
    def category_display(self) -> str:
        return str(Category(self.category).label)


def find(words: str, limit: int = LIMIT) -> list[Hit]:
    """Markets whose code, name (old ones too), ticker or exchange holds every word; the likeliest first. One query."""
    asked = words.lower().split()
    if not asked:
        return []
    found = Market.objects.order_by()
    for word in asked:
        found = found.filter(search_text__contains=word)
    columns = ("code", "name", "exchange_code", "category", "last_date", "search_text")
    rows = list(found.values_list(*columns))
    newest = max((row[4] for row in rows), default=None)
    rows.sort(key=lambda row: (_distance(row[0], row[5], asked), row[3] in BY_BASIS, -row[4].toordinal(), row[1]))
    return [
        Hit(code, name, exchange, category, last == newest) for code, name, exchange, category, last, _ in rows[:limit]
    ]


def _distance(code: str, text: str, asked: list[str]) -> int:
    """0 the code itself, 1 a ticker or a whole name, 2 the beginning of one, 3 whole words, 4 anywhere."""
    phrase = " ".join(asked)
    if code.lower() == phrase:
        return 0
    parts = text.split(" · ")
    if phrase in parts:
        return 1
    if any(part.startswith(phrase) for part in parts):
        return 2
    return 3 if set(asked) <= set(text.split()) else 4


def by_category(hits: Iterable[Hit]) -> list[tuple[str, list[Hit]]]:
    """The hits under their categories; the category of the likeliest hit comes first."""
    hits = list(hits)
    first: dict[str, int] = {}
    for place, hit in enumerate(hits):
        first.setdefault(hit.category, place)
    ordered = sorted(hits, key=lambda hit: first[hit.category])
    return [(name, list(members)) for name, members in groupby(ordered, key=lambda hit: hit.category_display)]
