"""What strangers see of the newest report: a strip on the landing page, and the majors under /week/."""

from __future__ import annotations

import re
from datetime import date

import pytest
import time_machine

from core import versions
from cot.models import BoardRow, Market, Observation
from cot.pipeline import deriving
from cot.tests import loaded
from cot.variants import variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]
DISAGG = variant("disagg", "fo")
MARKETS = {"088691": "metals", "084691": "metals", "002602": "grains", "023A55": "power_gas"}


@pytest.fixture(scope="module")
def stored(module_database):
    """Gold, silver and corn are majors; a gas basis is none. A year of weeks, gold longer every week."""
    with module_database():
        for code in MARKETS:
            weeks = loaded.weeks(
                code,
                date(2025, 1, 7),
                52,
                open_interest=[9000] * 52,
                g3_long=[1000 + 10 * n if code == "088691" else 500 + n % 7 for n in range(52)],
            )
            loaded.load(weeks, DISAGG, MARKETS)
        deriving.rebuild_board([DISAGG])
        versions.bump("cot")


def lines(html):
    """The markets of the table from above to below."""
    return re.findall(r'<th scope=row>\s*<a href="(\w+)/[^"]*"', html)


def test_a_stranger_reads_the_majors_of_the_newest_report(web):
    """Gold: long 1510 and short 10 of the test file make +1 500, the highest of 52 weeks."""
    page = web().get("/week/")
    assert page.status_code == 200
    assert "+1\u202f500" in page.text
    # metals before grains, the extreme before what is calm
    assert lines(page.text) == ["088691", "084691", "002602"]


def test_the_landing_page_shows_known_markets_and_the_way_to_the_week(web):
    html = web().get("/").text
    strip = html[html.index('class="strip"') : html.index("</ul>", html.index('class="strip"'))]
    assert "Gold" in strip
    assert "+1\u202f500" in strip
    assert 'href="/week/"' in strip
    assert "Silver" not in strip  # one market of each kind


def test_a_warm_page_asks_the_database_nothing(web, django_assert_num_queries):
    web().get("/week/")
    with django_assert_num_queries(0):
        assert web().get("/week/").status_code == 200


def test_new_data_shows_after_half_a_minute_at_most(web):
    """Until then the page asks the database nothing, so it cannot know."""
    with time_machine.travel("2026-01-05T12:00:00Z", tick=False) as clock:
        web().get("/week/")
        Market.objects.filter(code="088691").update(category="softs")
        versions.bump("cot")
        before = web().get("/week/").text
        clock.shift(31)
        after = web().get("/week/").text
    assert lines(before) == ["088691", "084691", "002602"]
    assert lines(after) == ["084691", "002602", "088691"]


def test_the_address_takes_no_parameters(web):
    asked = web().get("/week/?universe=all&as_of=2020-01-01&q=gold").text
    assert lines(asked) == lines(web().get("/week/").text) != []


def test_an_installation_that_shows_nothing_in_public_leads_to_the_sign_in(web, settings):
    settings.PUBLIC_BOARD = False
    answer = web().get("/week/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    assert "Gold" not in answer.text
    assert 'class="strip"' not in web().get("/").text


def test_the_week_stands_above_the_majors_as_a_sentence_and_tiles_that_lead_to_the_board(web):
    """Gold is crowded long; nothing is said of a list that a stranger has not."""
    html = web().get("/week/").text
    assert "rowded long in Gold" in re.search(r"<h1>([^<]+)<", html)[1]
    tiles = re.findall(r'<a class="tile" href="(/cot/\?[^"]+)"', html)
    assert len(tiles) == 5
    assert "My list" not in html


def test_before_the_first_report_the_page_has_a_head_and_says_that_none_is_stored(web):
    for model in (BoardRow, Observation, Market):
        model.objects.all().delete()
    versions.bump("cot")
    page = web().get("/week/").text
    assert "<h1>This week</h1>" in page
    assert "No report is stored yet" in page


def test_paper_says_source_moment_and_address(web):
    page = web().get("/week/?from=a+friend").text
    foot = page.partition("sheet-foot")[2].partition("</p>")[0]
    assert "Source: CFTC Commitments of Traders" in foot
    assert "As published until" in foot
    assert "http://testserver/week/" in foot
    assert "friend" not in foot


def test_a_line_leads_over_the_sign_in_to_its_market(web):
    assert web().get("/week/088691/").url == "/cot/088691/"


def test_everything_else_stays_behind_the_sign_in(web):
    for path in ("/cot/", "/cot/088691/", "/cot/map/", "/cot/board.csv", "/cot/088691/table/"):
        answer = web().get(path)
        assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={path}")


def test_a_page_for_everybody_cannot_be_written_to(web):
    assert web().post("/week/").status_code == 405
