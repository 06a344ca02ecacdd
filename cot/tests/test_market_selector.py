"""A market and the reports that hold it (cot §9.11), asked by page and endpoint alike."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cot.errors import UnknownMarket
from cot.selectors.market import find
from cot.tests import stored

pytestmark = pytest.mark.django_db
DAY = date(2026, 2, 3)


@pytest.fixture
def gold():
    """In both disaggregated reports, and in a legacy one whose only row was withdrawn."""
    market = stored.market()
    for subtype in ("co", "fo"):
        stored.observation(market, DAY, stored.source_file(subtype=subtype), g3_long=7, g3_short=2)
    gone = stored.instant(2026, 3, 1)
    stored.observation(market, DAY, stored.source_file("legacy"), withdrawn_at=gone)
    return market


def test_every_variant_that_ever_held_the_market_in_their_order(gold, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert find("088691") == (gold, ("legacy_fo", "disagg_fo", "disagg_co"))


@pytest.mark.parametrize("code", ["084691", "gold", "", "08869"])
def test_an_unknown_code_is_refused(gold, code):
    with pytest.raises(UnknownMarket):
        find(code)


def test_page_and_endpoint_offer_the_same_reports(web, api, owner, gold):
    available = api(owner).get("/api/v1/cot/dashboard/088691").json()["market"]["available_reports"]
    assert available == ["legacy_fo", "disagg_fo", "disagg_co"]
    html = web(owner).get("/cot/088691/").text
    assert set(re.findall(r'href="\?report=(\w+)', html)) >= {"legacy", "disagg"}
    assert not re.search(r'href="\?report=tff', html)
