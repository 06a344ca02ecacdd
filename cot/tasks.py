"""When the reports are fetched: Friday evening, again when they are late, the calendar every day."""

from __future__ import annotations

from typing import Final

from celery import shared_task
from django.utils import timezone

from core.jobs import Result, job
from cot import scheduled
from cot.models import UpdateRun
from cot.pipeline import update
from cot.pipeline.summary import Options

KYIV: Final = "Europe/Kyiv"


@job("0 23 * * 5", zone=KYIV)
def weekly_cot_update() -> Result:
    """Fetch the week's report: Friday 23:00 in Kyiv is half an hour or more after the CFTC published it."""
    return scheduled.update_now()


@job("0 2 * * 6", "0 23 * * 1-4", zone=KYIV, at_start=True)
def cot_retry() -> Result:
    """Fetch what came late, after a holiday or while we were down; nothing when the feed is fresh."""
    return scheduled.update_if_missing(timezone.now())


@job("0 6 * * *")
def cot_calendar() -> Result:
    """Keep the release calendar complete."""
    return scheduled.note_calendar(timezone.now())


@shared_task(name="cot_update_by_admin")
def update_by_admin() -> None:
    """An administrator asked for an update on the data page."""
    update.run(options=Options(), trigger=UpdateRun.Trigger.ADMIN)
