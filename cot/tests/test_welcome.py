"""The first steps of a new person: pick markets once, read a row once."""

from __future__ import annotations

import re

import pytest

from cot.errors import UnknownMarket
from cot.models import WatchItem
from cot.selectors import watchlist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]


def hint(page):
    found = re.search(r'<h2 id="hint">([^<]+)<', page.text)
    return found and found[1]


def test_a_new_person_is_asked_for_markets_and_then_told_how_to_read_a_row(web, owner):
    page = web(owner)
    assert hint(page.get("/cot/")) == "Pick your markets"
    page.post("/cot/start/", {"market": ["088691", "002602"]})
    assert hint(page.get("/cot/")) == "How to read a row"
    page.post("/cot/hint/", {"hint": "row", "next": "/cot/"})
    assert hint(page.get("/cot/")) is None


def test_what_was_put_away_does_not_come_back_and_leads_to_the_page_one_was_on(web, owner):
    page = web(owner)
    answer = page.post("/cot/hint/", {"hint": "markets", "next": "/cot/?universe=all"})
    assert (answer.status_code, answer.url) == (302, "/cot/?universe=all")
    assert hint(page.get("/cot/")) == "How to read a row"
    page.post("/cot/hint/", {"hint": "row"})
    assert hint(page.get("/cot/")) is None


def test_a_kept_board_does_not_bring_a_hint_back(web, owner):
    """The browser asks again with the tag of the page that still had it."""
    page = web(owner)
    tag = page.get("/cot/")["ETag"]
    page.post("/cot/hint/", {"hint": "markets"})
    assert page.get("/cot/", headers={"If-None-Match": tag}).status_code == 200


def test_the_majors_that_are_stored_are_chosen_beforehand_under_their_categories(web, owner):
    """Gold and corn are majors, the consolidated Dow is none."""
    html = web(owner).get("/cot/start/").text
    assert re.findall(r'name="market" value="(\w+)" checked>([^<]+?)\s*<', html) == [
        ("088691", "Gold · GC"),
        ("002602", "Corn · ZC"),
    ]
    assert re.findall(r"<legend>([^<]+)<", html) == ["Metals", "Grains &amp; oil crops"]


def test_who_follows_few_markets_starts_from_none(web, owner):
    page = web(owner)
    assert 'href="?none"' in page.get("/cot/start/").text
    html = page.get("/cot/start/?none").text
    assert re.findall(r'name="market" value="(\w+)"', html) == ["088691", "002602"]
    assert " checked" not in html


def test_picked_markets_stand_on_the_own_list_in_their_order(web, owner):
    answer = web(owner).post("/cot/start/", {"market": ["002602", "088691"]})
    assert (answer.status_code, answer.url) == (302, "/cot/")
    assert watchlist.codes(owner) == ["002602", "088691"]


def test_nothing_picked_is_a_list_of_nothing(web, owner):
    assert web(owner).post("/cot/start/").status_code == 302
    assert watchlist.codes(owner) == []


def test_markets_come_behind_those_on_the_list_and_none_twice(owner):
    watchlist.watch(user=owner, code="002602")
    watchlist.watch_all(user=owner, codes=["088691", "002602", "088691"])
    assert watchlist.codes(owner) == ["002602", "088691"]


def test_one_unknown_market_keeps_all_of_them_off_the_list(owner):
    with pytest.raises(UnknownMarket):
        watchlist.watch_all(user=owner, codes=["088691", "999999"])
    assert not WatchItem.objects.exists()


def test_a_viewer_picks_markets_too(web, viewer):
    page = web(viewer)
    assert hint(page.get("/cot/")) == "Pick your markets"
    page.post("/cot/start/", {"market": ["088691"]})
    assert watchlist.codes(viewer) == ["088691"]


def test_a_hint_that_nobody_gives_is_refused(web, owner):
    assert web(owner).post("/cot/hint/", {"hint": "moon"}).status_code == 400
