"""The one beat: however many are started, only the holder of the lock `beat` sends jobs."""

from __future__ import annotations

from typing import Any

from celery.utils.log import get_logger
from django_celery_beat.schedulers import DatabaseScheduler

from core import jobs
from core.locks import Lock, take
from core.models import JobRun

logger = get_logger(__name__)


class SingleScheduler(DatabaseScheduler):
    """Reads the schedule from the database like its parent, but only while it holds the lock; else it waits."""

    max_interval: float
    _lock: Lock | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due; seconds until the next look."""
        if self._lock is None or not self._lock.held():
            self._lock = take("beat")
            if self._lock is None:
                return self.max_interval
            self._begin()
        return float(super().tick(*args, **kwargs))

    def close(self) -> None:
        super().close()
        if self._lock is not None:
            self._lock.release()

    def _begin(self) -> None:
        # What was read before our turn may be hours old: another beat has been writing last_run_at since.
        self._dirty.clear()
        self._initial_read = True
        self._heap = None
        logger.info("beat: this one sends the jobs now")
        for job in jobs.every_job().values():
            if job.at_start:
                job.task.delay(trigger=JobRun.Trigger.START)
