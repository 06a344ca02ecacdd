"""Is the feed up to date? The `cot` check of `/health/` and of `health_check`."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Final

from django.utils import timezone

from core import health
from cot.publication import releases

WELL: Final = ("fresh", "due", "announced_delay")


@health.register("cot")
def cot() -> health.Finding:
    """Fails when a report is late or the data is stale; the age counts from the newest report's day."""
    feed = releases.feed_state(timezone.now())
    if feed.newest_report_date is None:
        return health.Finding(ok=False)
    newest = datetime.combine(feed.newest_report_date, time(), UTC)
    return health.Finding(ok=feed.state in WELL, age=health.age_of(newest))
