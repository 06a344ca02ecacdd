"""Several markets in one chart: which, what of them, in words, as a table, at an earlier moment."""

from __future__ import annotations

import json
import math
import re

import pytest

from cot.tests import market_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
COMPARE = "/cot/compare/"
TWO = f"{COMPARE}?codes=088691&codes=002602"


def rank_of_the_newest(seed):
    """Share of the last 52 nets below the newest, equals counted half."""
    nets = (market_data.longs(seed) - 10)[-52:]
    below, equal = (nets < nets[-1]).sum(), (nets == nets[-1]).sum()
    return round(100 * (below + equal / 2) / 52, 1)


def test_the_newest_percentile_of_every_market_is_said_drawn_and_in_the_table(web, viewer):
    """Gold and corn of the test data, over their last 52 nets, whole: nobody reads the decimal of a percentile."""
    html = web(viewer).get(TWO).text
    gold, corn = (math.floor(rank_of_the_newest(seed) + 0.5) for seed in (3, 4))
    told = re.search(r'<figcaption class="chart-summary">([^<]+)<', html)[1]
    assert f"Gold · GC (Managed Money) {gold} on 24 Feb 2026" in told
    assert f"Corn · ZC (Managed Money) {corn} on 24 Feb 2026" in told
    row = html[html.index('<th scope="row">24 Feb 2026</th>') :]
    assert re.findall(r"<td>([\d.]+)</td>", row)[:2] == [str(gold), str(corn)]
    assert html.count('class="line"') >= 2


def test_net_over_open_interest_is_the_other_thing_to_compare(web, viewer):
    """850 of 5 000 is 17.0 per cent."""
    net = int(market_data.longs()[-1]) - 10
    html = web(viewer).get(f"{TWO}&value=share").text
    assert f"Gold · GC (Managed Money) {100 * net / 5000:.1f} on" in html


def test_the_figure_comes_apart_from_the_page_for_whoever_wants_more_of_it(web, viewer):
    html = web(viewer).get(TWO).text
    address = re.search(r'data-figures="([^"]+)"', html)[1].replace("&amp;", "&")
    figure = json.loads(web(viewer).get(address).content)["compare"]
    assert [trace["name"] for trace in figure["data"]] == ["Gold · GC", "Corn · ZC"]
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 2


def test_each_market_can_be_left_out_by_a_link(web, viewer):
    html = web(viewer).get(TWO).text
    assert re.search(r'href="\?codes=002602"\s+aria-label="Without Gold · GC"', html)


def test_a_market_that_nobody_knows_is_named_and_the_others_are_drawn(web, viewer):
    html = web(viewer).get(f"{TWO}&codes=999999").text
    assert "No market has the code 999999." in html
    assert 'data-chart="compare"' in html


def test_more_than_six_are_left_out_and_said_so(web, viewer):
    many = "&".join(f"codes={code}" for code in ("088691", *(f"90000{n}" for n in range(7))))
    html = web(viewer).get(f"{COMPARE}?{many}").text
    assert "Six markets fit one chart; 2 more were left out." in html


def test_a_market_named_twice_is_drawn_once(web, viewer):
    html = web(viewer).get(f"{COMPARE}?codes=088691&codes=088691").text
    assert html.count("Without Gold") == 1


def test_without_a_market_the_page_says_how_to_choose_one(web, viewer):
    html = web(viewer).get(COMPARE).text
    assert "Nothing to compare yet" in html
    assert '<option value="088691">Gold · GC</option>' in html
    assert web(viewer).get(f"{COMPARE}figures.json").status_code == 404


def test_an_earlier_moment_shows_only_what_was_public_then(web, viewer):
    """The report of 24 February came out on the 27th."""
    html = web(viewer).get(f"{TWO}&as_of=2026-02-26").text
    assert "on 17 Feb 2026" in html
    assert '<th scope="row">24 Feb 2026</th>' not in html


def test_a_word_the_address_may_not_say_is_explained(web, viewer):
    answer = web(viewer).get(f"{TWO}&value=moon")
    assert answer.status_code == 422
    assert "value: “moon” is none of percentile, share." in answer.text
    assert web(viewer).get(f"{TWO}&as_of=yesterday").status_code == 400


def test_strangers_are_sent_to_sign_in(web):
    assert web().get(COMPARE).status_code == 302
