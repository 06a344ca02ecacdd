"""What the database knows of the release calendar: notices in, releases and the state of the feed out."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from cot.models import BoardRow, Market, ReleaseNotice
from cot.publication import calendar
from cot.publication.calendar import FeedState, Notice, Release

EXCEPTIONS: Final = Path(__file__).parent / "data" / "release_exceptions.csv"


def _shipped() -> list[ReleaseNotice]:
    with EXCEPTIONS.open(newline="", encoding="utf-8") as lines:
        return [
            ReleaseNotice(
                report_date=date.fromisoformat(row["report_date"]),
                release_at=calendar.at_release_time(date.fromisoformat(row["release_date"])),
                source=row["source"],
                announced_on=_day(row["announced_on"]),
                replaces=_day(row["replaces"]),
                uncertain=row["uncertain"] == "yes",
                text=row["note"],
            )
            for row in csv.DictReader(lines)
        ]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _notice(row: ReleaseNotice) -> Notice:
    return Notice(
        row.report_date, row.release_at, row.source, row.announced_on, row.replaces, row.uncertain
    )


def shipped_notices() -> list[Notice]:
    """The known exceptions to the rule, superseded ones included, as they come with the program."""
    return [_notice(row) for row in _shipped()]


def sync_notices() -> int:
    """Store the shipped exceptions that are not stored yet; how many those were. Notices are never changed."""
    return _store(_shipped())


def note(notices: Iterable[Notice], *, url: str = "", text: str = "") -> int:
    """Store what a file, a schedule or an announcement says of releases; a second time stores nothing."""
    return _store(
        ReleaseNotice(
            report_date=n.report_date,
            release_at=n.release_at,
            source=n.source,
            announced_on=n.announced_on,
            replaces=n.replaces,
            uncertain=n.uncertain,
            url=url,
            text=text,
        )
        for n in notices
    )


@transaction.atomic
def _store(rows: Iterable[ReleaseNotice]) -> int:
    known = set(ReleaseNotice.objects.values_list("report_date", "source", "release_at"))
    new = {(row.report_date, row.source, row.release_at): row for row in rows}
    return len(
        ReleaseNotice.objects.bulk_create([row for key, row in new.items() if key not in known])
    )


def effective_notices() -> dict[date, Notice]:
    """Of each report the stored notice that counts. One query."""
    return calendar.effective(
        _notice(row) for row in ReleaseNotice.objects.defer("text", "url").order_by()
    )


def releases(dates: Iterable[date], report_type: str | None = None) -> dict[date, Release]:
    """When each of these reports became public, in a type of report or in whichever came first. One query."""
    notices = effective_notices()
    return {day: calendar.released(day, notices, report_type) for day in dates}


def feed_state(now: datetime) -> FeedState:
    """State of the feed: the one function behind header, status endpoint, health, metrics and letters."""
    return calendar.feed_state(
        now, newest_of_series(), effective_notices(), settings.DATA_STALE_DAYS
    )


def newest_report_date() -> date | None:
    """The newest report of any market. One query: a run ends by writing down the dates of its markets."""
    newest: date | None = Market.objects.aggregate(newest=Max("last_date"))["newest"]
    return newest


def newest_of_series() -> dict[str, date]:
    """The newest report by key of the variant, of those that have any. One query: the board holds it of each market."""
    rows = (
        BoardRow.objects.order_by()
        .values_list("report_type", "subtype")
        .annotate(newest=Max("report_date"))
    )
    return {f"{kind}_{subtype}": day for kind, subtype, day in rows}
