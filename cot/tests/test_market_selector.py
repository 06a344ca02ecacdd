"""A market and the reports that hold it, asked by page and endpoint alike."""

from __future__ import annotations

import re
from datetime import date

import pytest

from cot.errors import UnknownMarket
from cot.models import Market, MarketName
from cot.selectors.market import find, former_names
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


def test_former_names_stand_once_each_newest_first(web, owner, gold):
    """Periods that differ in units or exchange only are one name; the present name is none of them."""
    periods = [("OLDE GOLDE", 2001, "x"), ("OLDE GOLDE", 2003, "y"), ("GOLD", 2005, "y"), ("GOLD #1", 2007, "y"), ("GOLD", 2009, "z")]  # fmt: skip
    for name, year, units in periods:
        first, last = date(year, 1, 4), date(year + 1, 12, 26)
        MarketName.objects.create(
            market=gold, name=name, units=units, first_date=first, last_date=last
        )
    assert former_names(gold) == [
        ("GOLD #1", date(2008, 12, 26)),
        ("OLDE GOLDE", date(2004, 12, 26)),
    ]
    html = web(owner).get("/cot/088691/").text
    assert re.findall(r"<span class=\"muted\">\s*(\S[^<]+ until [^<]*[^<\s])", html) == [
        "GOLD #1 until 26 Dec 2008",
        "OLDE GOLDE until 26 Dec 2004",
    ]


@pytest.mark.parametrize(
    ("units", "shown"),
    [
        ("(5 Bitcoins)", "5 Bitcoins"),
        ("2500 MMBtus", "2500 MMBtus"),
        ("(a) or (b)", "(a) or (b)"),
        ("", None),
    ],
)
def test_the_size_of_a_contract_is_shown_without_the_brackets_some_files_put_round_it(
    web, owner, gold, units, shown
):
    Market.objects.update(units=units)
    found = re.search(
        r'<p class="small in-parts">\s*<span>\s*([^<]*[^<\s])', web(owner).get("/cot/088691/").text
    )
    assert (found and found[1]) == (shown and shown[0].upper() + shown[1:])
