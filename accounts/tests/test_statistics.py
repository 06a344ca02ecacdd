"""Statistics of accounts: totals that agree, local days, zero days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import time_machine

from accounts.models import User
from accounts.staff import charts
from accounts.staff.statistics import Day, statistics
from core.errors import InvalidRange

pytestmark = pytest.mark.django_db
STATS = "/api/v1/admin/stats"


@pytest.fixture
def people(make_person):
    """Registered around both ends of 25 October 2026 in Kyiv, a day of 25 hours: 24th 21:00 UTC to 25th 22:00 UTC."""
    instants = {
        "before": datetime(2026, 10, 24, 20, 59, 59, tzinfo=UTC),
        "first": datetime(2026, 10, 24, 21, 0, tzinfo=UTC),
        "repeated": datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        "last": datetime(2026, 10, 25, 21, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 10, 25, 22, 0, tzinfo=UTC),
    }
    for name, at in instants.items():
        user = make_person(name)
        User.objects.filter(pk=user.pk).update(created_at=at)


def test_a_day_of_25_hours_is_one_day_and_empty_days_are_there(people):
    numbers = statistics(date(2026, 10, 23), date(2026, 10, 27))
    assert [(day.date.day, day.count) for day in numbers.registrations_by_day] == [
        (23, 0), (24, 1), (25, 3), (26, 1), (27, 0),
    ]  # fmt: skip
    assert numbers.new_registrations == 5


def test_totals_agree_and_people_are_counted_once(admin, owner, guest, viewer, make_person):
    make_person("waiting", status="pending")
    make_person("new", status="unverified", email_verified_at=None, modules=["cot", "signals"])
    make_person("gone", status="disabled")
    numbers = statistics(date(2026, 1, 1), date(2026, 1, 1))
    assert (numbers.total_users, numbers.active_users, numbers.inactive_users) == (7, 4, 3)
    assert (numbers.verified_users, numbers.unverified_users) == (6, 1)
    assert numbers.by_role == {"viewer": 1, "user": 5, "admin": 1}
    assert numbers.by_permission == {"cot": 6, "journal": 5, "trading": 5, "signals": 6}


def test_at_most_four_queries_for_a_year(admin, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert len(statistics(date(2024, 1, 1), date(2024, 12, 31)).registrations_by_day) == 366


@pytest.mark.parametrize(
    ("start", "end"), [(date(2026, 1, 2), date(2026, 1, 1)), (date(2025, 1, 1), date(2026, 1, 2))]
)
def test_reversed_and_too_long_periods_are_refused(start, end):
    with pytest.raises(InvalidRange):
        statistics(start, end)


def test_today_in_kyiv_is_the_default_period(api, admin):
    """At 22:30 UTC it is tomorrow in Kyiv."""
    with time_machine.travel(datetime(2026, 7, 14, 22, 30, tzinfo=UTC), tick=False):
        body = api(admin).get(STATS).json()
    assert (body["period_from"], body["period_to"]) == ("2026-07-15", "2026-07-15")


@pytest.mark.parametrize(
    ("most", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (2, [0, 1, 2]),
        (5, [0, 1, 2, 3, 4, 5]),
        (6, [0, 2, 4, 6]),
        (7, [0, 2, 4, 6, 8]),
        (100, [0, 20, 40, 60, 80, 100]),
        (101, [0, 21, 42, 63, 84, 105]),
    ],
)
def test_the_axis_of_new_accounts_counts_whole_accounts_up_to_the_highest_bar(most, ticks):
    days = [Day(date(2026, 1, 1), most), Day(date(2026, 1, 2), 0)]
    numbers = SimpleNamespace(registrations_by_day=days)
    axis = charts.registrations_chart(numbers)["layout"]["yaxis"]
    low, high = axis["range"]
    assert list(range(low, high + 1, axis["dtick"])) == ticks
    assert axis["tick0"] == 0


@pytest.mark.parametrize(
    ("query", "status", "code", "wrong"),
    [
        ("date_from=2026-01-02&date_to=2026-01-01", 400, "invalid_range", ["date_from", "date_to"]),
        ("date_from=9999-12-31&date_to=9999-12-31", 400, "invalid_range", ["date_from", "date_to"]),
        ("date_from=0001-01-01&date_to=0001-01-01", 400, "invalid_range", ["date_from", "date_to"]),
        ("date_from=nonsense", 400, "invalid_date", ["date_from"]),
        ("date_to=2026-02-30", 400, "invalid_date", ["date_to"]),
        ("since=2026-02-03", 422, "unknown_parameter", ["since"]),
    ],
)
def test_what_is_wrong_with_a_period_is_said_by_the_name_of_each_parameter(
    api, admin, query, status, code, wrong
):
    answer = api(admin).get(f"{STATS}?{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["details"])) == (status, code, wrong)
    assert all(isinstance(texts, list) and texts[0] for texts in error["details"].values())
