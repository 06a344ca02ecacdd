"""The jobs every installation has, whatever its modules."""

from __future__ import annotations

from celery import shared_task

from core import upkeep
from core.jobs import BEAT_ROW, Result, job, pulse, record_beat
from core.runs import Run


@shared_task(name=BEAT_ROW)
def system_beat() -> None:
    """Shows the health page that jobs are being sent and done, and takes up what was left lying."""
    record_beat()
    pulse()


@job("0 0 * * *", at_start=True)
def purge(run: Run) -> Result:
    """Remove what has served its time: old job runs, expired sessions."""
    return upkeep.purge()
