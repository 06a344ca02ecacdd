"""What a watchman asks of the reports: how old the newest is, and how much waits for a person."""

from __future__ import annotations

from datetime import UTC, datetime, time

from django.utils import timezone

from core.health import age_of
from core.metrics import Values, gauge
from cot.models import QuarantinedRow, ReviewItem
from cot.publication import releases


@gauge(
    "equilibrium_data_age_seconds", "Seconds since the day of the newest stored report.", "source"
)
def data_age() -> Values:
    ages = {
        key: age_of(datetime.combine(day, time(), UTC))
        for key, day in releases.newest_of_series().items()
    }
    return {(f"cot_{key}",): age for key, age in ages.items() if age is not None}


@gauge(
    "equilibrium_feed_state",
    "1 for the state each series is in; `cot` is in that of the worst.",
    "source",
    "state",
)
def feed_states() -> Values:
    feed = releases.feed_state(timezone.now())
    states = {f"cot_{key}": series.state for key, series in feed.series.items()}
    return {(source, str(state)): 1 for source, state in (states | {"cot": feed.state}).items()}


@gauge("equilibrium_cot_open", "Rows set aside and questions that wait for a person.", "kind")
def waiting() -> Values:
    return {
        ("quarantine",): QuarantinedRow.objects.filter(resolved_at=None).count(),
        ("review",): ReviewItem.objects.filter(closed_at=None).count(),
    }
