"""The definitions of windows and scores spelled out one observation at a time: slow, obvious, and without numpy."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from statistics import mean, stdev

Value = float | None


def window(values: list[Value], at: int, size: int | None) -> list[float]:
    """The last `size` non-null values up to and including `at`; nothing when the value itself is null."""
    if values[at] is None:
        return []
    seen = [value for value in values[: at + 1] if value is not None]
    return seen[-size:] if size else seen


def is_full(seen: list[float], size: int | None) -> bool:
    return len(seen) >= (size or 52) and max(seen) > min(seen)


def is_sparse(values: list[Value], at: int, size: int) -> bool:
    """Whether the window of a weekly series reaches further back than size weeks and a tenth more, two at least."""
    places = [place for place, value in enumerate(values[: at + 1]) if value is not None][-size:]
    return len(places) == size and places[-1] - places[0] > size + max(2, -(-size // 10))


def display_index(seen: list[float]) -> Value:
    if len(seen) < 2:
        return None
    return 100 * (seen[-1] - min(seen)) / (max(seen) - min(seen)) if max(seen) > min(seen) else 50.0


def index(seen: list[float], size: int | None) -> Value:
    return 100 * (seen[-1] - min(seen)) / (max(seen) - min(seen)) if is_full(seen, size) else None


def rank(seen: list[float], size: int | None) -> Value:
    if not is_full(seen, size):
        return None
    below = sum(value < seen[-1] for value in seen)
    same = sum(value == seen[-1] for value in seen)
    return 100 * (below + same / 2) / len(seen)


def z(seen: list[float], size: int | None) -> Value:
    return (seen[-1] - mean(seen)) / stdev(seen) if is_full(seen, size) else None


def shown(value: Value, digits: int) -> Value:
    if value is None:
        return None
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def weeks_in_state(ranks: list[Value]) -> list[int | None]:
    """Ranks of the non-null observations → length of the episode each is in."""
    found: list[int | None] = []
    for at, value in enumerate(ranks):
        if value is None:
            found.append(None)
            continue
        length = 0
        while at - length >= 0 and _extreme(ranks[at - length]) == _extreme(value) != 0:
            length += 1
        found.append(length)
    return found


def _extreme(value: Value) -> int:
    rounded = shown(value, 1)
    return 0 if rounded is None else (rounded >= 95) - (rounded <= 5)
