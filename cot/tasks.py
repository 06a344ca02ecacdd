"""When the reports are fetched: Friday evening, again when they are late, the calendar every day."""

from __future__ import annotations

from typing import Final

from django.utils import timezone

from core.jobs import Result, job, with_each_beat
from core.runs import Run
from cot import scheduled, turns

KYIV: Final = "Europe/Kyiv"


@job("0 23 * * 5", zone=KYIV)
def weekly_cot_update(run: Run) -> Result:
    """Fetch the week's report: Friday 23:00 in Kyiv is half an hour or more after the CFTC published it."""
    return scheduled.update_now(run)


@job("0 2 * * 6", "0 23 * * 1-4", zone=KYIV, at_start=True)
def cot_retry(run: Run) -> Result:
    """Fetch what came late, after a holiday or while we were down; nothing when the feed is fresh."""
    return scheduled.update_if_missing(run, timezone.now())


@job("0 6 * * *")
def cot_calendar(run: Run) -> Result:
    """Keep the release calendar complete."""
    return scheduled.note_calendar(timezone.now())


@job()
def cot_update_by_admin(run: Run) -> Result:
    """An administrator asks for an update; also over the demo, which gives way to real reports."""
    return scheduled.update_as_asked(run)


with_each_beat(turns.watch)
