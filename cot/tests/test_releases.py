"""The release calendar in the database."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cot.models import ReleaseNotice
from cot.pipeline import deriving
from cot.publication import releases
from cot.publication.calendar import Notice, at_release_time
from cot.tests import stored
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db


def test_the_shipped_exceptions_are_stored_once():
    """48 exceptions, and eleven weeks of the plan that was replaced."""
    assert releases.sync_notices() == 59
    assert releases.sync_notices() == 0
    assert ReleaseNotice.objects.count() == 59


def test_many_releases_cost_one_query(django_assert_num_queries):
    releases.sync_notices()
    days = [date(2025, 11, 10), date(2026, 2, 3)]
    with django_assert_num_queries(1):
        found = releases.releases(days)
    assert [(found[day].release_at, found[day].source) for day in days] == [
        (datetime(2025, 12, 10, 20, 30, tzinfo=UTC), "announced"),
        (datetime(2026, 2, 6, 20, 30, tzinfo=UTC), "derived"),
    ]


def test_a_time_stamp_of_a_weekly_file_is_stronger_than_the_rule():
    seen = datetime(2026, 2, 6, 20, 31, 7, tzinfo=UTC)
    notice = Notice(date(2026, 2, 3), seen, "published")
    assert releases.note([notice, notice], url="https://example.org/deafut.txt") == 1
    assert releases.note([notice]) == 0
    release = releases.releases([date(2026, 2, 3)])[date(2026, 2, 3)]
    assert (release.release_at, release.source) == (seen, "published")


def test_a_feed_without_any_report_is_stale():
    state = releases.feed_state(datetime(2026, 2, 7, tzinfo=UTC))
    assert (state.state, state.newest_report_date) == ("stale", None)
    assert state.expected_report_date == date(2026, 2, 3)
    assert state.next_release.release_at == at_release_time(date(2026, 2, 13))


def test_the_newest_report_is_that_of_any_variant_and_not_a_withdrawn_one(
    django_assert_num_queries,
):
    gold = stored.market()
    stored.observation(gold, date(2026, 1, 27), stored.source_file("disagg"))
    legacy = stored.source_file("legacy")
    stored.observation(gold, date(2026, 2, 3), legacy)
    stored.observation(
        gold, date(2026, 2, 10), legacy, withdrawn_at=datetime(2026, 2, 20, tzinfo=UTC)
    )
    with django_assert_num_queries(1):
        assert releases.newest_report_date() == date(2026, 2, 3)


def test_the_feed_is_as_fresh_as_the_series_that_is_furthest_behind():
    """Legacy has the week of 3 February, disaggregated ends the week before: due on the 6th, late three hours later."""
    gold = stored.market()
    stored.observation(gold, date(2026, 1, 27), stored.source_file("disagg"))
    stored.observation(gold, date(2026, 2, 3), stored.source_file("legacy"))
    deriving.rebuild_board(VARIANTS.values())
    found = releases.feed_state(datetime(2026, 2, 7, tzinfo=UTC))
    assert (found.state, found.behind) == ("late", ["disagg_fo"])
    assert found.newest_report_date == date(2026, 2, 3)
    assert {key: each.state for key, each in found.series.items()} == {
        "disagg_fo": "late",
        "legacy_fo": "fresh",
    }
