"""The map for a narrow screen: a strip of 0 to 100 per category, every market a dot at its index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from core.words import Words
from cot.models import Category
from cot.pages.crowd_map import Point

CLOSE: Final = 3.0  # nearer than this two dots would cover each other
HEIGHTS: Final = (20, 11, 29)  # where dots that are close stand, in pixels of a strip of 40


@dataclass(frozen=True, slots=True)
class Dot:
    """A market: its place across, its height, its radius by the share of its category, and how far from the middle."""

    place: float
    height: int
    radius: float
    strength: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The markets of a category, and the two at its ends."""

    label: Words
    dots: Sequence[Dot]
    lowest: Point
    highest: Point


def strips(points: Iterable[Point]) -> list[Strip]:
    """One per category that has a market, in the order of the categories."""
    by_category: dict[str, list[Point]] = {}
    for point in sorted(points, key=lambda point: (point.index, point.code)):
        by_category.setdefault(point.category, []).append(point)
    return [
        Strip(category.label, list(_dots(found)), found[0], found[-1])
        for category in Category
        if (found := by_category.get(category.value))
    ]


def _dots(points: Sequence[Point]) -> Iterable[Dot]:
    """From left to right; a dot close to the one before it stands at another height."""
    turn, before = 0, -CLOSE
    for point in points:
        turn = turn + 1 if point.index - before < CLOSE else 0
        before = point.index
        yield Dot(
            point.index,
            HEIGHTS[turn % len(HEIGHTS)],
            round(3 + 0.7 * point.share**0.5, 1),
            round(0.25 + 0.65 * abs(point.index - 50) / 50, 2),
        )
