"""The one beat: however many are started, only the holder of the lock `beat` sends jobs. No failure ends it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from celery import Task
from celery.utils.log import get_logger
from django.db import DatabaseError, InterfaceError
from django_celery_beat.schedulers import DatabaseScheduler
from kombu.exceptions import OperationalError

from core import jobs
from core.connections import release
from core.locks import Lock, take
from core.models import JobRun

logger = get_logger(__name__)

AGAIN_SECONDS: Final = 5.0  # after a failure of the database or the broker
NO_DATABASE: Final = (DatabaseError, InterfaceError, psycopg.Error)
NO_BROKER: Final = (OperationalError, OSError)


class SingleScheduler(DatabaseScheduler):
    """Reads the schedule from the database like its parent, but only while it holds the lock; else it waits."""

    max_interval: float
    _lock: Lock | None = None
    _owed: tuple[Task[..., str], ...] = ()  # jobs of the start that the broker has not taken yet

    def setup_schedule(self) -> None:
        """The rows are made by migrate and read when it is our turn: a start without a database waits for one."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until the next look."""
        try:
            if not self._has_lock():
                return self.max_interval
            self._send_owed()
            return float(super().tick(*args, **kwargs))
        except (*NO_DATABASE, *NO_BROKER) as error:
            logger.error("beat: no database or no broker (%s); trying again", type(error).__name__)
            release()
            self._read_anew()
            return AGAIN_SECONDS

    def close(self) -> None:
        super().close()
        if self._lock is not None:
            self._lock.release()

    def _has_lock(self) -> bool:
        """Whether it is our turn; true for the first time, or again after the database ended our session, it begins."""
        if self._lock is None or not self._lock.held():
            self._lock = take("beat")
            if self._lock is not None:
                self._begin()
        return self._lock is not None

    def _begin(self) -> None:
        # What was read before our turn may be hours old: another beat has been writing last_run_at since.
        self._dirty.clear()
        self._read_anew()
        logger.info("beat: this one sends the jobs now")
        self._owed = tuple(job.task for job in jobs.every_job().values() if job.at_start)

    def _read_anew(self) -> None:
        self._initial_read = True
        self._heap = None

    def _send_owed(self) -> None:
        while self._owed:
            self._owed[0].delay(trigger=JobRun.Trigger.START)
            self._owed = self._owed[1:]
