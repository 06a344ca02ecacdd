"""When reports become public."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cot.publication.calendar import (
    Notice,
    ScheduleError,
    at_release_time,
    derived,
    effective,
    expected_report_dates,
    feed_state,
    is_federal_holiday,
    parse_schedule,
    released,
    report_dates,
    resolve,
)
from cot.publication.releases import shipped_notices

# Report date → release day.
EXCEPTIONS = """
2018-12-24 2019-02-01  2018-12-31 2019-02-05  2019-01-08 2019-02-08  2019-01-15 2019-02-12  2019-01-22 2019-02-15
2019-01-29 2019-02-19  2019-02-05 2019-02-22  2019-02-12 2019-02-26  2019-02-19 2019-03-01  2019-02-26 2019-03-05
2019-03-05 2019-03-08  2020-12-21 2020-12-28  2021-06-15 2021-06-21  2023-01-31 2023-02-24  2023-02-07 2023-03-03
2023-02-14 2023-03-08  2023-02-21 2023-03-10  2023-02-28 2023-03-14  2023-03-07 2023-03-16  2023-03-14 2023-03-21
2025-09-30 2025-11-19  2025-10-07 2025-11-21  2025-10-14 2025-11-25  2025-10-21 2025-12-02  2025-10-28 2025-12-05
2025-11-04 2025-12-09  2025-11-10 2025-12-10  2025-11-18 2025-12-12  2025-11-25 2025-12-15  2025-12-02 2025-12-17
2025-12-09 2025-12-19  2025-12-16 2025-12-23  2025-12-23 2025-12-29  2025-12-30 2026-01-05  2026-06-16 2026-06-22
2026-06-30 2026-07-06  2026-11-10 2026-11-16  2026-11-24 2026-11-30  2026-12-22 2026-12-28  2025-01-07 2025-01-13
"""
# The starred days of the schedule of 2026.
STARRED = {
    date(2025, 12, 30): date(2026, 1, 5),
    date(2026, 6, 16): date(2026, 6, 22),
    date(2026, 6, 30): date(2026, 7, 6),
    date(2026, 11, 10): date(2026, 11, 16),
    date(2026, 11, 24): date(2026, 11, 30),
    date(2026, 12, 22): date(2026, 12, 28),
}


def new_york_day(instant: datetime) -> date:
    return (instant - timedelta(hours=5)).date()


def test_the_forty_exceptions_are_known():
    notices = shipped_notices()
    pairs = [
        (date.fromisoformat(a), date.fromisoformat(b))
        for a, b in re.findall(r"(\S+) (\S+)", EXCEPTIONS)
    ]
    assert len(pairs) == 40
    assert {day: new_york_day(resolve(day, notices).release_at) for day, _ in pairs} == dict(pairs)


def test_the_rule_gives_every_release_of_2026():
    """Fridays, and the Monday after for the starred ones."""
    reports = list(expected_report_dates(date(2025, 12, 30), date(2026, 12, 22)))
    by_rule = {day: new_york_day(derived(day).release_at) for day in reports}
    fridays = {day: day + timedelta(days=3) for day in reports if day not in STARRED}
    assert len(reports) == 52
    assert by_rule == fridays | STARRED


@pytest.mark.real
def test_the_seven_check_values_hold(golden: Path):
    expected = json.loads((golden / "golden_cot.json").read_text())["avail"]
    notices = shipped_notices()
    found = {day: resolve(date.fromisoformat(day), notices).release_at for day in expected}
    assert found == {
        day: datetime.fromisoformat(text.split(" = ")[0]) for day, text in expected.items()
    }
    assert len(found) == 7


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [("2026-03-06", 20), ("2026-03-13", 19), ("2026-10-30", 19), ("2026-11-06", 20)],
)
def test_the_release_stays_at_half_past_three_when_new_york_changes_its_clocks(day, utc_hour):
    """Clocks changed on 2026-03-08 and 2026-11-01."""
    assert at_release_time(date.fromisoformat(day)) == datetime.fromisoformat(
        f"{day}T{utc_hour}:30:00+00:00"
    )


@pytest.mark.parametrize("day", ["2024-03-26", "2026-03-31"])
def test_good_friday_is_an_ordinary_release_day(day):
    report = date.fromisoformat(day)
    assert new_york_day(derived(report).release_at) == report + timedelta(days=3)


def test_a_monday_holiday_changes_nothing():
    """Labor Day 2026-09-07."""
    assert is_federal_holiday(date(2026, 9, 7))
    assert new_york_day(derived(date(2026, 9, 8)).release_at) == date(2026, 9, 11)


def test_the_new_plan_replaces_the_old_one_also_where_it_lists_nothing():
    """The plan of 2025-11-18 had 2026-01-06 on 2026-01-16, that of 2025-12-09 says nothing of it."""
    notices = shipped_notices()
    old = [n for n in notices if n.report_date == date(2026, 1, 6)]
    assert [new_york_day(n.release_at) for n in old] == [date(2026, 1, 16)]
    release = resolve(date(2026, 1, 6), notices)
    assert (new_york_day(release.release_at), release.source) == (date(2026, 1, 9), "derived")


def test_a_replaced_plan_stays_true_for_what_it_had_already_released():
    """The report of 2025-11-04 came out on the day of the new plan, as the old one said."""
    release = resolve(date(2025, 11, 4), shipped_notices())
    assert (new_york_day(release.release_at), release.source) == (date(2025, 12, 9), "announced")


def test_the_strongest_source_wins_and_among_equal_ones_the_newest_announcement():
    day = date(2026, 2, 3)

    def notice(source: str, hour: int, announced: date | None = None) -> Notice:
        return Notice(day, datetime(2026, 2, 7, hour, tzinfo=UTC), source, announced)

    weak = [
        notice("scheduled", 1),
        notice("announced", 3, date(2026, 2, 5)),
        notice("announced", 2, date(2026, 2, 4)),
    ]
    assert resolve(day, weak).release_at.hour == 3
    assert resolve(day, [*weak, notice("observed", 4)]).release_at.hour == 4
    assert resolve(day, [notice("published", 5), *weak, notice("observed", 4)]).release_at.hour == 5


@pytest.mark.parametrize(
    ("day", "release", "uncertain"),
    [
        ("1986-01-15", "1986-01-24", True),
        ("1992-10-13", "1992-10-23", True),
        ("1995-03-07", "1995-03-17", True),
        ("1995-03-14", "1995-03-24", True),
        ("2000-07-03", "2000-07-14", True),
        ("2000-12-26", "2001-01-05", True),
        ("2001-01-02", "2001-01-05", False),
        ("2013-09-24", "2013-09-27", False),
        ("2013-10-01", "2013-10-25", True),
        ("2013-10-08", "2013-11-01", True),
        ("2013-10-15", "2013-11-01", True),
        ("2013-10-22", "2013-11-08", True),
        ("2013-10-29", "2013-11-08", True),
        ("2013-11-05", "2013-11-08", False),
        ("2014-12-23", "2014-12-30", False),
        ("2012-11-27", "2012-12-05", False),
        ("2007-01-03", "2007-01-08", False),
    ],
)
def test_releases_of_old_reports_and_whether_somebody_can_vouch_for_them(day, release, uncertain):
    """Printed every two weeks until 2000; announced as upper bounds after the shutdown of 2013."""
    found = resolve(date.fromisoformat(day), shipped_notices())
    assert (new_york_day(found.release_at), found.uncertain) == (
        date.fromisoformat(release),
        uncertain,
    )


@pytest.mark.parametrize(
    ("report_type", "day", "release", "uncertain"),
    [
        ("legacy", "2006-06-13", "2006-06-16", False),
        ("disagg", "2006-06-13", "2009-10-20", False),
        ("disagg", "2009-08-25", "2009-10-20", False),
        ("disagg", "2009-09-01", "2009-09-04", False),
        ("tff", "2006-06-13", "2010-07-23", True),
        ("tff", "2010-07-13", "2010-07-23", True),
        ("tff", "2010-07-20", "2010-07-23", False),
        ("tff", "2013-10-01", "2013-10-25", True),
    ],
)
def test_no_report_type_is_known_before_it_existed(report_type, day, release, uncertain):
    found = released(date.fromisoformat(day), effective(shipped_notices()), report_type)
    assert (new_york_day(found.release_at), found.uncertain) == (
        date.fromisoformat(release),
        uncertain,
    )


def test_no_phantom_report_stands_beside_a_stored_one():
    """Counted on 2000-07-04 although a holiday; nothing was counted in the week of 2001-09-11."""
    stored = {date(2000, 7, 4), date(2001, 9, 4), date(2001, 9, 18)}
    assert report_dates(stored, date(2000, 7, 1), date(2001, 9, 24)) == sorted(stored)
    later = report_dates(stored, date(2001, 9, 18), date(2001, 10, 3))
    assert later == [date(2001, 9, 18), date(2001, 9, 25), date(2001, 10, 2)]
    assert report_dates((), date(2001, 9, 18), date(2001, 9, 25)) == later[:2]


def test_a_notice_makes_an_uncertain_date_certain():
    """Unless it is an upper bound itself."""
    day = date(2013, 10, 8)
    assert not resolve(
        day, [Notice(day, at_release_time(date(2013, 10, 30)), "announced")]
    ).uncertain


def test_no_report_is_public_before_two_days_have_passed():
    """Looking ahead is the one error this calendar must never make."""
    start = date(1986, 1, 1)
    days = [start + timedelta(days=n) for n in range(365 * 41)]
    assert all(
        derived(d).release_at - at_release_time(d) >= timedelta(days=1, hours=23) for d in days
    )


@pytest.mark.parametrize(
    "day",
    [
        "2004-04-12",
        "2006-07-03",
        "2007-01-03",
        "2007-12-24",
        "2007-12-31",
        "2008-12-22",
        "2009-11-09",
        "2012-12-24",
        "2012-12-31",
        "2017-07-03",
        "2018-12-24",
        "2018-12-31",
        "2020-12-21",
        "2023-07-03",
        "2025-11-10",
    ],
)
def test_reports_dated_on_another_day_than_tuesday_are_expected_there(day):
    """The fifteen that occur in real files."""
    report = date.fromisoformat(day)
    week = timedelta(days=3)
    assert list(expected_report_dates(report - week, report + week)) == [report]
    assert list(expected_report_dates(report, report)) == [report]


def test_every_week_has_exactly_one_report():
    """No week is missing from the series."""
    days = list(expected_report_dates(date(2004, 1, 1), date(2026, 12, 31)))
    weeks = [day.isocalendar()[:2] for day in days]
    assert len(weeks) == len(set(weeks)) == 1200
    assert days == sorted(days)


def state(now: str, newest: str | None, notices: list[Notice] | None = None) -> str:
    series = {"disagg_fo": date.fromisoformat(newest)} if newest else {}
    return feed_state(
        datetime.fromisoformat(now + "Z"), series, effective(notices or shipped_notices()), 10
    ).state


@pytest.mark.parametrize(
    ("now", "newest", "expected"),
    [
        ("2026-07-17T19:29:59", "2026-07-07", "fresh"),  # the report of the 14th comes out at 19:30
        ("2026-07-17T19:30:00", "2026-07-07", "due"),
        ("2026-07-17T22:30:00", "2026-07-07", "due"),
        ("2026-07-17T22:30:01", "2026-07-07", "late"),
        ("2026-07-17T22:30:01", "2026-07-14", "fresh"),
        ("2026-07-18T12:00:00", "2026-07-07", "stale"),  # 11 days
        ("2026-06-21T12:00:00", "2026-06-09", "fresh"),  # 12 days, and the schedule says why
        ("2026-07-17T19:30:00", None, "stale"),
        (
            "2025-11-18T12:00:00",
            "2025-09-23",
            "announced_delay",
        ),  # 56 days, and the notices say why
        ("2025-11-21T12:00:00", "2025-09-30", "announced_delay"),
        ("2025-11-21T21:00:00", "2025-09-30", "stale"),
    ],
)
def test_the_state_of_the_feed(now, newest, expected):
    assert state(now, newest) == expected


@pytest.mark.parametrize(
    ("now", "expected", "behind"),
    [
        ("2026-07-17T19:00:00", "fresh", []),
        ("2026-07-17T20:00:00", "due", ["legacy_fo", "tff_co"]),
        ("2026-07-17T23:00:00", "late", ["legacy_fo", "tff_co"]),
        ("2026-07-18T12:00:00", "stale", ["legacy_fo", "tff_co"]),
    ],
)
def test_one_fresh_series_does_not_speak_for_those_that_are_behind(now, expected, behind):
    """Only disaggregated has the report of 14 July: released on the 17th at 19:30, late three hours later."""
    newest = {
        "tff_co": date(2026, 7, 7),
        "disagg_fo": date(2026, 7, 14),
        "legacy_fo": date(2026, 7, 7),
    }
    at = datetime.fromisoformat(now + "Z")
    found = feed_state(at, newest, effective(shipped_notices()), 10)
    assert (found.state, found.behind) == (expected, behind)
    assert found.series["disagg_fo"].state == "fresh"
    assert (found.newest_report_date, found.complete_until) == (
        date(2026, 7, 14),
        date(2026, 7, 7),
    )


def test_the_feed_names_the_newest_report_that_is_out_and_the_next_one():
    found = feed_state(datetime(2025, 12, 10, 21, tzinfo=UTC), {}, effective(shipped_notices()), 10)
    assert (found.expected_report_date, found.expected_release_at) == (
        date(2025, 11, 10),
        datetime(2025, 12, 10, 20, 30, tzinfo=UTC),
    )
    assert (found.next_release.report_date, found.next_release.source) == (
        date(2025, 11, 18),
        "announced",
    )


SCHEDULE = """
Release Schedule. The reports are released at 3:30 p.m. Eastern time. The following is a tentative schedule
through 2024.
2023 | Dates | December | 22 | 29 |
2024 | Dates | January | 05 | 12 | 19 | 26 | June | 07 | 14 | 24* | 28 | July | 08* | 12 |
*Delayed release date due to a Federal holiday. **Use of Monday Data, due to Tuesday US Holiday.
"""


def test_the_schedule_page_becomes_notices():
    notices = parse_schedule(SCHEDULE, date(2024, 1, 2))
    assert len(notices) == 12
    assert {n.source for n in notices} == {"scheduled"}
    days = {n.report_date: new_york_day(n.release_at) for n in notices}
    assert days[date(2023, 12, 19)] == date(2023, 12, 22)
    assert days[date(2024, 6, 18)] == date(2024, 6, 24)
    assert days[date(2024, 7, 2)] == date(2024, 7, 8)


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html>Service unavailable</html>",
        "2024 | Dates | January | 05 | 12",
        "2024 | Dates | January | 05 | 12 | 19 | 27 |",  # a Saturday
        "2024 | Dates | January | 05 | 12 | 19 | 32 |",
        "2024 | Dates | January | 05 | 04 | 12 | 19 |",  # two days for one report
    ],
)
def test_a_schedule_page_of_another_shape_is_not_believed(page):
    """Kept as text, calendar unchanged."""
    with pytest.raises(ScheduleError):
        parse_schedule(page, date(2024, 1, 2))
