"""What the schedule asks of the pipeline: the weekly update, the retry when it is late, the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings

from core.errors import UpstreamError
from core.locks import Locked
from cot.models import SourceFile, UpdateRun
from cot.pipeline import calendar_pages, update
from cot.pipeline.source import CFTC, SourceDown, open_source
from cot.pipeline.summary import Options
from cot.publication import releases
from cot.publication.calendar import NEW_YORK, FeedState

NOTHING_MISSING: Final = ("fresh", "announced_delay")


def update_now() -> Mapping[str, Any]:
    """Bring the store up to date; UpstreamError when nothing could be read at all, Locked while another run works."""
    if SourceFile.objects.filter(is_demo=True).exists():
        return {"skipped": "the demo is loaded; update_cot replaces it"}
    summary = update.run(options=Options(), trigger=UpdateRun.Trigger.SCHEDULE)
    if summary.status == UpdateRun.Status.LOCKED:
        raise Locked(update.LOCK)
    if summary.status == UpdateRun.Status.FAILED:
        raise UpstreamError(summary.error or None)
    return summary.as_dict()


def update_if_missing(now: datetime) -> Mapping[str, Any]:
    """The same, unless every report due by now is stored in every series, or the first load has not even begun."""
    if not UpdateRun.objects.exists():
        return {"skipped": "the first load is still to come"}
    feed = releases.feed_state(now)
    return {"skipped": feed.state} if _is_complete(feed) else update_now()


def _is_complete(feed: FeedState) -> bool:
    """Every report that is due is stored in every series that has any, and the last run brought all it asked for."""
    if feed.newest_report_date is None or feed.state not in NOTHING_MISSING:
        return False
    last = UpdateRun.objects.exclude(status=UpdateRun.Status.LOCKED).first()
    newest = {*releases.newest_of_series().values()}
    return last is not None and last.status == UpdateRun.Status.OK and newest <= {feed.newest_report_date}


def note_calendar(now: datetime) -> Mapping[str, Any]:
    """Store the announced exceptions that are not stored yet, and what the CFTC's own pages say today."""
    new = releases.sync_notices()
    try:
        source = open_source(
            settings.COT_SOURCE_DIR or CFTC,
            timeout=settings.HTTP_TIMEOUT,
            tries=settings.HTTP_RETRIES,
            backoff=settings.HTTP_RETRY_BACKOFF,
        )
    except SourceDown:
        return {"new_notices": new}
    return {"new_notices": new + calendar_pages.read_pages(source, now.astimezone(NEW_YORK).date())}
