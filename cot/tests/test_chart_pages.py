"""The chart pages of a market, and the map (cot §13)."""

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

pytestmark = pytest.mark.django_db
CHARTS = "/cot/088691/charts/"


def index(values):
    """The strict COT index of the last value, in one line."""
    return 100 * (values[-1] - values.min()) / (values.max() - values.min())


@pytest.fixture
def gold(db):
    market_data.store()


def figure(client, path, key="large"):
    html = client.get(path).content.decode()
    return json.loads(re.search(rf'<script id="figure-{key}" type="application/json">(.*?)</script>', html)[1])


@pytest.mark.parametrize("path", [CHARTS, "/cot/map/"])
def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(gold, web, guest, path):
    assert web().get(path).url.startswith("/accounts/login/")
    assert web(guest).get(path).status_code == 403


def test_several_groups_are_added_up_in_bubbles(gold, web, viewer):
    """cot §13: 60 weeks; the other groups are flat, so net of two groups is net of one."""
    one = figure(web(viewer), f"{CHARTS}?group=g3&range=all")["data"][0]["y"]
    both = figure(web(viewer), f"{CHARTS}?group=g3&group=g4&range=all")["data"][0]["y"]
    assert one == both == [int(value) - 10 for value in market_data.longs()]


def test_positions_draw_one_line_a_group(gold, web, viewer):
    lines = figure(web(viewer), f"{CHARTS}?view=positions&group=g1&group=g3&range=1Y")["data"]
    assert [trace["name"] for trace in lines] == ["Producer/Merchant", "Managed Money"]
    assert len(lines[1]["y"]) == 52


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("view=bubbles", r"Report of 24 Feb 2026: net long [\d\u202f]+, unchanged\."),
        ("view=positions&group=g3&group=g4", r"Managed Money net long [\d\u202f]+; Other Reportables net flat\."),
        ("view=indicators&group=g3", r"Managed Money \d+\.\d\."),
    ],
)
def test_a_chart_says_its_newest_week_in_a_sentence(gold, web, viewer, query, said):
    """cot §13.7: to a screen reader too."""
    html = web(viewer).get(f"{CHARTS}?{query}").content.decode()
    label = re.search(r'data-chart="figure-large" role="group" aria-label="([^"]*)"', html)[1]
    assert re.search(said, label)
    assert label in html.split("<figcaption")[1]


def test_the_speculators_are_the_strong_line_where_they_are_chosen(gold, web, viewer):
    lines = figure(web(viewer), f"{CHARTS}?view=positions&group=g1&group=g3")["data"]
    assert [trace["line"]["width"] for trace in lines] == [1.2, 2.2]


def test_without_a_group_the_speculators_are_shown(gold, web, viewer):
    """cot §13: at least one group."""
    lines = figure(web(viewer), f"{CHARTS}?view=indicators&metric=3m&group=g9")["data"]
    assert [trace["name"] for trace in lines] == ["Managed Money"]


def test_without_a_price_the_page_says_so(gold, web, viewer):
    """pages §4: partly missing, the rest still shows."""
    assert "Price is not drawn: no price for this market." in web(viewer).get(CHARTS).content.decode()


@pytest.mark.parametrize("query", ["view=pie", "metric=2y", "range=5D"])
def test_a_word_the_charts_do_not_know_is_refused(gold, web, viewer, query):
    assert web(viewer).get(f"{CHARTS}?{query}").status_code == 422


def test_the_map_holds_every_market_with_a_year_and_a_quarter_of_history(gold):
    """cot §13: 60 weeks are 52 but not 52 + 13, so nobody has a change yet; consolidated codes never count."""
    assert crowd_map.points("fo", "core") == []


def test_the_map_is_index_its_change_and_share(monkeypatch, db):
    """cot §10.6: index = 100·(x − min)/(max − min) over 52, now and 13 observations before."""
    monkeypatch.setattr(market_data, "WEEKS", 70)
    market_data.store()
    net = market_data.longs() - 10
    now, before = index(net[-52:]), index(net[-65:-13])
    gold = next(point for point in crowd_map.points("fo", "core", "metals") if point.code == "088691")
    assert (gold.index, gold.share) == (pytest.approx(now, abs=0.051), 100.0)
    assert gold.change == pytest.approx(now - before, abs=0.051)
    assert {point.code for point in crowd_map.points("fo", "core")} == {"088691", "002602", "12460+"} - _consolidated()


def test_the_map_shows_the_traders_that_play_the_role_in_each_market(monkeypatch, db):
    """cot §9.12: of gold Managed Money, Producer/Merchant, Non-Reportable; each on its own numbers."""
    monkeypatch.setattr(market_data, "WEEKS", 70)
    market_data.store()
    sold = 1000 + np.arange(70) % 40  # of the producers: 1029 in the newest week, 1016 thirteen weeks before
    for week, short in zip(Observation.objects.filter(market="088691").order_by("report_date"), sold, strict=True):
        Observation.objects.filter(pk=week.pk).update(g1_long=0, g1_short=int(short))
    versions.bump("cot")
    whose = {role: crowd_map.points("fo", "core", "metals", role) for role in crowd_map.ROLES}
    assert [point.group for point in whose["speculators"]] == ["MM"]
    [producers] = whose["counterpart"]
    assert (producers.group, producers.index, producers.change) == ("PM", 25.6, -33.3)
    assert whose["small"] == []  # flat: ten contracts long and short in every week


def test_a_market_without_a_counterpart_is_not_on_the_map_of_counterparts():
    """cot §9.12: of the financial report only four categories have one."""
    of = {role: crowd_map.group_of(role, TFF, "other") for role in crowd_map.ROLES}
    assert of == {"speculators": "g3", "counterpart": "", "small": "g5"}
    found = {
        name: crowd_map.group_of("counterpart", TFF, name) for name in ("rates", "currencies", "indices", "crypto")
    }
    assert found == {"rates": "g1", "currencies": "g1", "indices": "g2", "crypto": "g4"}
    assert crowd_map.group_of("counterpart", LEGACY, "other") == "g2"
    assert crowd_map.group_of("small", LEGACY, "other") == "g3"


def test_a_past_map_shows_what_was_public_then(monkeypatch, db, web, viewer):
    """cot §13.3: without the newest report gold stands where it stood the week before."""
    monkeypatch.setattr(market_data, "WEEKS", 80)
    market_data.store()
    newest = Observation.objects.filter(market="088691").latest("report_date")
    past = newest.known_at - timedelta(seconds=1)
    net = (market_data.longs() - 10)[:-1]
    [gold] = crowd_map.points("fo", "core", "metals", as_of=past)
    assert gold.index == pytest.approx(index(net[-52:]), abs=0.051)
    assert crowd_map.points("fo", "core", "metals") != [gold]
    html = web(viewer).get("/cot/map/", {"as_of": past.isoformat(), "category": "metals"}).text
    assert "As known on" in html
    assert 'href="?category=metals"' in html


def test_the_map_page_lets_choose_whose_positions_it_shows(monkeypatch, db, web, viewer):
    """cot §13: universe, category, group role."""
    monkeypatch.setattr(market_data, "WEEKS", 70)
    market_data.store()
    client = web(viewer)
    for query, chosen in (("", "speculators"), ("?role=small", "small")):
        tabs = client.get(f"/cot/map/{query}").text.partition('aria-label="Whose positions"')[2].partition("</nav>")[0]
        assert re.findall(r'href="\?role=(\w+)"', tabs) == list(crowd_map.ROLES)
        assert re.findall(r'href="\?role=(\w+)"[^>]*aria-current', tabs) == [chosen]
    assert client.get("/cot/map/?role=nobody").status_code == 422


def _consolidated():
    return set(Market.objects.filter(is_consolidated=True).values_list("code", flat=True))


def test_a_category_outside_the_core_is_on_the_map_of_all(monkeypatch, db):
    """cot §9.7."""
    monkeypatch.setattr(market_data, "WEEKS", 70)
    market_data.store()
    Market.objects.filter(pk="088691").update(category="power_gas")
    assert "088691" not in {point.code for point in crowd_map.points("fo", "core")}
    assert "088691" in {point.code for point in crowd_map.points("fo", "all")}


def test_the_map_page_has_the_numbers_as_a_table_too(monkeypatch, db, web, viewer):
    """pages §5."""
    monkeypatch.setattr(market_data, "WEEKS", 70)
    market_data.store()
    html = web(viewer).get("/cot/map/").content.decode()
    shown = figure(web(viewer), "/cot/map/", "map")["data"][0]
    assert len(shown["x"]) == html.count('<a class="link" href="/cot/') - 0 == len(crowd_map.points("fo", "core"))
    assert np.isfinite(shown["x"]).all()
