"""Computed answers, kept as JSON under a key that holds the program and the data versions they came from."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar, cast
from weakref import WeakValueDictionary

from django.core.cache import caches

from core import program, versions

T = TypeVar("T")

# One key is computed by one thread of a process at a time. Keys do not share locks: a computation may use another key.
_LOCKS: Final[WeakValueDictionary[str, threading.Lock]] = WeakValueDictionary()
_LOCKS_LOCK: Final = threading.Lock()


def cached(
    key: Sequence[object], *, depends_on: Sequence[str], seconds: int, compute: Callable[[], T]
) -> T:
    """What `compute` answers, from alias `data` while the versions of `depends_on` stand and `seconds` have not passed.

    The value must be JSON (strings, numbers, lists, dicts, null) and is always answered as it comes back from JSON:
    a tuple becomes a list on the first call already. Never put private data here.
    """
    return cast(
        "T", json.loads(cached_json(key, depends_on=depends_on, seconds=seconds, compute=compute))
    )


def cached_json(
    key: Sequence[object], *, depends_on: Sequence[str], seconds: int, compute: Callable[[], object]
) -> str:
    """The same as JSON text, for an answer that is sent as it is: parsing and writing megabytes again costs most."""
    store = caches["data"]
    digest = _digest(key, versions.current(*depends_on))
    if (text := store.get(digest)) is None:
        with _lock(digest):
            if (text := store.get(digest)) is None:
                text = json.dumps(compute(), allow_nan=False, separators=(",", ":"))
                store.set(digest, text, seconds)
    return cast("str", text)


@contextmanager
def at_most(seconds: int, *names: str) -> Iterator[None]:
    """What is shown while this lasts may be so many seconds older than the data of these names.

    So a page that everybody may open asks the database nothing while it is warm.
    """
    numbers = caches["data"].get_or_set(
        f"versions:{','.join(names)}", lambda: versions.current(*names), seconds
    )
    with versions.held(numbers):
        yield


def _digest(key: Sequence[object], numbers: dict[str, int]) -> str:
    text = json.dumps([program.stamp(), [str(part) for part in key], sorted(numbers.items())])
    return hashlib.sha256(text.encode()).hexdigest()


def _lock(digest: str) -> threading.Lock:
    with _LOCKS_LOCK:
        return _LOCKS.setdefault(digest, threading.Lock())
