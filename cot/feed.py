"""How fresh the positioning data is: behind the dot in every page's header, the bands, and the landing page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from core import versions
from core.caching import cached
from core.modules import Band
from core.templatetags.numbers import day, new_york
from core.words import Words
from cot import lifetimes, words
from cot.models import SourceFile
from cot.publication import releases
from cot.selectors.status import Coverage, status


@dataclass(frozen=True)
class Feed:
    """What the shell says of the data. `newest` is None before the first report is stored."""

    state: str
    newest: date | None
    complete_until: date | None
    oldest: tuple[str, ...]  # series that end there while others go on; empty when all end alike
    behind: tuple[str, ...]  # series that lack what others have; empty when all do
    released_at: datetime | None
    awaited: date
    awaited_at: datetime
    next_date: date
    next_at: datetime
    demo: bool
    now: datetime
    page: str = "cot:data"

    @property
    def stale(self) -> bool:
        return self.state == "stale"

    @property
    def words(self) -> Words:
        return words.feed_words(self.state, self.behind)

    @property
    def source(self) -> str:
        """Where every number of the page comes from."""
        if self.demo:
            return _("Every number on this page comes from a simulator, not from the CFTC.")
        return _(
            "Source: CFTC Commitments of Traders. Positions say who holds what, not what prices will do."
        )

    @property
    def bands(self) -> list[Band]:
        """What every page has to say of this data: that it is invented, that it is old."""
        bands = []
        if self.demo:
            bands.append(Band("demo", _("Demo data"), _("Demo data."), self.source))
        if self.complete_until and self.stale:
            bands.append(Band("stale", _("Stale data"), self._until, self._missing))
        return bands

    @property
    def _until(self) -> str:
        said = {"date": day(self.complete_until), "series": words.series_names(self.oldest)}
        if self.oldest:
            return _("Out of date: %(series)s only up to the report of %(date)s.") % said
        return _("Out of date: complete only up to the report of %(date)s.") % said

    @property
    def _missing(self) -> str:
        awaited = {"date": day(self.awaited), "moment": new_york(self.awaited_at)}
        text = _("Awaited: report of %(date)s, due %(moment)s.") % awaited
        if self.behind:
            lacking = _("Only these lack it: %(series)s.")
            text = f"{text} {lacking % {'series': words.series_names(self.behind)}}"
        return text

    @property
    def seconds_to_next(self) -> float:
        return (self.next_at - self.now).total_seconds()

    @cached_property
    def totals(self) -> Coverage:
        """Markets, weeks and first date over all variants; counted only where a page shows them."""
        return status(self.now).overall


def feed_at(now: datetime) -> Feed:
    """The state of the feed, at most half a minute old and never older than the data."""
    values = cached(
        ("feed",), depends_on=("cot",), seconds=lifetimes.FEED, compute=lambda: _read(now)
    )
    newest, released_at = values["newest"], values["released_at"]
    complete = values["complete_until"]
    return Feed(
        state=values["state"],
        newest=date.fromisoformat(newest) if newest else None,
        complete_until=date.fromisoformat(complete) if complete else None,
        oldest=tuple(values["oldest"]),
        behind=tuple(values["behind"]),
        released_at=datetime.fromisoformat(released_at) if released_at else None,
        awaited=date.fromisoformat(values["awaited"]),
        awaited_at=datetime.fromisoformat(values["awaited_at"]),
        next_date=date.fromisoformat(values["next_date"]),
        next_at=datetime.fromisoformat(values["next_at"]),
        demo=values["demo"],
        now=now,
    )


def depends_on() -> tuple[object, ...]:
    """What every answer about positioning depends on besides who asks for what: the data, and the clock by the feed."""
    feed = feed_at(timezone.now())
    return (
        versions.current("cot"),
        feed.state,
        feed.behind,
        feed.next_at,
        settings.COT_CROWDED_BUY,
        settings.COT_CROWDED_SELL,
    )


def _read(now: datetime) -> dict[str, Any]:
    state = releases.feed_state(now)
    newest = state.newest_report_date
    release = releases.releases([newest])[newest] if newest else None
    return {
        "state": state.state,
        "newest": newest and newest.isoformat(),
        "complete_until": state.complete_until and state.complete_until.isoformat(),
        "oldest": state.oldest,
        "behind": state.behind if len(state.behind) < len(state.series) else [],
        "released_at": release and release.release_at.isoformat(),
        "awaited": state.expected_report_date.isoformat(),
        "awaited_at": state.expected_release_at.isoformat(),
        "next_date": state.next_release.report_date.isoformat(),
        "next_at": state.next_release.release_at.isoformat(),
        "demo": SourceFile.objects.filter(is_demo=True, status=SourceFile.Status.STORED).exists(),
    }
