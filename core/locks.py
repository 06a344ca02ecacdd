"""Named locks: one holder at a time over all processes.

PostgreSQL: an advisory lock on a connection of its own; the server frees it when that connection ends, however it ends.
SQLite: a locked file in a folder beside the database; the kernel frees it when its process ends, however it ends.
Nobody has to notice that a holder died, so a lock has no heartbeat and never goes stale.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import filelock
import psycopg
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict

RETRY_SECONDS: Final = 0.5
# So long a run waits for its lock: who closes what a killed run left, or looks on SQLite, holds it for an instant.
INSTANT: Final = 0.5


class Locked(Conflict):
    """Somebody else holds the lock; commands answer this with exit code 2."""

    code = "locked"

    def __init__(self, name: str) -> None:
        super().__init__(
            _("Another run holds the lock “%(name)s”.") % {"name": name}, details={"lock": name}
        )


class LockLost(Exception):
    """What we held is ours no more: the database ended the session that held it. Another run may work by now."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The lock {name!r} was lost: the database ended its session. Begin again."
        )


class Lock(Protocol):
    """A lock we hold, or held until something took it from us."""

    def held(self) -> bool: ...

    def release(self) -> None: ...


@contextmanager
def named_lock(name: str, *, patience: float = 0) -> Iterator[Lock]:
    """Hold `name` for the block; `Locked` when it is not free within `patience` seconds. Not inside a transaction."""
    deadline = time.monotonic() + patience
    while (lock := take(name)) is None:
        if time.monotonic() >= deadline:
            raise Locked(name)
        time.sleep(RETRY_SECONDS)
    try:
        yield lock
    finally:
        lock.release()


def take(name: str) -> Lock | None:
    """The lock `name` if it is free now, else None. Whoever takes it must release it."""
    return AdvisoryLock.take(name) if connection.vendor == "postgresql" else FileLock.take(name)


def is_free(name: str) -> bool:
    """Whether nobody holds `name` at this moment. Asked by pages, so it takes no lock where looking is enough."""
    if connection.vendor == "postgresql":
        return not AdvisoryLock.is_held(name)
    lock = take(name)
    if lock is not None:
        lock.release()
    return lock is not None


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """A session lock of PostgreSQL. Its connection never comes from the pool: a pooled one outlives its user."""

    session: psycopg.Connection[Any]

    @classmethod
    def take(cls, name: str) -> AdvisoryLock | None:
        session = psycopg.connect(**connection.get_connection_params(), autocommit=True)
        is_ours = False
        try:
            found = session.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
            is_ours = found.fetchone() == (True,)
        finally:
            if not is_ours:
                session.close()
        return cls(session) if is_ours else None

    @staticmethod
    def is_held(name: str) -> bool:
        """Whether any session holds it; PostgreSQL lists the 64 bits of its key as two halves."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT EXISTS (
                    SELECT FROM pg_locks, hashtextextended(%s, 0) AS key
                    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295
                )
                """,
                [name],
            )
            return bool(cursor.fetchone() == (True,))

    def held(self) -> bool:
        """Whether the session, and with it the lock, is still alive."""
        try:
            self.session.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def release(self) -> None:
        # The server notices a closed connection a moment later; unlocking first lets the next one in at once.
        with suppress(psycopg.Error):
            self.session.execute("SELECT pg_advisory_unlock_all()")
        self.session.close()


@dataclass(frozen=True, slots=True)
class FileLock:
    """A locked file. Its name is a digest, so that any name of a lock can be one of a file."""

    file: filelock.FileLock

    @classmethod
    def take(cls, name: str) -> FileLock | None:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        digest = hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()
        # held by the process, not by the thread that took it: a job may end on another one
        file = filelock.FileLock(place / digest, timeout=0, thread_local=False)
        try:
            file.acquire()
        except filelock.Timeout:
            return None
        return cls(file)

    def held(self) -> bool:
        """Until it is released: nobody can take it from a process that lives."""
        return self.file.is_locked

    def release(self) -> None:
        self.file.release()


def folder() -> Path:
    """Where the locks of this SQLite database are: beside its file, whatever link led to it.

    One in memory (of the tests) has no place.
    """
    return (
        Path(settings.VAR_DIR, "locks")
        if in_memory()
        else Path(f"{Path(connection.settings_dict['NAME']).resolve()}.locks")
    )


def in_memory() -> bool:
    """Whether the database lives in the memory of this process, where no other can open it."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor == "sqlite" and (name == ":memory:" or "mode=memory" in name)
