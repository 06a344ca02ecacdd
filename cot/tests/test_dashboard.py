"""The blocks of a market page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cot.models import Market, Observation
from cot.pipeline import deriving
from cot.selectors import dashboard, history
from cot.tests import loaded
from cot.variants import DISAGG as REPORT
from cot.variants import variant

pytestmark = pytest.mark.django_db
DISAGG, TFF = variant("disagg", "fo"), variant("tff", "fo")
FIRST = date(2024, 1, 2)


def shown(code: str = "088691", of=DISAGG, category: str = "metals", **more) -> dashboard.Dashboard:
    return dashboard.build(history.of_market(of, code), category=category, **more)


def stored(count: int = 60, code: str = "088691", **facts) -> None:
    loaded.load(loaded.weeks(code, FIRST, count, **facts), DISAGG)


def test_without_prices_the_price_states_say_so():
    """Positions stand alone, with the reason."""
    stored(3)
    found = shown()
    assert found.columns["eight_state"] == [None] * 3
    span = {"reason": "no_price", "first": "2024-01-02", "last": "2024-01-16"}
    assert found.reasons["eight_state"] == found.reasons["oi_state"] == [span]


def test_with_prices_each_week_has_its_state():
    """Price up, longs up, shorts down; open interest up."""
    stored(2, g3_long_change=[5, 5], g3_short_change=[-5, -5])
    found = shown(closes=np.array([10.0, 11.0]))
    assert found.columns["eight_state"] == [None, "strong_bullish"]
    assert found.columns["oi_state"] == [None, "strong_demand"]


def test_flips_of_the_range_are_listed():
    """−10 → +20 → −30; the first lies outside a range of one week."""
    stored(3, g3_long=[10, 30, 0], g3_short=[20, 10, 30])
    assert [(flip.date, flip.side, flip.net, flip.size) for flip in shown().flips] == [
        (date(2024, 1, 9), "long", 20, 30),
        (date(2024, 1, 16), "short", -30, 50),
    ]
    assert [flip.side for flip in shown(weeks=1).flips] == ["short"]


def test_the_chosen_group_decides_the_blocks_and_the_speculators_keep_theirs():
    """Power and divergence stay with `spec_group`."""
    stored(2, g1_long=[40, 40], g3_long=[310, 310])
    found = shown(group=REPORT.group("g1"))
    assert (found.group.key, found.spec.key, found.key.long.value) == ("g1", "g3", 40)
    assert found.columns["bias"][-1] == 80.0
    assert (found.columns["power_long"][-1], found.columns["long_liquidation_risk"][-1]) == (
        31.0,
        True,
    )


def test_the_counterpart_of_a_financial_market_depends_on_its_category():
    loaded.load(loaded.weeks("099741", FIRST, 2), TFF)
    counterparts = {
        name: shown("099741", TFF, name).comm
        for name in ("currencies", "indices", "crypto", "other")
    }
    assert {name: group and group.key for name, group in counterparts.items()} == {
        "currencies": "g1", "indices": "g2", "crypto": "g4", "other": None,
    }  # fmt: skip
    assert shown("099741", TFF, "other").reasons["divergence"][0]["reason"] == "no_counterpart"


def test_a_counterpart_that_holds_nothing_is_none():
    stored(2, g1_long=[0, 0], g1_short=[0, 0])
    found = shown()
    assert (found.comm, found.spread_rank) == (None, None)


def test_concentration_names_both_sides_gross_and_net():
    facts = {"conc_gross4_long": [41.0], "conc_net4_long": [30.5], "conc_gross8_short": [50.0]}
    stored(1, g3_long=[30], **facts)
    found = shown()
    assert (
        found.concentration.side,
        found.concentration.zone,
        found.concentration.spread_books,
    ) == (
        "long",
        "elevated",
        True,
    )
    assert found.concentration_gross == {
        "top4_long": 41.0,
        "top4_short": None,
        "top8_long": None,
        "top8_short": 50.0,
    }
    assert found.concentration_net["top4_long"] == 30.5


def test_the_release_is_told_only_when_somebody_told_it():
    """A derived date is nobody's word."""
    stored(1)
    assert shown().published_at is None
    Observation.objects.update(release_source="announced")
    assert shown().published_at == Observation.objects.get().release_at


def test_the_sector_is_ranked_from_the_highest():
    """Ranks 99.0, 51.0 and 1.0, by hand: (below + ½)/52; the fourth market has no window."""
    rising, falling = list(range(100, 152)), list(range(151, 99, -1))
    level = [*range(100, 126), *range(127, 152), 126]
    for code, nets in (("088691", rising), ("084691", falling), ("075651", level)):
        stored(52, code, g3_long=nets)
    stored(5, "076651")
    Market.objects.update(category="metals")
    deriving.rebuild_board([DISAGG])
    found = dashboard.sector_context("075651", "fo", "metals")
    assert (found.category_median_rank, found.market_rank_in_category, found.n) == (51.0, 2, 3)
    assert dashboard.sector_context("088691", "fo", "metals").market_rank_in_category == 1
    assert dashboard.sector_context("076651", "fo", "metals").market_rank_in_category is None
    then = datetime(2024, 12, 31, tzinfo=UTC)  # Christmas moves the release to Monday the 30th
    assert dashboard.sector_context("075651", "fo", "metals", as_of=then) == found
    assert (
        dashboard.sector_context("075651", "fo", "metals", as_of=then - timedelta(weeks=2)).n == 0
    )


def test_blocks_need_no_query(django_assert_num_queries):
    """What they need was read before: the whole page may take eight."""
    stored(2)
    found = history.of_market(DISAGG, "088691")
    with django_assert_num_queries(0):
        dashboard.build(found, category="metals")
    with django_assert_num_queries(1):
        dashboard.sector_context("088691", "fo", "metals")
