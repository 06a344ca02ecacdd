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
    """Fails when a series is late or stale, and names it; the age counts from the newest report that every one has."""
    feed = releases.feed_state(timezone.now())
    if feed.complete_until is None:
        return health.Finding(ok=False, note="no report is stored")
    is_well = feed.state in WELL
    age = health.age_of(datetime.combine(feed.complete_until, time(), UTC))
    note = "" if is_well else f"{feed.state}: {', '.join(feed.behind)}"
    return health.Finding(ok=is_well, age=age, note=note)
