"""A limited number of places that come free again by themselves, counted where all processes see them.

A place is taken before something is tried and given back when it was no failure, so that tries at the same moment
stay inside the limit and right ones are not counted. Each place is a key of its own, which no two can have.
"""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass

from django.core.cache import cache


class NoneFree(Exception):
    """All places are taken; `wait` is how many seconds until the next is free."""

    def __init__(self, wait: int) -> None:
        super().__init__(wait)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Room:
    """So many places, each taken for so long; `name` says for what and whom."""

    name: str
    amount: int
    seconds: int

    def keys(self) -> list[str]:
        """One key a place; names of people are not readable in the cache."""
        digest = hashlib.sha256(self.name.encode()).hexdigest()
        return [f"place-{digest}-{number}" for number in range(self.amount)]

    def taken(self) -> int:
        """How many places are taken."""
        ends: dict[str, float] = cache.get_many(self.keys())
        return len(ends)

    def wait(self) -> int:
        """Seconds until a place is free; zero when one is."""
        ends = cache.get_many(self.keys())
        if len(ends) < self.amount:
            return 0
        first: float = min(ends.values())
        return max(1, math.ceil(first - time.time()))

    def take(self) -> str:
        """Takes a place and returns its key. Raises NoneFree."""
        keys = self.keys()
        taken = cache.get_many(keys)
        for key in keys:
            if key not in taken and cache.add(key, time.time() + self.seconds, self.seconds):
                return key
        raise NoneFree(self.wait() or 1)

    def clear(self) -> None:
        """Gives all places back."""
        cache.delete_many(self.keys())


def take_all(*rooms: Room) -> list[str]:
    """A place in each of these rooms, or in none. Raises NoneFree."""
    keys: list[str] = []
    try:
        for room in rooms:
            keys += [room.take()]
    except NoneFree:
        give_back(keys)
        raise
    return keys


def give_back(keys: list[str]) -> None:
    """What was taken is free again."""
    cache.delete_many(keys)
