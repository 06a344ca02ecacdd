"""The board as a page: address, filters, order, stars, CSV, weight."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html import unescape
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import timezone

from core import versions
from cot.catalogue.sought import searchable
from cot.models import BoardRow, Market, Observation, WatchItem
from cot.pages import board_cells
from cot.pages.board_columns import columns_of
from cot.pipeline import deriving
from cot.selectors import board, watchlist
from cot.selectors.board_query import BoardQuery
from cot.tests import loaded
from cot.tests.test_api_markets import get
from cot.variants import variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stored")]
DISAGG = variant("disagg", "fo")
FIRST = date(2025, 1, 7)
T = "\u202f"
NAMES = {"088691": "GOLD", "001602": "WHEAT-SRW", "023A55": "WAHA BASIS"}


@pytest.fixture(scope="module")
def stored(module_database):
    """Three markets of two weeks: gold is large and turned short, wheat is small, Waha is a gas basis."""
    facts = {
        "088691": {"open_interest": [500_000] * 2, "g3_long": [900, 100], "g3_short": [100, 12_445], "g3_long_change": [0, -800], "g3_short_change": [0, 12_345]},
        "001602": {"open_interest": [2_000] * 2, "g3_long": [50, 80]},
        "023A55": {"open_interest": [9_000] * 2},
    }  # fmt: skip
    categories = {"088691": "metals", "001602": "grains", "023A55": "power_gas"}
    with module_database():
        for code, own in facts.items():
            loaded.load(loaded.weeks(code, FIRST, 2, **own), DISAGG, categories)
            Market.objects.filter(pk=code).update(
                name=NAMES[code], search_text=searchable(code, [NAMES[code]], [], "")
            )
        deriving.rebuild_board([DISAGG])
        versions.bump("cot")


def shown(html: str) -> list[str]:
    return re.findall(r'<th scope=row><a href="([^"/]+)/', html)


def words_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html.partition(">")[2]).split())


def section_heads(html: str) -> list[str]:
    return re.findall(r'<tr class="section".*?<a [^>]*>([^<]+)', html, re.DOTALL)


def line_of(html: str, code: str) -> str:
    return next(part for part in html.split("<tr") if f'href="{code}/' in part)


# --- who, and the empty house ---


def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(web, guest):
    assert web().get("/cot/").url.startswith("/accounts/login/")
    assert web(guest).get("/cot/").status_code == 403


def test_without_reports_the_board_says_how_to_load_them(web, owner):
    for model in (BoardRow, Observation, Market):
        model.objects.all().delete()
    versions.bump("cot")
    html = web(owner).get("/cot/").text
    assert "No report is stored yet" in html
    assert "update_cot" in html


# --- what is shown ---


def test_the_board_starts_with_the_majors_under_their_categories(web, owner):
    """In the fixed order of the categories; the gas basis is no major."""
    html = web(owner).get("/cot/").text
    assert shown(html) == ["088691", "001602"]
    assert section_heads(html) == ["Metals", "Grains &amp; oil crops"]


def test_whatever_says_the_order_leaves_no_categories(web, owner):
    """A column to sort by, and words, go across all of them."""
    client = web(owner)
    for query in ("sort=-open_interest", "q=w"):
        assert section_heads(client.get(f"/cot/?universe=all&{query}").text) == []


def test_a_category_orders_its_markets_largest_first_while_none_is_extreme(web, owner):
    """States need 52 weeks, so open interest decides: copper of a thousand contracts stands below gold."""
    loaded.load(loaded.weeks("085692", FIRST, 2), DISAGG, {"085692": "metals"})
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")
    assert shown(web(owner).get("/cot/").text) == ["088691", "085692", "001602"]


def test_contracts_of_one_underlying_stand_on_one_line_until_it_is_opened(web, owner):
    """Micro gold folds under gold, whichever holds more contracts; alone after a filter, it has its own line."""
    loaded.load(
        loaded.weeks("088695", FIRST, 2, open_interest=[900_000] * 2), DISAGG, {"088695": "metals"}
    )
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")
    client = web(owner)
    closed = client.get("/cot/?universe=all&category=metals").text
    assert re.search(
        r'href="[^"]*open=088691#m088691"\s+aria-label="Open 088691, \+1 related">', closed
    )
    assert 'class="related"' in line_of(closed, "088695")
    opened = client.get("/cot/?universe=all&category=metals&open=088691").text
    assert 'class="related open"' in line_of(opened, "088695")
    alone = client.get("/cot/?universe=all&category=metals&q=088695").text
    assert "related" not in line_of(alone, "088695")


def test_a_line_opens_to_every_group_and_half_a_year_as_a_chart(web, owner):
    """Managed Money: 100 long less 12,445 short; on the page itself, without a script."""
    html = web(owner).get("/cot/?open=088691").text
    detail = html.partition('class="detail"')[2].partition("</section>")[0]
    names = re.findall(r'<th scope="row">([^<]+)', detail)
    assert names == [
        "Producer/Merchant",
        "Swap Dealers",
        "Managed Money",
        "Other Reportables",
        "Non-Reportable",
    ]
    assert f"−12{T}345" in detail
    assert f"Money managers are short 12{T}345" in detail
    assert 'class="drawn"' in detail
    assert re.search(r'href="\?#m088691"\s+aria-label="Close 088691"\s+aria-expanded', html)


def test_what_cannot_be_opened_changes_nothing(web, owner):
    """An unknown code, and more than six at once: a chart each."""
    client = web(owner)
    assert 'class="detail"' not in client.get("/cot/?open=nonsense").text
    many = "&".join(f"open=00000{n}" for n in range(9))
    assert client.get(f"/cot/?{many}&open=088691").text.count('class="detail"') == 1


def test_numbers_are_written_with_sign_thin_space_and_reason(web, owner):
    """Net 100 − 12 445; the rank needs 52 weeks."""
    gold = line_of(web(owner).get("/cot/").text, "088691")
    assert f">−12{T}345" in gold
    assert f">−13{T}145" in gold
    assert 'title="too few observations for this window">—' in gold


@pytest.mark.parametrize(("value", "css"), [(89.9, "position"), (90.0, "position crowd"), (10.1, "position"), (10.0, "position crowd")])  # fmt: skip
def test_a_rank_stands_at_its_place_and_wears_the_colour_of_crowding_from_the_ticks_on(value, css):
    """Ticks at 10 and 90; before its own mark the one of the week before, beside it the whole percentile."""
    column = next(
        column for column in columns_of("overview", "best")[1] if column.field == "spec_rank_1y"
    )
    row = {"spec_rank_1y": value, "spec_rank_1y_prev": 40.4, "too_small": False}
    shown = board_cells.cell(row, column)
    drawn = render_to_string("cot/board_mark.html", shown._asdict())
    assert f'class="{css}"' in drawn
    assert re.findall(r'<rect x="([\d.]+)%"/>', drawn) == ["40.4", f"{value:g}"]
    assert shown.text == f"{round(value)}"


def test_one_line_says_whose_reports_these_are_and_when_the_next_one_comes(web, owner):
    """Report day, the next release on the clock of New York, countdown; one day for all needs no kind."""
    html = web(owner).get("/cot/").text
    line = words_of(html.partition('id="report-line"')[2].partition("</p>")[0])
    assert re.search(
        r"Report of Tue 14 Jan 2025 next \w+ \d+ \w+ \d{4}, 15:30 New York, in \d", line
    )


def test_every_kind_of_report_has_its_own_day(web, owner):
    """The financial reports are a week ahead of those on commodities."""
    tff = variant("tff", "fo")
    loaded.load(loaded.weeks("099741", FIRST, 3), tff, {"099741": "currencies"})
    deriving.rebuild_board([DISAGG, tff])
    versions.bump("cot")
    line = web(owner).get("/cot/").text.partition('id="report-line"')[2].partition("</p>")[0]
    assert "Tue 21 Jan 2025 (financial) · Tue 14 Jan 2025 (commodities)" in words_of(line)


def test_a_board_of_one_report_says_which(web, owner):
    """The groups are those of one report: of legacy where none is chosen."""
    line = web(owner).get("/cot/?report=disagg").text.partition('id="report-line"')[2]
    assert "Tue 14 Jan 2025 (commodities)" in words_of(line.partition("</p>")[0])


def test_old_data_wears_a_band_that_says_since_when(web, owner):
    assert (
        "Out of date: complete only up to the report of Tue 14 Jan 2025."
        in web(owner).get("/cot/").text
    )


def test_where_reports_end_on_different_days_the_band_names_those_that_end_first(web, owner):
    """The financial reports are a week ahead of those on commodities."""
    tff = variant("tff", "fo")
    loaded.load(loaded.weeks("099741", FIRST, 3), tff, {"099741": "currencies"})
    deriving.rebuild_board([DISAGG, tff])
    versions.bump("cot")
    page = unescape(web(owner).get("/cot/").text)
    assert "Out of date: Disaggregated · Futures only up to the report of Tue 14 Jan 2025." in page


def test_a_past_instant_shows_only_what_was_public_and_says_so(web, owner):
    """The second report came out on 17 January 2025."""
    html = web(owner).get("/cot/?as_of=2025-01-16").text
    assert "As known on Thu 16 Jan 2025" in html
    assert ">+800" in line_of(html, "088691")
    assert web(owner).get("/cot/?as_of=yesterday").status_code == 400


def test_new_data_shows_at_once(web, owner):
    """A page is never older than the data."""
    client = web(owner)
    client.get("/cot/")
    Observation.objects.filter(market_id="088691", report_date=date(2025, 1, 14)).update(
        g3_long=200
    )
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")
    assert f">−12{T}245" in line_of(client.get("/cot/").text, "088691")


# --- filters, pills, order: all in the address ---


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("universe=all", {"088691", "001602", "023A55"}),
        ("category=grains", {"001602"}),
        ("category=grains&category=metals", {"001602", "088691"}),
        ("q=gol", {"088691"}),
        ("min_oi=3000", {"088691"}),
        ("report=disagg", {"001602", "088691"}),
    ],
)
def test_the_address_says_which_markets_are_shown(web, owner, query, codes):
    assert set(shown(web(owner).get(f"/cot/?{query}").text)) == codes


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("category", "zzz"), ("universe", "nonsense"), ("state", "nonsense"), ("signal", "HOLD"), ("sort", "bogus"),
        ("sort", ";drop"), ("min_oi", "many"), ("min_oi", "-1"), ("inactive", "perhaps"),
    ],
)  # fmt: skip
def test_page_file_and_endpoint_refuse_the_same_words_by_name(web, api, owner, name, value):
    """422; the page shows its default beside the words."""
    query = urlencode({name: value})
    html = web(owner).get(f"/cot/?{query}")
    assert html.status_code == 422
    assert f"{name}: " in html.text
    assert shown(html.text) == shown(web(owner).get("/cot/").text)
    assert web(owner).get(f"/cot/board.csv?{query}").status_code == 422
    assert api(owner).get(f"/api/v1/cot/screener-v2?{query}").status_code == 422


def test_what_the_form_leaves_empty_narrows_nothing(web, owner):
    answer = web(owner).get(
        "/cot/?q=&state=&signal=&min_oi=&category=&sort=&universe=&report=&basis=&columns="
    )
    assert shown(answer.text) == ["088691", "001602"]


@pytest.mark.parametrize(
    "address", ["/cot/?as_of=xx", "/cot/088691/?range=9Y", "/cot/map/?universe=zz"]
)
def test_a_malformed_address_is_answered_inside_the_shell(web, owner, address):
    answer = web(owner).get(address)
    assert answer.status_code in (400, 422)
    assert "data-search" in answer.text
    assert re.search(r"“(xx|9Y|zz)” is n", answer.text)


def test_pills_count_the_filtered_markets_of_every_category(web, owner):
    """Counts without the category filter."""
    html = web(owner).get("/cot/?universe=all&category=grains").text
    assert re.findall(r'class="pill"[^>]*>\s*([^<]+) <b>(\d+)</b>', html) == [
        ("All", "3"), ("Metals", "1"), ("Grains &amp; oil crops", "1"), ("Power &amp; gas basis", "1"),
    ]  # fmt: skip


def test_filtered_to_nothing_names_the_filters_and_offers_a_way_back(web, owner):
    html = web(owner).get("/cot/?q=zzz&state=flip&columns=windows").text
    assert "Nothing matches" in html
    assert "“zzz”" in html
    assert 'href="?columns=windows">Reset' in html


def test_a_head_sorts_by_its_column_and_says_so(web, owner):
    """Aria-sort; a second click turns the order round."""
    html = web(owner).get("/cot/?sort=-spec_net").text
    assert shown(html) == ["001602", "088691"]
    assert re.search(r'aria-sort="descending"[^>]*>\s*<a href="\?sort=spec_net">Net', html)
    assert shown(web(owner).get("/cot/?sort=spec_net").text) == ["088691", "001602"]


@pytest.mark.parametrize("columns", ["overview", "groups", "windows"])
def test_every_head_with_a_link_really_sorts(web, owner, columns):
    html = web(owner).get(f"/cot/?columns={columns}&report=disagg").text
    heads = re.findall(r'<th\s+scope="col"[^>]*>\s*<a href="\?[^"]*sort=(-?\w+)', html)
    assert len(heads) > 10
    for sort in set(heads):
        assert (
            len(shown(web(owner).get(f"/cot/?columns={columns}&report=disagg&sort={sort}").text))
            == 2
        )


def test_the_groups_of_a_report_stand_side_by_side(web, owner):
    html = web(owner).get("/cot/?columns=groups&report=disagg").text
    heads = re.findall(r'scope="colgroup" colspan="(\d)">([^<]+)<', html)
    names = [
        "Producer/Merchant",
        "Swap Dealers",
        "Managed Money",
        "Other Reportables",
        "Non-Reportable",
    ]
    assert heads == [*(("5", name) for name in names), ("4", "Market")]


def test_the_overview_is_of_one_group_and_needs_no_heads_over_its_columns(web, owner):
    assert 'class="group"' not in web(owner).get("/cot/?columns=overview&report=disagg").text


def test_the_change_of_a_total_is_the_same_on_page_endpoint_and_csv(web, api, owner):
    """Managed Money holds −800 + 12,345 = 11,545 more; what gold's first week does not print has a reason."""
    Observation.objects.filter(market="001602", report_date__gt=FIRST).update(g3_short_change=None)
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")
    choice = "columns=groups&report=disagg"
    html = web(owner).get(f"/cot/?{choice}").text
    assert f"+11{T}545" in line_of(html, "088691")
    assert 'title="no row the week before"' in line_of(html, "001602")
    rows = {
        row["code"]: row for row in api(owner).get("/api/v1/cot/screener/disagg/fo").json()["items"]
    }
    assert (rows["088691"]["g3_total_change"], rows["001602"]["g3_total_change"]) == (11_545, None)
    lines = {
        line["code"].strip('="'): line
        for line in csv.DictReader(io.StringIO(web(owner).get(f"/cot/board.csv?{choice}").text))
    }
    assert (lines["088691"]["g3_total_change"], lines["001602"]["g3_total_change"]) == ("11545", "")


def test_every_line_has_as_many_cells_as_the_head(web, owner):
    for columns in ("overview", "groups", "windows"):
        html = web(owner).get(f"/cot/?columns={columns}&report=disagg").text
        head = html[html.rindex("<tr>", 0, html.index("</thead>")) : html.index("</thead>")]
        wide = len(re.findall(r"<t[dh]\b", head))
        assert len(re.findall(r"<t[dh]\b", line_of(html, "088691"))) == wide, columns


def test_the_table_has_a_caption_and_scopes(web, owner):
    html = web(owner).get("/cot/").text
    caption = re.search(r"<caption[^>]*>([^<]+)", html)[1]
    assert "Best per market" in caption
    assert "Tue 14 Jan 2025" in caption


def test_a_market_opens_as_its_line_shows_it(web, owner):
    """Report, basis and instant go along; the market's own are not said."""
    Market.objects.filter(pk="001602").update(primary_report="legacy")
    versions.bump("cot")

    def links(query: str) -> list[str]:
        html = web(owner).get(f"/cot/?report=disagg&sort=name&{query}").text
        found = re.findall(r'<th scope=row><a href="([^"]+)"', html)
        return [re.sub(r"board=[^&]+(&amp;)?", "", each).rstrip("?") for each in found]

    assert links("") == ["088691/", "001602/?report=disagg"]
    past = "2025-01-20T00%3A00%3A00%2B00%3A00"
    assert links("as_of=2025-01-20T00:00:00Z") == [
        f"088691/?as_of={past}",
        f"001602/?report=disagg&amp;as_of={past}",
    ]
    assert web(owner).get(f"/cot/088691/?as_of={past}").status_code == 200


def test_a_past_board_names_its_newest_report_not_the_newest_of_all(web, owner):
    """Before the second week was public."""
    html = web(owner).get("/cot/?as_of=2025-01-14").text
    head = words_of(html.partition("<h1")[2].partition("board-tools")[0])
    assert "Newest report then: Tue 7 Jan 2025" in head
    assert "14 Jan 2025" not in head
    assert "next" not in head


def test_an_empty_list_says_how_to_fill_it(web, owner):
    """What it is for, the one next step."""
    html = web(owner).get("/cot/?universe=watch").text
    assert "Your list is empty" in html
    assert "Nothing matches" not in html


# --- stars ---


def test_a_star_puts_a_market_on_the_list_and_first(web, owner, stranger):
    """Watched rows first; the list is the person's own."""
    client = web(owner)
    assert client.post("/cot/watch/", {"add": "001602", "next": "/cot/?q=w"}).url == "/cot/?q=w"
    assert shown(client.get("/cot/").text) == ["001602", "088691"]
    assert shown(client.get("/cot/?universe=watch").text) == ["001602"]
    assert shown(web(stranger).get("/cot/").text) == ["088691", "001602"]


def test_a_star_is_taken_off_again(web, owner):
    client = web(owner)
    client.post("/cot/watch/", {"add": "001602"})
    assert re.search(r"name=remove\s+value=001602", client.get("/cot/").text)
    assert (
        client.post("/cot/watch/", {"remove": "001602"}, headers={"HX-Request": "true"}).status_code
        == 204
    )
    assert not WatchItem.objects.exists()


def test_a_viewer_keeps_a_list_too(web, api, viewer):
    client = web(viewer)
    assert "class=star" in client.get("/cot/").text
    client.post("/cot/watch/", {"add": "001602"})
    assert api(viewer).put("/api/v1/cot/watchlist/088691").status_code == 204
    assert api(viewer).get("/api/v1/cot/watchlist").json() == ["001602", "088691"]


# --- search ---


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("gold", "088691"), ("088691", "088691"), ("waha", "023A55"), ("Золото", "088691"), ("Chicago Wheat", "001602"),
        ("w", "001602"),  # a ticker of wheat; Waha, which is larger, only begins so
        ("базис", "023A55"),  # as the CFTC's "basis" is translated
        ("0", "088691"),  # of three that hold it, the largest
    ],
)  # fmt: skip
def test_enter_before_the_suggestions_opens_the_best_hit(web, owner, words, code):
    client = web(owner)
    assert client.get("/search/", {"q": words}).url == f"/cot/{code}/"
    suggested = client.get("/search/", {"q": words}, headers={"HX-Request": "true"}).text
    assert re.findall(r'data-href="([^"]+)"', suggested)[0] == f"/cot/{code}/"


def test_words_nobody_knows_end_on_the_board_that_says_so(web, owner):
    assert (
        web(owner).get("/search/", {"q": "unobtainium"}).url == "/cot/?q=unobtainium&universe=all"
    )


@pytest.mark.parametrize(
    ("language", "name", "basis"), [("en", "Gold", "Waha basis"), ("uk", "Золото", "Waha, базис")]
)
def test_a_suggestion_names_ticker_and_plain_name_first_and_the_cftc_second(
    web, owner, language, name, basis
):
    """Waha has no ticker: its code stands in that place."""
    asked = {"HX-Request": "true", "Accept-Language": language}
    html = web(owner).get("/search/", {"q": "0"}, headers=asked).text
    told = re.findall(
        r'<code>(.*?)</code>\s*<span>(.*?)<small class="printed">(.*?)</small></span>', html
    )
    assert ("GC", name, "GOLD · 088691") in told
    assert ("023A55", basis, "WAHA BASIS · 023A55") in told


def test_suggestions_are_grouped_by_category(web, owner):
    html = web(owner).get("/search/", {"q": "0"}, headers={"HX-Request": "true"}).text
    assert re.findall(r'role="group" aria-label="([^"]+)"', html) == [
        "Metals",
        "Power &amp; gas basis",
        "Grains &amp; oil crops",
    ]
    assert re.findall(r'data-href="([^"]+)"', html) == [
        "/cot/088691/",
        "/cot/023A55/",
        "/cot/001602/",
    ]


def test_a_market_elsewhere_leads_to_what_is_near(web, owner):
    """Milling wheat is traded in Paris: the page says so and links Chicago's; nothing is made of unknown words."""
    text = web(owner).get("/search/", {"q": "MATIF"}, follow=True).text
    assert "The CFTC reports no market of MATIF wheat. Near to it:" in text
    assert 'href="/cot/001602/">Chicago Wheat</a>' in text
    assert "The CFTC reports no market" not in web(owner).get("/cot/?q=unobtainium").text


def test_words_come_before_the_own_list_and_a_chosen_column_before_words(web, owner, api):
    """Both names begin with W, which is the ticker of wheat; Waha is larger and on the own list."""
    watchlist.watch(user=owner, code="023A55")

    def shown(**query: str) -> list[str]:
        page = web(owner).get("/cot/", {"universe": "all"} | query)
        return re.findall(r'<a href="(\w{6})/', page.text.partition("<tbody>")[2])

    assert shown()[0] == "023A55"
    assert shown(q="w") == ["001602", "023A55"]
    assert shown(q="w", sort="-open_interest") == ["023A55", "001602"]
    assert "aria-sort" not in web(owner).get("/cot/?q=w&universe=all").text
    for path in ("screener-v2", "screener/disagg/fo"):
        rows = get(api(owner), path, q="w", universe="all").json()["items"]
        assert [row["code"] for row in rows] == ["001602", "023A55"]
    rows = get(api(owner), "markets/disagg/fo", q="w").json()
    assert [row["code"] for row in rows] == ["001602", "023A55"]


def test_a_market_that_arrives_between_two_reads_of_the_board_is_drawn(web, owner):
    """The cells of all markets are kept from an earlier read; the data version rises only after the rows are there."""
    client = web(owner)
    assert 'href="002602/' not in client.get("/cot/?universe=all").text
    loaded.load(loaded.weeks("002602", FIRST, 2), DISAGG, {"002602": "grains"})
    deriving.rebuild_board([DISAGG])
    assert 'href="002602/' in client.get("/cot/?universe=all&inactive=true").text


def test_a_consolidated_code_is_found_with_its_plus(web, owner):
    """13874+."""
    loaded.load(loaded.weeks("13874+", FIRST, 1), DISAGG)
    assert web(owner).get("/search/?q=13874%2B").url == "/cot/13874+/"


# --- CSV, cost, weight ---


def test_the_csv_holds_the_markets_and_values_of_the_page(web, owner):
    """The page, the API and the CSV of one number are the same; a spreadsheet takes no code for a number."""
    answer = web(owner).get("/cot/board.csv?universe=all&sort=open_interest")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    rows = board.show("fo", BoardQuery(universe="all", sort=("open_interest",))).rows
    assert [line.pop("code") for line in lines] == [f'="{row["code"]}"' for row in rows]
    for line, row in zip(lines, rows, strict=True):
        for name, text in line.items():
            assert text == ("" if row[name] is None else str(row[name])), name


@pytest.mark.parametrize("columns", ["overview", "groups", "windows"])
def test_every_csv_says_whose_numbers_these_are_and_since_when_they_were_known(web, owner, columns):
    """Gold of Managed Money, out on the Friday after at 15:30 in New York; a code that a spreadsheet keeps as text."""
    text = web(owner).get(f"/cot/board.csv?columns={columns}&report=disagg").text
    gold = next(line for line in csv.DictReader(io.StringIO(text)) if line["code"] == '="088691"')
    said = {
        name: gold[name]
        for name in ("name", "plain_name", "ticker", "spec_group", "date", "release_at")
    }
    assert said == {
        "name": "GOLD", "plain_name": "Gold", "ticker": "GC", "spec_group": "g3",
        "date": "2025-01-14", "release_at": "2025-01-17T20:30:00Z",
    }  # fmt: skip
    assert gold["spec_change_pct_oi"] == "-2.6"  # 100·(−800 − 12,345)/500,000
    assert {"state", "state_side", "spec_rank_1y"} <= set(gold)


def test_a_name_in_the_csv_is_never_run_as_a_formula(web, owner):
    Market.objects.filter(pk="001602").update(name="=1+1")
    versions.bump("cot")
    assert '"=""001602""",\'=1+1,' in web(owner).get("/cot/board.csv").text


def test_a_warm_board_costs_three_queries_besides_session_and_person(
    web, owner, django_assert_num_queries
):
    client = web(owner)
    client.get("/cot/?universe=all")
    with django_assert_num_queries(6) as asked:
        client.get("/cot/?universe=all")
    tables = [re.search(r'FROM "(\w+)"', query["sql"])[1] for query in asked]
    assert tables[:3] == ["django_session", "accounts_user", "accounts_modulepermission"]
    assert tables[3:] == ["core_dataversion", "cot_watchitem", "cot_watchitem"]


def test_from_a_market_one_turns_to_the_one_below_it_on_the_board(web, owner):
    """The link of a line says which board it stands on, its page leads to the next line, and so on to the last."""
    client = web(owner)
    board = client.get("/cot/?universe=all&sort=-open_interest&basis=fo").text
    lines = re.findall(r'<th scope=row><a href="([^"]+)"', board)
    assert len(lines) > 2
    for line, below in pairwise(lines):
        page = client.get(f"/cot/{unescape(line)}").text
        following = re.search(r'rel="next"\s+href="([^"]+)"', page)[1]
        assert following.partition("?")[0] == f"/cot/{below.partition('?')[0]}"
    assert 'rel="next"' not in client.get(f"/cot/{unescape(lines[-1])}").text


def test_the_board_holds_no_inline_style_or_script(web, owner):
    html = web(owner).get("/cot/").text
    assert " style=" not in html
    assert not re.search(r"<script(?![^>]* src=)", html)


def test_the_feed_counts_down_from_now(web, owner):
    from cot.feed import feed_at

    feed = feed_at(timezone.now())
    assert feed.newest == date(2025, 1, 14)
    assert feed.seconds_to_next > 0
    assert not feed.demo


def test_scores_of_a_market_too_small_for_them_are_grey_and_come_last(web, owner):
    """Net of 490 moves by 9 of 1,000 contracts in a year: 0.9 % of open interest. Its z is higher than that of the other."""
    small = [500.0 + place % 2 * 8 for place in range(51)] + [509.0]
    loaded.load(loaded.weeks("002602", FIRST, 52, g3_long=small), DISAGG)
    large = [500.0 + place % 2 * 80 for place in range(52)]
    loaded.load(loaded.weeks("005602", FIRST, 52, g3_long=large), DISAGG)
    deriving.rebuild_board([DISAGG])
    versions.bump("cot")
    page = web(owner).get("/cot/?universe=all&sort=-spec_z_1y").text
    assert shown(page)[:2] == ["005602", "002602"]
    why = "too small: net hardly moved within the year, or was often zero"
    assert f'title="{why}"' in line_of(page, "002602")
    assert why not in line_of(page, "005602")


def test_a_quick_view_narrows_the_board_one_looks_at(web, owner):
    """It stays on the day, the universe, the report and the basis; words, categories and what lies open go."""
    seen = {
        "as_of": "2025-01-20", "universe": "all", "report": "disagg", "columns": "windows",
        "q": "gold", "category": "metals", "open": "088691",
    }  # fmt: skip
    html = web(owner).get("/cot/", seen).text
    views = html.partition('class="views"')[2].partition("</nav>")[0]
    links = [QueryDict(unescape(each)[1:]) for each in re.findall(r'href="([^"]+)"', views)]
    assert len(links) == 6
    for link in links:
        assert link["as_of"].startswith("2025-01-21T04:59:59")
        assert (link["universe"], link["report"], link["columns"]) == ("all", "disagg", "windows")
        assert not {"q", "category", "open"} & set(link)
    again = web(owner).get("/cot/", links[0]).text.partition('class="views"')[2]
    assert again.partition("</nav>")[0].count("aria-current") == 1


@pytest.mark.parametrize("query", ["as_of=2024-12-31&universe=all", "report=tff", "universe=watch"])
def test_a_board_without_a_report_says_so_and_names_no_day(web, owner, query):
    """Before the first report, of a report that is not stored, of an own list with nothing on it."""
    html = web(owner).get(f"/cot/?{query}").text
    assert "<h1>There is no report of these markets.</h1>" in html
    line = html.partition('id="report-line"')[2].partition("</p>")[0]
    assert "Report of" not in line
    assert "Newest report" not in line


def test_a_sheet_says_source_moment_and_the_address_of_this_board(web, owner):
    """On paper nothing else says which markets these are. The report of 14 January 2025 came on Friday the 17th."""
    page = web(owner).get("/cot/?universe=all&q=&sort=-open_interest").text
    foot = words_of(page.partition("sheet-foot")[2].partition("</p>")[0])
    assert "CFTC" in foot
    assert "As published until Fri 17 Jan 2025, 15:30 New York." in foot
    assert foot.endswith("http://testserver/cot/?universe=all&amp;sort=-open_interest")
