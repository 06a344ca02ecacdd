"""The chart pages of a market, and a map without enough history."""

from __future__ import annotations

import json
import re

import pytest

from cot.pages import crowd_map
from cot.tests import market_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
CHARTS = "/cot/088691/charts/"


def figure(client, path, key="large"):
    html = client.get(path).content.decode()
    return json.loads(
        re.search(rf'<script id="figure-{key}" type="application/json">(.*?)</script>', html)[1]
    )


@pytest.mark.parametrize("path", [CHARTS, "/cot/map/"])
def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(web, guest, path):
    assert web().get(path).url.startswith("/accounts/login/")
    assert web(guest).get(path).status_code == 403


def test_several_groups_are_added_up_in_bubbles(web, viewer):
    """60 weeks; the other groups are flat, so net of two groups is net of one."""
    one = figure(web(viewer), f"{CHARTS}?group=g3&range=all")["data"][0]["y"]
    both = figure(web(viewer), f"{CHARTS}?group=g3&group=g4&range=all")["data"][0]["y"]
    assert one == both == [int(value) - 10 for value in market_data.longs()]


def test_positions_draw_one_line_a_group(web, viewer):
    lines = figure(web(viewer), f"{CHARTS}?view=positions&group=g1&group=g3&range=1Y")["data"]
    assert [trace["name"] for trace in lines] == ["Producer/Merchant", "Managed Money"]
    assert len(lines[1]["y"]) == 52


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("view=bubbles", r"Report of 24 Feb 2026: net long [\d\u202f]+, unchanged\."),
        (
            "view=positions&group=g3&group=g4",
            r"Managed Money net long [\d\u202f]+; Other Reportables net flat\.",
        ),
        ("view=indicators&group=g3", r"Managed Money \d+\.\d\."),
    ],
)
def test_a_chart_says_its_newest_week_in_a_sentence(web, viewer, query, said):
    """A screen reader reads it where the eye sees the figure."""
    html = web(viewer).get(f"{CHARTS}?{query}").content.decode()
    label = re.search(r'data-chart="figure-large" role="group" aria-label="([^"]*)"', html)[1]
    assert re.search(said, label)
    assert label in html.split("<figcaption")[1]


def test_the_speculators_are_the_strong_line_where_they_are_chosen(web, viewer):
    lines = figure(web(viewer), f"{CHARTS}?view=positions&group=g1&group=g3")["data"]
    assert [trace["line"]["width"] for trace in lines] == [1.2, 2.2]


def test_without_a_group_the_speculators_are_shown(web, viewer):
    """A figure shows at least one group."""
    lines = figure(web(viewer), f"{CHARTS}?view=indicators&metric=3m&group=g9")["data"]
    assert [trace["name"] for trace in lines] == ["Managed Money"]


def test_without_a_price_the_page_says_so(web, viewer):
    """Partly missing, the rest still shows."""
    assert (
        "Price is not drawn: no price for this market." in web(viewer).get(CHARTS).content.decode()
    )


@pytest.mark.parametrize("query", ["view=pie", "metric=2y", "range=5D", "group=g3&group=g9"])
def test_a_word_the_charts_do_not_know_is_refused(web, viewer, query):
    assert web(viewer).get(f"{CHARTS}?{query}").status_code == 422


def test_the_map_holds_every_market_with_a_year_and_a_quarter_of_history():
    """60 weeks are 52 but not 52 + 13, so nobody has a change yet; consolidated codes never count."""
    assert crowd_map.points("fo", "core") == []
