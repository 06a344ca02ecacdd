"""The map of crowded markets."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import numpy as np
import pytest

from core import versions
from cot.models import Market, Observation
from cot.pages import crowd_map
from cot.tests import market_data
from cot.variants import LEGACY, TFF

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]
WEEKS = 70


@pytest.fixture(scope="module")
def history(module_database):
    """Enough weeks for an index of a year and its change over a quarter."""
    with module_database():
        market_data.store(WEEKS)


def index(values):
    """The strict COT index of the last value, in one line."""
    return 100 * (values[-1] - values.min()) / (values.max() - values.min())


def test_the_map_is_index_its_change_and_share():
    """The index is 100·(x − min)/(max − min) over 52, now and 13 observations before."""
    net = market_data.longs(weeks=WEEKS) - 10
    now, before = index(net[-52:]), index(net[-65:-13])
    gold = next(
        point for point in crowd_map.points("fo", "core", "metals") if point.code == "088691"
    )
    assert (gold.index, gold.share) == (pytest.approx(now, abs=0.051), 100.0)
    assert gold.change == pytest.approx(now - before, abs=0.051)
    assert {point.code for point in crowd_map.points("fo", "core")} == {
        "088691",
        "002602",
        "12460+",
    } - _consolidated()


def test_the_map_shows_the_traders_that_play_the_role_in_each_market():
    """Of gold Managed Money, Producer/Merchant, Non-Reportable; each on its own numbers."""
    sold = (
        1000 + np.arange(WEEKS) % 40
    )  # of the producers: 1029 in the newest week, 1016 thirteen weeks before
    for week, short in zip(
        Observation.objects.filter(market="088691").order_by("report_date"), sold, strict=True
    ):
        Observation.objects.filter(pk=week.pk).update(g1_long=0, g1_short=int(short))
    versions.bump("cot")
    whose = {role: crowd_map.points("fo", "core", "metals", role) for role in crowd_map.ROLES}
    assert [point.group for point in whose["speculators"]] == ["MM"]
    [producers] = whose["counterpart"]
    assert (producers.group, producers.index, producers.change) == ("PM", 25.6, -33.3)
    assert whose["small"] == []  # flat: ten contracts long and short in every week


def test_a_market_without_a_counterpart_is_not_on_the_map_of_counterparts():
    """Of the financial report only four categories have one."""
    of = {role: crowd_map.group_of(role, TFF, "other") for role in crowd_map.ROLES}
    assert of == {"speculators": "g3", "counterpart": "", "small": "g5"}
    found = {
        name: crowd_map.group_of("counterpart", TFF, name)
        for name in ("rates", "currencies", "indices", "crypto")
    }
    assert found == {"rates": "g1", "currencies": "g1", "indices": "g2", "crypto": "g4"}
    assert crowd_map.group_of("counterpart", LEGACY, "other") == "g2"
    assert crowd_map.group_of("small", LEGACY, "other") == "g3"


def test_a_past_map_shows_what_was_public_then(web, viewer):
    """Without the newest report gold stands where it stood the week before."""
    newest = Observation.objects.filter(market="088691").latest("report_date")
    past = newest.known_at - timedelta(seconds=1)
    net = (market_data.longs(weeks=WEEKS) - 10)[:-1]
    [gold] = crowd_map.points("fo", "core", "metals", as_of=past)
    assert gold.index == pytest.approx(index(net[-52:]), abs=0.051)
    assert crowd_map.points("fo", "core", "metals") != [gold]
    html = web(viewer).get("/cot/map/", {"as_of": past.isoformat(), "category": "metals"}).text
    assert "As known on" in html
    assert 'href="?category=metals"' in html


def test_the_map_page_lets_choose_whose_positions_it_shows(web, viewer):
    """What is chosen by default is left out of the address."""
    client, links = web(viewer), ["?", "?role=counterpart", "?role=small"]
    for query, chosen in (("", "?"), ("?role=small", "?role=small")):
        tabs = (
            client.get(f"/cot/map/{query}")
            .text.partition('aria-label="Whose positions"')[2]
            .partition("</nav>")[0]
        )
        assert re.findall(r'href="([^"]*)"', tabs) == links
        assert re.findall(r'href="([^"]*)"[^>]*aria-current', tabs) == [chosen]
    assert client.get("/cot/map/?role=nobody").status_code == 422


def _consolidated():
    return set(Market.objects.filter(is_consolidated=True).values_list("code", flat=True))


def test_a_category_outside_the_core_is_on_the_map_of_all():
    Market.objects.filter(pk="088691").update(category="power_gas")
    assert "088691" not in {point.code for point in crowd_map.points("fo", "core")}
    assert "088691" in {point.code for point in crowd_map.points("fo", "all")}


def test_the_map_page_has_the_numbers_as_a_table_too(web, viewer):
    html = web(viewer).get("/cot/map/").content.decode()
    shown = json.loads(
        re.search(r'<script id="figure-map" type="application/json">(.*?)</script>', html)[1]
    )["data"][0]
    assert (
        len(shown["x"])
        == html.count('<a class="link" href="/cot/') - 0
        == len(crowd_map.points("fo", "core"))
    )
    assert np.isfinite(shown["x"]).all()


def test_the_map_calls_markets_as_people_do_and_says_the_name_of_the_cftc_second(web, viewer):
    """In the figure, which Plotly draws, and in the table of its numbers."""
    for language, called in (("en", "Gold · GC"), ("uk", "Золото · GC")):
        html = web(viewer).get("/cot/map/", headers={"Accept-Language": language}).text
        figure = json.loads(re.search(r'id="figure-map"[^>]*>(.*?)</script>', html, re.DOTALL)[1])
        assert ["088691", called] in [told[:2] for told in figure["data"][0]["customdata"]]
        table = html[html.index("<tbody>") :]
        row = re.search(r'href="/cot/088691/">(.*?)</th>', table, re.DOTALL)[1]
        assert re.sub(r"<[^>]+>|\s+", " ", row).split() == [*called.split(), "GOLD", "·", "088691"]
        assert 'title="GOLD · 088691"' in row
