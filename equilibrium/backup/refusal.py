"""Why a backup was not made, or not restored: one sentence for the person at the terminal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import DatabaseError


class Refused(Exception):
    """Nothing was changed; the sentence says why."""


class HalfDone(Exception):
    """The database is restored, the kept files are not all; the sentence says what is in the way."""


@contextmanager
def told(doing: str) -> Iterator[None]:
    """What disk or database have against it (full, read-only, no right, away) becomes a sentence."""
    try:
        yield
    except OSError as problem:
        place = f" ({problem.filename})" if problem.filename else ""
        raise Refused(f"{doing} failed: {problem.strerror or problem}{place}.") from problem
    except (sqlite3.Error, psycopg.Error, DatabaseError) as problem:
        reason = " ".join(str(problem).split())
        raise Refused(f"{doing} failed: {reason}.") from problem
