"""The guide: open to all, three doors and a page per section, with anchors that do not move."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from cot import guide
from cot.columns import DEFINITIONS
from cot.tests import market_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
GUIDE = "/cot/guide/"
PAGES = [section.address for section in (*guide.DOORS, *guide.SECTIONS)]


def ids(html):
    return re.findall(r'\bid="([^"]+)"', html)


@pytest.mark.parametrize("path", [GUIDE, f"{GUIDE}indicators/", f"{GUIDE}row/"])
def test_everybody_may_read_it(client, web, guest, path):
    assert client.get(path).status_code == 200
    assert web(guest).get(path).status_code == 200


def test_three_doors_stand_before_the_reference(client):
    html = client.get(GUIDE).text
    doors = html[html.index('class="guide-doors"') : html.index("The reference")]
    assert re.findall(r'href="([^"]+)"', doors) == [
        "/cot/guide/row/",
        "/cot/guide/friday/",
        "/cot/guide/traps/",
    ]
    assert "Read one row in 60 seconds" in doors


def test_the_pages_lead_from_one_to_the_next_until_the_last(client):
    seen, path = [], PAGES[0]
    while path:
        seen.append(path)
        following = re.search(r'rel="next" href="([^"]+)"', client.get(path).text)
        path = following[1] if following else ""
    assert seen == PAGES


def test_an_unknown_section_is_not_found(client):
    assert client.get(f"{GUIDE}moon/").status_code == 404


def test_one_row_is_read_with_the_numbers_of_a_stored_market(client):
    net = int(market_data.longs()[-1]) - 10
    assert f">{net:,}<".replace(",", "\u202f") in client.get(f"{GUIDE}row/").text


def test_the_traps_are_those_of_expiry_of_rates_and_of_neighbouring_weeks(client):
    assert {"roll", "basis-trade", "autocorrelation"} <= set(ids(client.get(f"{GUIDE}traps/").text))


def test_every_definition_is_there_with_formula_rule_and_rounding(client):
    found = []
    for path in PAGES:
        for key, card in re.findall(
            r'<article id="([^"]+)" class="definition">(.*?)</article>', client.get(path).text, re.S
        ):
            found.append(key)
            assert re.search(r'class="formula">[^<]+<', card)
            assert "Empty when" in card
            assert "Rounding" in card
    assert sorted(found) == sorted(entry.key for entry in DEFINITIONS)


def test_an_anchor_is_there_once(client):
    for path in (GUIDE, *PAGES):
        found = ids(client.get(path).text)
        assert len(found) == len(set(found)), path


def test_every_link_into_the_guide_arrives(client):
    """Anchors named in templates, and those of the definitions: on the page that the link opens."""
    linked = {
        anchor
        for path in Path(settings.BASE_DIR, "templates/cot").rglob("*.html")
        for anchor in re.findall(r'(?:guide|anchor)="([^"]+)"', path.read_text())
    }
    pages = {path: set(ids(client.get(path).text)) for path in PAGES}
    for anchor in linked | {entry.key for entry in DEFINITIONS}:
        path, _hash, place = guide.address_of(anchor).partition("#")
        assert place == anchor
        assert anchor in pages[path]


def test_an_address_from_before_the_pages_leads_to_the_line_that_links_on(client):
    """A browser keeps what stands behind the # to itself, so the front of the guide has every anchor too."""
    html = client.get(GUIDE).text
    for entry in DEFINITIONS:
        line = re.search(rf'<li id="{entry.key}">\s*<a href="([^"]+)"', html)
        assert line, entry.key
        assert line[1] == entry.page_anchor


def test_the_value_of_today_is_that_of_the_stored_market(client):
    """The newest net of gold stands beside its definition."""
    html = client.get(f"{GUIDE}report/").text
    card = re.search(r'<article id="gk_net".*?</article>', html, re.S)[0]
    net = int(market_data.longs()[-1]) - 10
    assert f"<b>{net:,}</b>".replace(",", "\u202f") in card
    assert "Gold · GC, Managed Money, 24 Feb 2026" in card


def test_words_find_definitions_of_all_sections(client):
    html = client.get(f"{GUIDE}?q=willco").text
    assert re.findall(r'<article id="([^"]+)"', html) == ["willco_gk"]
    assert "guide-doors" not in html


def test_words_that_find_nothing_say_so(client):
    html = client.get(f"{GUIDE}?q=%3Cmoon%3E").text
    assert "Nothing matches" in html
    assert "&lt;moon&gt;" in html
    assert "<moon>" not in html


def test_the_day_of_the_example_follows_the_language(client):
    """What is kept for one language is not shown in another."""
    client.get(f"{GUIDE}report/")
    ukrainian = client.get(f"{GUIDE}report/", headers={"accept-language": "uk"}).text
    assert "24 Feb 2026" not in ukrainian


def test_a_page_of_the_guide_costs_few_queries(client, django_assert_max_num_queries):
    client.get(f"{GUIDE}indicators/")
    with django_assert_max_num_queries(4):
        client.get(f"{GUIDE}indicators/")
