"""What the schedule asks of the pipeline: the weekly update, the retry when it is late, the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from core.errors import UpstreamError
from core.locks import Locked
from core.models import JobRun
from core.runs import Cancelled, Run
from cot.api.static_json import publish
from cot.models import SourceFile
from cot.pipeline import calendar_pages, update
from cot.pipeline.opening import is_portal, open_source
from cot.pipeline.plan import Options
from cot.pipeline.source import CFTC, SourceDown
from cot.pipeline.summary import Summary
from cot.publication import releases
from cot.publication.calendar import NEW_YORK, FeedState

NOTHING_MISSING: Final = ("fresh", "announced_delay")


def update_now(run: Run) -> Mapping[str, Any]:
    """Bring the store up to date; UpstreamError when nothing could be read at all, Locked while another run works."""
    if SourceFile.objects.filter(is_demo=True).exists():
        return {"skipped": "the demo is loaded; update_cot replaces it"}
    summary = update.run(
        options=Options(), trigger=JobRun.Trigger.SCHEDULE, within=run, publish=publish
    )
    if summary.status == JobRun.Status.FAILED:
        raise UpstreamError(summary.error or None)
    return _as_it_ended(run, summary)


def update_as_asked(run: Run) -> Mapping[str, Any]:
    """Bring the store up to date because an administrator wants it; what failed is not tried again."""
    summary = update.run(
        options=Options(), trigger=JobRun.Trigger.ADMIN, within=run, publish=publish
    )
    return _as_it_ended(run, summary)


def _as_it_ended(run: Run, summary: Summary) -> Mapping[str, Any]:
    """The job ends as its update did, and names it: the counts stand in the record of the update."""
    if summary.status == JobRun.Status.LOCKED:
        raise Locked(update.LOCK)
    if summary.status == JobRun.Status.CANCELLED:
        raise Cancelled
    run.status, run.error = summary.status, summary.error
    return {"run": summary.run_id}


def update_if_missing(run: Run, now: datetime) -> Mapping[str, Any]:
    """The same, unless every report due by now is stored in every series, or the first load has not even begun."""
    if not JobRun.objects.of(update.LOCK).exists():
        return {"skipped": "the first load is still to come"}
    feed = releases.feed_state(now)
    return {"skipped": feed.state} if _is_complete(feed) else update_now(run)


def _is_complete(feed: FeedState) -> bool:
    """Every report that is due is stored in every series that has any, and the last run brought all it asked for."""
    if feed.newest_report_date is None or feed.state not in NOTHING_MISSING:
        return False
    last = JobRun.objects.of(update.LOCK).worked().first()
    is_even = feed.newest_report_date == feed.complete_until
    return last is not None and last.status == JobRun.Status.OK and is_even


def note_calendar(now: datetime) -> Mapping[str, Any]:
    """Store the announced exceptions that are not stored yet, and what the CFTC's own pages say today."""
    new = releases.sync_notices()
    address = settings.COT_SOURCE_DIR
    try:
        source = open_source(
            address if address and not is_portal(address) else CFTC,
            timeout=settings.HTTP_TIMEOUT,
            tries=settings.HTTP_RETRIES,
            backoff=settings.HTTP_RETRY_BACKOFF,
        )
    except SourceDown:
        return {"new_notices": new}
    return {"new_notices": new + calendar_pages.read_pages(source, now.astimezone(NEW_YORK).date())}
