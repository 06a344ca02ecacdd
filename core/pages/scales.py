"""From values to places: the range of an axis, where its ticks stand and how they are written."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import get_language

from core.templatetags.numbers import MINUS, dated, decimal_mark

STEPS: Final = (1, 2, 5, 10)
MONTHS: Final = (1, 3, 6, 12, 24, 60, 120, 240)
LETTERS: Final = ((1e9, "B"), (1e6, "M"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Scale:
    """A line from `low` at `start` to `high` at `end`. Places may run against the values, as down a page."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Where a value stands. A range of one value has it in the middle."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def cut(self, value: float) -> float:
        """Where a value stands, those outside at the nearer edge."""
        return self.place(min(max(value, self.low), self.high))


def spread(
    values: Sequence[float], *, zero: bool = False, air: float = 0.05
) -> tuple[float, float]:
    """The range that holds all values with a little air at both ends; with `zero`, zero is an end or inside it."""
    known = [*values, 0.0] if zero or not values else [*values]
    low, high = min(known), max(known)
    room = (high - low) * air or abs(high) * air or 1.0
    is_zero_low, is_zero_high = zero and low == 0, zero and high == 0 and low < 0
    return (low if is_zero_low else low - room, high if is_zero_high else high + room)


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten inside the range, not more than `most`."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(power * step for step in STEPS if (high - low) / (power * step) <= most)
    first = math.ceil(low / step)
    # rounded, because 3 × 0.1 is not 0.3
    digits = max(0, -math.floor(math.log10(step)))
    return [round(n * step, digits) for n in range(first, math.floor(high / step) + 1)]


def day_ticks(first: date, last: date, most: int) -> list[tuple[date, str]]:
    """First days of months, quarters, half-years or years in the span, not more than `most`, each with its name.

    January bears the year alone where the ticks are quarters or longer apart.
    """
    span = (last.year - first.year) * 12 + last.month - first.month
    step = next((step for step in MONTHS if span / step <= most), MONTHS[-1])
    found = [day for day in _months(first, last) if _month_number(day) % step == 0]
    return [
        (day, dated(day, "Y" if step >= 12 or (step >= 3 and day.month == 1) else "M Y"))
        for day in found
    ]


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _months(first: date, last: date) -> Iterator[date]:
    for number in range(_month_number(first), _month_number(last) + 1):
        day = date(number // 12, number % 12 + 1, 1)
        if day >= first:
            yield day


def shortened(value: float) -> str:
    """At most three significant digits with k, M or B: 12.5k, −1.2M, 40."""
    size = abs(value)
    # 999 960 is 1M, not 1000k: rounded before its letter is chosen
    size = float(f"{size:.3g}")
    unit, letter = next(((unit, letter) for unit, letter in LETTERS if size >= unit), (1.0, ""))
    text = f"{float(f'{size / unit:.3g}'):g}".replace(".", decimal_mark(get_language()))
    return (MINUS if value < 0 and size else "") + text + letter


def kept_apart(places: Sequence[float], apart: float, end: float) -> list[float]:
    """Places in rising order, moved so that each is `apart` from the next and none is behind `end`."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + apart) if found else place)
    limit = end
    for number in range(len(found) - 1, -1, -1):
        found[number] = min(found[number], limit)
        limit = found[number] - apart
    return found
