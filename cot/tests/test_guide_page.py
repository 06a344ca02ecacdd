"""The guide: open to all, complete, with anchors that do not move."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from cot.columns import DEFINITIONS
from cot.tests import market_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
GUIDE = "/cot/guide/"


def ids(html):
    return re.findall(r'\bid="([^"]+)"', html)


def test_everybody_may_read_it(client, web, guest):
    assert client.get(GUIDE).status_code == 200
    assert web(guest).get(GUIDE).status_code == 200


def test_every_definition_is_there_with_formula_rule_and_rounding(client):
    html = client.get(GUIDE).content.decode()
    cards = re.findall(r'<article id="([^"]+)" class="definition">(.*?)</article>', html, re.S)
    assert [key for key, _ in cards] == [entry.key for entry in sorted(DEFINITIONS, key=_place)]
    for _, card in cards:
        assert re.search(r'class="formula">[^<]+<', card)
        assert "Empty when" in card
        assert "Rounding" in card


def _place(entry):
    return ["report", "indicators", "board", "blocks"].index(entry.section)


def test_an_anchor_is_there_once(client):
    found = ids(client.get(GUIDE).content.decode())
    assert len(found) == len(set(found))


def test_every_link_into_the_guide_arrives(client):
    """Anchors named in templates exist."""
    found = set(ids(client.get(GUIDE).content.decode()))
    linked = {
        anchor
        for path in Path(settings.BASE_DIR, "templates/cot").rglob("*.html")
        for anchor in re.findall(r'(?:guide|anchor)="([^"]+)"', path.read_text())
    }
    assert linked - found == set()


def test_the_value_of_today_is_that_of_the_stored_market(client):
    """The newest net of gold stands beside its definition."""
    html = client.get(GUIDE).content.decode()
    card = re.search(r'<article id="gk_net".*?</article>', html, re.S)[0]
    net = int(market_data.longs()[-1]) - 10
    assert f"<b>{net:,}</b>".replace(",", "\u202f") in card
    assert "Gold · GC, Managed Money, 24 Feb 2026" in card


def test_words_find_definitions_and_leave_the_texts_out(client):
    html = client.get(f"{GUIDE}?q=willco").content.decode()
    assert re.findall(r'<article id="([^"]+)"', html) == ["willco_gk"]
    assert "What it is" not in html


def test_words_that_find_nothing_say_so(client):
    html = client.get(f"{GUIDE}?q=%3Cmoon%3E").content.decode()
    assert "Nothing matches" in html
    assert "&lt;moon&gt;" in html
    assert "<moon>" not in html


def test_the_day_of_the_example_follows_the_language(client):
    """What is kept for one language is not shown in another."""
    client.get(GUIDE)
    assert (
        "24 Feb 2026" not in client.get(GUIDE, headers={"accept-language": "uk"}).content.decode()
    )


def test_the_guide_costs_few_queries(client, django_assert_max_num_queries):
    client.get(GUIDE)
    with django_assert_max_num_queries(4):
        client.get(GUIDE)
