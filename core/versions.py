"""The numbers behind every cache key: raised by whoever changes data, read by whoever caches.

A version lives in the database, so new data shows at once in every process, with or without Redis.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from django.db.models import F

from core.models import DataVersion

_HELD: Final[ContextVar[dict[str, int] | None]] = ContextVar("held_versions", default=None)


def current(*names: str) -> dict[str, int]:
    """The current number of each name in one query; 0 for data that was never written."""
    held = _HELD.get()
    if held is None:
        return _read(names)
    held |= _read([name for name in names if name not in held])
    return {name: held[name] for name in names}


def _read(names: Collection[str]) -> dict[str, int]:
    found = (
        dict(DataVersion.objects.filter(name__in=names).values_list("name", "number"))
        if names
        else {}
    )
    return {name: found.get(name, 0) for name in names}


@contextmanager
def held(known: Mapping[str, int] | None = None) -> Iterator[None]:
    """While this lasts a number is asked for once and stands: all parts of one answer show the same data.

    `known` are numbers that were read before; within another `held` its numbers stand too.
    """
    token = _HELD.set({**(_HELD.get() or {}), **(known or {})})
    try:
        yield
    finally:
        _HELD.reset(token)


def bump(name: str) -> None:
    """Raise the number of `name` by one. Call it inside the writer's transaction: both show, or neither."""
    DataVersion.objects.get_or_create(name=name)
    DataVersion.objects.filter(name=name).update(number=F("number") + 1)
