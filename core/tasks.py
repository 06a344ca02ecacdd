"""The jobs every installation has, whatever its modules."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from celery.signals import worker_ready

from core import runs, upkeep
from core.jobs import BEAT_ROW, Result, job, pulse, record_beat, with_each_beat
from core.runs import Run


@shared_task(name=BEAT_ROW)
def system_beat() -> None:
    """Shows the health page that jobs are being sent and done, and takes up what was left lying."""
    record_beat()
    pulse()


@shared_task
def close_killed_runs() -> None:
    """What a killed worker left says "running" until somebody who has its lock closes it."""
    runs.close_killed()


with_each_beat(runs.close_killed)


@worker_ready.connect
def ask_at_start(**_signal: Any) -> None:
    """By a message: the process that starts the others must not open the database they would inherit."""
    close_killed_runs.delay()


@job("0 0 * * *", at_start=True)
def purge(run: Run) -> Result:
    """Remove what has served its time: old job runs, expired sessions."""
    return upkeep.purge()
