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
    assert re.findall(r"<span class=\"faint\">\s*(\S[^<]+ until [^<]*[^<\s])", html) == [
        "GOLD #1 until 26 Dec 2008",
        "OLDE GOLDE until 26 Dec 2004",
    ]


@pytest.mark.parametrize(
    ("language", "head", "below"),
    [
        ("en", "Gold · GC", ["COMEX", "100 troy ounces", "GOLD 088691"]),
        ("uk", "Золото · GC", ["COMEX", "100 тройських унцій", "GOLD 088691"]),
    ],
)
def test_the_head_calls_a_market_as_people_do_and_says_below_what_the_cftc_calls_it(
    web, owner, gold, language, head, below
):
    """With its exchange and what one contract is; nothing where the CFTC does not say that."""

    def told() -> tuple[str, str]:
        html = web(owner).get("/cot/088691/", headers={"Accept-Language": language}).text
        head = re.search(r"<h1>(.*?)</h1>.*?<p class=\"crumbs\">(.*?)</p>", html, re.DOTALL)
        called, crumbs = (" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in head.groups())
        return called, crumbs

    Market.objects.update(units="(CONTRACTS OF 100 TROY OUNCES)")
    called, crumbs = told()
    assert called == head
    assert all(part in crumbs for part in below), crumbs
    Market.objects.update(units="")
    assert below[1] not in told()[1]
