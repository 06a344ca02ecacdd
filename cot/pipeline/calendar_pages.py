"""The two pages on which the CFTC says when it publishes: kept as text, believed when understood."""

from __future__ import annotations

import hashlib
import html
import re
from datetime import date
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from cot.models import ReviewItem
from cot.pipeline.keeping import keep
from cot.pipeline.source import Fetched, Source, SourceDown
from cot.publication import calendar, releases
from cot.publication.calendar import ScheduleError

SCHEDULE: Final = "MarketReports/CommitmentsofTraders/ReleaseSchedule/index.htm"
ANNOUNCEMENTS: Final = "MarketReports/CommitmentsofTraders/HistoricalSpecialAnnouncements/index.htm"
_HIDDEN: Final = re.compile(r"<(script|style)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
_TAG: Final = re.compile(r"<[^>]+>")


def read_pages(source: Source, today: date) -> int:
    """Read both pages; how many new release notices they gave. A page that fails changes nothing.

    An unreadable schedule, and any change of the announcements, is put before a person.
    """
    found = 0
    if page := _changed_page(source, SCHEDULE):
        try:
            notices = calendar.parse_schedule(page.text, today)
        except ScheduleError as error:
            _ask(SCHEDULE, str(error), page.kept)
        else:
            found = releases.note(notices, url=page.url)
            _open_questions(SCHEDULE).update(closed_at=timezone.now(), note="readable again")
    page = _changed_page(source, ANNOUNCEMENTS)
    # one that was not kept is new again in the next run: the question can wait for its text
    if page and page.had_before and page.is_kept:
        _ask(ANNOUNCEMENTS, "The special announcements changed.", page.kept)
    return found


class _Page:
    """A page whose text we had not seen, and the file that keeps it."""

    def __init__(self, url: str, text: str, folder: Path) -> None:
        self.url = url
        self.text = text
        self.had_before = any(folder.glob("*.txt"))
        self.is_kept = False
        self.kept = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.txt"


def _changed_page(source: Source, path: str) -> _Page | None:
    """The page as text, kept, if it differs from every earlier one; None when the source does not have it."""
    try:
        answer = source.fetch(path)
    except SourceDown:
        return None
    if not isinstance(answer, Fetched):
        return None
    folder = Path(settings.VAR_DIR) / "cot" / "pages" / path.split("/")[-2]
    page = _Page(answer.url, plain_text(answer.content), folder)
    if page.kept.exists():
        return None
    page.is_kept = keep(page.kept, page.text.encode())
    return page


def plain_text(content: bytes) -> str:
    """What a reader sees of a page: no tags, no scripts, single blanks."""
    visible = _TAG.sub(" ", _HIDDEN.sub(" ", content.decode("utf-8", errors="replace")))
    return " ".join(html.unescape(visible).split())


def _ask(path: str, why: str, kept: Path) -> None:
    """One open question per page."""
    if not _open_questions(path).exists():
        payload = {"page": path, "reason": why, "text": kept.name}
        ReviewItem.objects.create(
            kind=ReviewItem.Kind.CALENDAR, payload=payload, opened_at=timezone.now()
        )


def _open_questions(path: str) -> QuerySet[ReviewItem]:
    return ReviewItem.objects.filter(
        kind=ReviewItem.Kind.CALENDAR, closed_at=None, payload__page=path
    )
