"""Named locks: one holder at a time over all processes (platform §8.3).

PostgreSQL: an advisory lock on a connection of its own; the server frees it when that connection ends, however it ends.
SQLite: a `NamedLock` row taken by compare-and-set and kept alive by a heartbeat. It is free to take after five minutes
without one, and at once when the process that held it is gone from this machine.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import psycopg
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict
from core.models import NamedLock

HEARTBEAT_SECONDS = 30.0
STALE_AFTER = timedelta(minutes=5)
RETRY_SECONDS = 0.5


class Locked(Conflict):
    """Somebody else holds the lock; commands answer this with exit code 2."""

    code = "locked"

    def __init__(self, name: str) -> None:
        super().__init__(_("Another run holds the lock “%(name)s”.") % {"name": name}, details={"lock": name})


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
    return AdvisoryLock.take(name) if connection.vendor == "postgresql" else RowLock.take(name)


@dataclass(frozen=True, slots=True)
class AdvisoryLock:
    """A session lock of PostgreSQL. Its connection never comes from the pool: a pooled one outlives its user."""

    session: psycopg.Connection[Any]

    @classmethod
    def take(cls, name: str) -> AdvisoryLock | None:
        session = psycopg.connect(**connection.get_connection_params(), autocommit=True)
        if session.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [name]).fetchone() == (True,):
            return cls(session)
        session.close()
        return None

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


class RowLock:
    """A row that says who holds the lock and when the holder was last seen."""

    def __init__(self, name: str, owner: str) -> None:
        self.row = NamedLock.objects.filter(name=name, owner=owner)
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep_alive, name=f"lock {name}", daemon=True)
        self._thread.start()

    @classmethod
    def take(cls, name: str) -> RowLock | None:
        owner = f"{_this_process()}:{uuid.uuid4().hex}"
        NamedLock.objects.bulk_create([NamedLock(name=name)], ignore_conflicts=True)
        seen = NamedLock.objects.get(name=name)
        free = Q(owner="") | Q(heartbeat__lt=timezone.now() - STALE_AFTER)
        if _is_gone(seen.owner):
            free |= Q(owner=seen.owner)
        taken = NamedLock.objects.filter(free, name=name).update(owner=owner, heartbeat=timezone.now())
        return cls(name, owner) if taken else None

    def held(self) -> bool:
        """False once another process has taken the row over because our heartbeat stopped."""
        return self.row.exists()

    def release(self) -> None:
        self._released.set()
        self._thread.join()
        self.row.update(owner="", heartbeat=None)

    def _keep_alive(self) -> None:
        try:
            while not self._released.wait(HEARTBEAT_SECONDS):
                with suppress(OperationalError):  # the database was busy: the next beat comes long before the limit
                    self.row.update(heartbeat=timezone.now())
        finally:
            connection.close()


def _this_process() -> str:
    return f"{socket.gethostname()[:20]}:{os.getpid()}"


def _is_gone(owner: str) -> bool:
    """Whether `owner` names a process of this machine that no longer runs."""
    host, _colon, rest = owner.rpartition(":")[0].rpartition(":")
    if host != socket.gethostname()[:20] or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
