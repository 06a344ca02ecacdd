"""What the arrival of a file says about the moment its report was published."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from cot.models import ReleaseNotice
from cot.pipeline.report_table import ReportTable
from cot.pipeline.source import Fetched
from cot.publication import releases
from cot.publication.calendar import Notice, Release

# a time stamp later than this says when the file was copied, not published
PLAUSIBLE: Final = timedelta(days=8)
_Source = ReleaseNotice.Source


def note_publication(table: ReportTable, fetched: Fetched) -> None:
    """The Last-Modified of a weekly file is the publication of its week: the first variant to tell it is believed."""
    day: date = table.dates.max().astype(object)
    moment = fetched.last_modified
    if moment is None or _is_noted(day, _Source.PUBLISHED):
        return
    if _midnight(day) < moment <= releases.releases([day])[day].release_at + PLAUSIBLE:
        _note(day, moment, _Source.PUBLISHED, fetched)


def note_first_sight(table: ReportTable, fetched: Fetched, newest_stored: date | None) -> None:
    """A week that was not there when we last looked has been published since: this is when we saw it first.

    On a first load nothing was looked at before, so nothing is observed and the calendar's word stands.
    """
    if newest_stored is None:
        return
    days = [day for day in set(table.dates.tolist()) if day > newest_stored]
    for day, release in releases.releases(days).items():
        if _was_seen_at_release(release, fetched.fetched_at):
            _note(day, fetched.fetched_at, _Source.OBSERVED, fetched)


def _was_seen_at_release(release: Release, seen_at: datetime) -> bool:
    stronger = release.source in (_Source.PUBLISHED, _Source.OBSERVED)
    return not stronger and abs(seen_at - release.release_at) <= PLAUSIBLE


def _is_noted(day: date, source: str) -> bool:
    return ReleaseNotice.objects.filter(report_date=day, source=source).exists()


def _note(day: date, moment: datetime, source: str, fetched: Fetched) -> None:
    releases.note([Notice(day, moment, source)], url=fetched.url)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
