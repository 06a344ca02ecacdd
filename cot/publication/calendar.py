"""When a report became public: the rule, the notices that override it, the state of the feed.

Pure: instants in and out, no clock. All releases are at 15:30 New York time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import holidays

State = Literal["fresh", "due", "late", "announced_delay", "stale"]

NEW_YORK: Final = ZoneInfo("America/New_York")
RELEASE_TIME: Final = time(15, 30)
DERIVED: Final = "derived"
STRENGTH: Final = ("published", "observed", "announced", "scheduled")  # strongest first
DUE_FOR: Final = timedelta(hours=3)
BEST_TO_WORST: Final[tuple[State, ...]] = ("fresh", "announced_delay", "due", "late", "stale")

# counted weekly since 1992, printed every two weeks until 2000
FORTNIGHTLY_UNTIL: Final = date(2000, 12, 31)
# Tuesdays that were no federal holiday, and still the positions were counted on another day.
_MOVED_TUESDAYS: Final = {
    date(2004, 4, 13): date(2004, 4, 12),
    date(2007, 1, 2): date(2007, 1, 3),
    date(2008, 12, 23): date(2008, 12, 22),
    date(2009, 11, 10): date(2009, 11, 9),
    date(2020, 12, 22): date(2020, 12, 21),
}
_MONDAY, _TUESDAY, _WEDNESDAY, _FRIDAY = 0, 1, 2, 4


@dataclass(frozen=True, slots=True)
class Notice:
    """What one source says about one report. `replaces` names the day of an earlier plan that is void as a whole."""

    report_date: date
    release_at: datetime
    source: str
    announced_on: date | None = None
    replaces: date | None = None
    uncertain: bool = False  # an upper bound


@dataclass(frozen=True, slots=True)
class Release:
    """When a report became, or will become, public (UTC), and who says so."""

    report_date: date
    release_at: datetime
    source: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Beginning:
    """When a report type appeared: its reports from `first_report` on came weekly, all earlier ones on one day."""

    first_report: date
    history: Release


@dataclass(frozen=True, slots=True)
class SeriesState:
    """How up to date one series is (a type of report, with or without options)."""

    newest_report_date: date
    state: State


@dataclass(frozen=True, slots=True)
class FeedState:
    """How up to date the stored reports are: `state` is that of the worst series, one fresh series speaks for no other.

    `series` has those that hold any report, by the key of their variant. Without one the feed is stale.
    """

    series: Mapping[str, SeriesState]
    expected_report_date: date
    expected_release_at: datetime
    next_release: Release

    @property
    def state(self) -> State:
        states = [each.state for each in self.series.values()]
        return max(states, key=BEST_TO_WORST.index, default="stale")

    @property
    def newest_report_date(self) -> date | None:
        """The newest report of any series."""
        return max((each.newest_report_date for each in self.series.values()), default=None)

    @property
    def complete_until(self) -> date | None:
        """The newest report that every series holds, or a later one."""
        return min((each.newest_report_date for each in self.series.values()), default=None)

    @property
    def oldest(self) -> list[str]:
        """The series that end at `complete_until` while others go on; none where all end alike."""
        if self.complete_until == self.newest_report_date:
            return []
        ends = ((key, each.newest_report_date) for key, each in self.series.items())
        return sorted(key for key, day in ends if day == self.complete_until)

    @property
    def behind(self) -> list[str]:
        """The series that lack a report which is out, furthest behind first."""
        lacking = [
            (each.newest_report_date, key)
            for key, each in self.series.items()
            if each.newest_report_date < self.expected_report_date
        ]
        return [key for _newest, key in sorted(lacking)]

    @property
    def stale(self) -> bool:
        return self.state == "stale"


def at_release_time(day: date) -> datetime:
    """15:30 New York on that day, in UTC: 20:30 in winter, 19:30 in summer."""
    return datetime.combine(day, RELEASE_TIME, NEW_YORK).astimezone(UTC)


@cache
def is_federal_holiday(day: date) -> bool:
    """US federal holidays on the day they are observed (5 U.S.C. 6103); Good Friday is none."""
    return day in _HOLIDAYS


_HOLIDAYS: Final = holidays.country_holidays("US")


# The disaggregated report first appeared on 2009-09-04, its history since 2006 on 2009-10-20. The financial one
# appeared with the report of 2010-07-20; its history, by what its first files hold, then or a day later.
BEGINNINGS: Final = {
    "disagg": Beginning(
        date(2009, 9, 1),
        Release(
            date(2009, 8, 25), at_release_time(date(2009, 10, 20)), "announced", uncertain=False
        ),
    ),
    "tff": Beginning(
        date(2010, 7, 20),
        Release(date(2010, 7, 13), at_release_time(date(2010, 7, 23)), "announced", uncertain=True),
    ),
}


def derived(report_date: date) -> Release:
    """The default rule: Friday of that week, the Monday after when Wednesday to Friday hold a holiday.

    Until 2000 the CFTC printed every two weeks, or less often: taken as public a week later than by the rule, never
    sooner, and uncertain. So are reports dated Thursday or Friday, which count to the week after.
    """
    is_fortnightly = report_date <= FORTNIGHTLY_UNTIL
    friday = report_date + timedelta(days=(_FRIDAY - report_date.weekday()) % 7)
    if friday - report_date < timedelta(days=2):
        friday += timedelta(days=7)
    if is_fortnightly:
        friday += timedelta(days=7)
    delayed = any(is_federal_holiday(friday - timedelta(days=back)) for back in range(3))
    day = friday + timedelta(days=3) if delayed else friday
    return Release(report_date, at_release_time(day), DERIVED, is_fortnightly)


def effective(notices: Iterable[Notice]) -> dict[date, Notice]:
    """Of each report the notice that counts: strongest source, among equal ones the newest announcement."""
    notices = list(notices)
    replaced = {notice.replaces: notice.announced_on for notice in notices if notice.replaces}
    chosen: dict[date, Notice] = {}
    for notice in sorted((n for n in notices if not _is_void(n, replaced)), key=_precedence):
        chosen[notice.report_date] = notice
    return chosen


def _is_void(notice: Notice, replaced: Mapping[date, date | None]) -> bool:
    """A replaced plan is void for everything that was still to come on the day of its replacement."""
    if notice.announced_on is None or notice.announced_on not in replaced:
        return False
    replaced_on = replaced[notice.announced_on]
    return replaced_on is None or notice.release_at.astimezone(NEW_YORK).date() > replaced_on


def _precedence(notice: Notice) -> tuple[int, date, datetime]:
    return -STRENGTH.index(notice.source), notice.announced_on or date.min, notice.release_at


def resolve(report_date: date, notices: Iterable[Notice]) -> Release:
    """When this report became public, given all notices: the effective one, else the rule."""
    return released(report_date, effective(notices))


def released(
    report_date: date, notices: Mapping[date, Notice], report_type: str | None = None
) -> Release:
    """As `resolve`, for many dates: give the result of `effective`, computed once.

    Nothing of a report type was public before the type existed, whatever the calendar says of the week.
    """
    beginning = BEGINNINGS.get(report_type or "")
    if beginning and report_date < beginning.first_report:
        return replace(beginning.history, report_date=report_date)
    if notice := notices.get(report_date):
        return Release(report_date, notice.release_at, notice.source, notice.uncertain)
    return derived(report_date)


def report_dates(stored: Collection[date], first: date, last: date) -> list[date]:
    """The reports of a span: those that are stored, and by the rule those of later weeks.

    Beside a stored report the rule is silent: on a week counted on another day, or not at all, it would name a day
    on which nothing was counted.
    """
    real = [day for day in stored if first <= day <= last]
    newest = max(stored, default=None)
    start = first if newest is None else max(first, newest + timedelta(days=4))
    return sorted({*real, *expected_report_dates(start, last)})


def expected_report_dates(first: date, last: date) -> Iterator[date]:
    """The days positions are counted, oldest first: Tuesdays, the Monday when Tuesday is a federal holiday."""
    tuesday = first + timedelta(days=(_TUESDAY - first.weekday()) % 7)
    if first.weekday() == _WEDNESDAY:  # a report moved to Wednesday belongs to the day before
        tuesday -= timedelta(days=7)
    while tuesday - timedelta(days=1) <= last:
        report_date = _report_date(tuesday)
        if first <= report_date <= last:
            yield report_date
        tuesday += timedelta(days=7)


def _report_date(tuesday: date) -> date:
    moved = _MOVED_TUESDAYS.get(tuesday)
    return moved or (tuesday - timedelta(days=1) if is_federal_holiday(tuesday) else tuesday)


def feed_state(
    now: datetime, newest: Mapping[str, date], notices: Mapping[date, Notice], stale_days: int
) -> FeedState:
    """State of the feed at `now` when `newest` are the newest stored reports by series; `notices` as `effective`.

    `late` counts from the oldest report that is missing. Nothing is stale while every report that is out is stored.
    """
    today = now.astimezone(NEW_YORK).date()
    start = min(today, *newest.values()) if newest else today
    # longer before and after than any delay so far
    days = expected_report_dates(start - timedelta(days=70), today + timedelta(days=70))
    calendar = [released(day, notices) for day in days]
    out = [release for release in calendar if release.release_at <= now]
    return FeedState(
        series={
            key: SeriesState(day, _state(now, day, out, calendar, stale_days))
            for key, day in newest.items()
        },
        expected_report_date=out[-1].report_date,
        expected_release_at=out[-1].release_at,
        next_release=next(release for release in calendar if release.release_at > now),
    )


def _state(
    now: datetime, newest: date, out: list[Release], calendar: list[Release], stale_days: int
) -> State:
    missing = next((release for release in out if release.report_date > newest), None)
    if missing:
        today = now.astimezone(NEW_YORK).date()
        if (today - newest).days > stale_days:
            return "stale"
        return "due" if now - missing.release_at <= DUE_FOR else "late"
    held_back = any(derived(r.report_date).release_at <= now < r.release_at for r in calendar)
    return "announced_delay" if held_back else "fresh"


_SCHEDULE_WORD: Final = re.compile(
    r"\b(?P<year>20\d\d)\b|\b(?P<month>January|February|March|April|May|June|July|August|September|October|November"
    r"|December)\b|(?<![\d:.])\b(?P<day>\d{1,2})\b(?![:\d])"
)


class ScheduleError(ValueError):
    """The release schedule page does not look like a year's table of release days."""

    def __init__(self, why: str) -> None:
        super().__init__(f"The release schedule could not be read: {why}.")


def parse_schedule(text: str, announced_on: date) -> list[Notice]:
    """The CFTC's table of release days (tags removed): a year, then per month the days.

    Every day must be a weekday that releases a report of its own, else nothing of the page is believed.
    """
    start = re.search(r"\b20\d\d\b\W+Dates\b", text)
    if start is None:
        raise ScheduleError("no year followed by dates")
    days = list(_schedule_days(text[start.start() :]))
    reports = [_released_on(day) for day in days]
    if len(days) < 4 or len(set(reports)) != len(days) or days != sorted(days):
        raise ScheduleError(f"{len(days)} days for {len(set(reports))} reports")
    return [
        Notice(report, at_release_time(day), "scheduled", announced_on)
        for report, day in zip(reports, days, strict=True)
    ]


def _schedule_days(table: str) -> Iterator[date]:
    year = month = 0
    for word in _SCHEDULE_WORD.finditer(table):
        if word["year"]:
            year, month = int(word["year"]), 0
        elif word["month"]:
            month = datetime.strptime(word["month"], "%B").replace(tzinfo=UTC).month
        elif month:
            try:
                yield date(year, month, int(word["day"]))
            except ValueError as error:
                raise ScheduleError(str(error)) from error


def _released_on(day: date) -> date:
    """The report a scheduled release belongs to: the newest counted at least two days before."""
    if day.weekday() > _FRIDAY:
        raise ScheduleError(f"{day} is no weekday")
    return max(expected_report_dates(day - timedelta(days=14), day - timedelta(days=2)))
