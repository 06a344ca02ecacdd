"""The release calendar between two days: when each report became public, what was planned before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from cot.models import Observation, ReleaseNotice
from cot.publication import calendar, releases


@dataclass(frozen=True, slots=True)
class Superseded:
    """What a weaker or a replaced notice said."""

    release_at: datetime
    source: str
    announced_on: date | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One report of the calendar. `stored`: we hold rows of it."""

    report_date: date
    release_at: datetime
    release_source: str
    uncertain: bool
    superseded: list[Superseded]
    stored: bool


def entries(first: date, last: date) -> list[Entry]:
    """The reports counted from `first` to `last`, oldest first. Four queries."""
    stored = set(
        Observation.objects.filter(report_date__range=(first, last))
        .values_list("report_date", flat=True)
        .distinct()
    )
    newest = releases.newest_report_date()
    days = calendar.report_dates(stored | ({newest} if newest else set()), first, last)
    superseded = _superseded(first, last)
    return [
        Entry(
            day,
            release.release_at,
            release.source,
            release.uncertain,
            [
                old
                for old in superseded[day]
                if (old.release_at, old.source) != (release.release_at, release.source)
            ],
            day in stored,
        )
        for day, release in releases.releases(days).items()
    ]


def _superseded(first: date, last: date) -> dict[date, list[Superseded]]:
    found: dict[date, list[Superseded]] = defaultdict(list)
    rows = ReleaseNotice.objects.filter(report_date__range=(first, last)).values_list(
        "report_date", "release_at", "source", "announced_on"
    )
    for day, release_at, source, announced_on in rows:
        found[day].append(Superseded(release_at, source, announced_on))
    return found
