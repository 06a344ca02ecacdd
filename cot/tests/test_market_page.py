"""The page of one market: blocks, choices, neighbours, past instants."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils.translation import override

from core import versions
from core.templatetags.numbers import rounded
from cot.measures.standings import Episode
from cot.models import Lineage, Observation
from cot.pages import blocks_past, market_blocks, market_page
from cot.pages.neighbours import neighbours
from cot.selectors import dashboard, history
from cot.selectors.thresholds import thresholds
from cot.tests import loaded, market_data
from cot.variants import variant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
GOLD = "/cot/088691/"
EVIDENCE = ["flow", "longs", "shorts", "flips", "velocity", "triple",
            "interest", "divergence", "concentration", "power", "distribution", "sector"]  # fmt: skip


def page_of(client, query):
    return client.get(f"{GOLD}?{query}").content.decode()


def figure_of(html, key):
    return json.loads(
        re.search(rf'<script id="figure-{key}" type="application/json">(.*?)</script>', html)[1]
    )


def figures_of(browser, address=GOLD):
    """The figures that the page at this address names."""
    page = browser.get(address).content.decode()
    return browser.get(html.unescape(re.search(r'data-figures="([^"]+)"', page)[1])).json()


def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(web, guest):
    assert web().get(GOLD).url == f"/accounts/login/?next={GOLD}"
    assert web(guest).get(GOLD).status_code == 403


def test_the_star_of_a_market_tells_whether_it_is_on_the_own_list(web, owner, viewer):
    """A viewer's list is another."""
    page = web(owner)
    star = (
        r'(?s)<form class="star".*?<button\s+name="(\w+)"\s+value="088691"\s+aria-label="([^"]+)">'
    )
    assert re.search(star, page.get(GOLD).text).groups() == ("add", "Watch 088691")
    assert page.post("/cot/watch/", {"add": "088691", "next": GOLD}).url == GOLD
    assert re.search(star, page.get(f"{GOLD}table/").text).groups() == ("remove", "Unwatch 088691")
    assert re.search(star, web(viewer).get(GOLD).text).groups() == ("add", "Watch 088691")


def test_the_evidence_is_folded_each_with_its_sentence_guide_link_and_numbers(web, viewer):
    """Closed it says its sentence; what the group does first, then what it stands against; the first of each is open."""
    html = web(viewer).get(GOLD).content.decode()
    folded = re.findall(
        r'(?s)<details class="block-(\w+)"([^>]*)>(.*?)</section>', html[html.index("evidence") :]
    )
    assert [key for key, *_rest in folded] == EVIDENCE
    assert [key for key, more, _part in folded if "open" in more] == ["flow", "interest"]
    for key, _more, part in folded:
        assert re.search(r"<summary><h2>[^<]+</h2><span>[^<]{12,}</span></summary>", part), key
        assert re.search(r'class="help"\s+href="/cot/guide/\w+/#[\w-]+"', part), key
        assert re.search(r'class="chart-summary">[^<]{12,}<', part), key
        assert "<table" in part or "<dl" in part, key


def test_the_large_figure_has_net_of_one_group_over_its_scores_and_a_link_adds_the_others(
    web, viewer
):
    """The page draws what the endpoint answers, on one axis of days; the band is that of the lookback."""
    browser = web(viewer)
    found = history.of_market(variant("disagg", "fo"), "088691")
    board = dashboard.build(found, category="metals", weeks=52, lookback=52)
    one = figures_of(browser, f"{GOLD}?range=1Y")["net"]
    assert [(trace["name"], trace["yaxis"]) for trace in one["data"]] == [
        ("Managed Money", "y"),
        ("Index", "y2"),
        ("Percentile", "y2"),
    ]
    net, index, rank = (trace["y"] for trace in one["data"])
    assert net == list(board.columns["g3_net"])
    assert (index, rank) == (list(board.columns["index_g3"]), list(board.columns["rank_g3"]))
    band = one["layout"]["shapes"][0]
    assert (band["y0"], band["y1"]) == (board.band.p5, board.band.p95)
    assert (band["x0"], band["x1"]) == (str(board.key.first), "2026-02-24")
    more = re.search(r'href="([^"]*others=true[^"]*)"', browser.get(f"{GOLD}?range=1Y").text)[1]
    every = figures_of(browser, GOLD + html.unescape(more))["net"]
    assert [trace["name"] for trace in every["data"]] == [
        "Producer/Merchant", "Swap Dealers", "Managed Money", "Other Reportables", "Non-Reportable", "Index", "Percentile",
    ]  # fmt: skip


def test_what_the_band_is_and_what_is_grey_is_said_once_below_the_large_figure(web, viewer):
    """Without the reports of June 2025 the weeks from the third to the 24th are empty."""
    Observation.objects.filter(
        market="088691", report_date__year=2025, report_date__month=6
    ).delete()
    versions.bump("cot")
    html = web(viewer).get(GOLD).content.decode()
    said = "Grey: weeks without a report (3 Jun 2025 – 24 Jun 2025)."
    assert html.count(said) == 1
    below = html[html.index('id="net"') : html.index('id="standing"')]
    assert f"The band holds nine tenths of the last 52 observations. {said}" in below


def test_evidence_draws_the_newest_156_reports_and_the_large_figure_all(web, viewer, monkeypatch):
    """With fewer stored, 20 stand for the 156; the numbers of a block are all there are."""
    monkeypatch.setattr(market_blocks, "MOST", 20)
    versions.bump("cot")
    browser = web(viewer)
    figures = figures_of(browser, f"{GOLD}?range=all")
    assert len(figures["net"]["data"][0]["x"]) == 60
    assert {len(figures[key]["data"][0]["x"]) for key in ("flow", "power", "velocity")} == {20}
    rows = browser.get(f"{GOLD}block/?block=flow&range=all&format=csv").text.splitlines()
    assert len(rows) == 1 + 60


def test_every_figure_of_the_page_stands_in_it_as_svg_and_its_numbers_are_a_request_away(
    web, viewer
):
    """The picture needs no script; the numbers of a page in the browser's hands are not sent again."""
    browser = web(viewer)
    page = browser.get(GOLD).content.decode()
    figures = figures_of(browser)
    shown = dict(re.findall(r'(?s)data-chart="(\w+)"[^>]*>(.*?)</div>', page))
    assert list(shown) == list(figures)
    for key, part in shown.items():
        svg = ElementTree.fromstring(re.search(r'<svg class="drawn".*</svg>', part)[0])
        lines = "".join(path.get("d") for path in svg.iter("path") if path.get("class") == "line")
        traces = [trace for trace in figures[key]["data"] if trace.get("mode") == "lines+markers"]
        known = [value for trace in traces for value in trace["y"] if value is not None]
        points = lines.count("M") + sum(
            len(re.findall(r"-?\d+", run)) // 2 for run in re.findall(r"l([^M]+)", lines)
        )
        assert points == len(known), key
    assert "application/json" not in page
    address = html.unescape(re.search(r'data-figures="([^"]+)"', page)[1])
    held = browser.get(address)["ETag"]
    assert browser.get(address, headers={"if-none-match": held}).status_code == 304


def test_the_key_figures_are_those_of_the_newest_week(web, viewer):
    """Net is long less ten shorts; the score says over which reports it is made: sixty weeks from 7 January 2025."""
    html = web(viewer).get(GOLD).content.decode()
    net = int(market_data.longs()[-1]) - 10
    assert f'<span class="num long">+{net:,}</span>'.replace(",", "\u202f") in html
    assert "<dd>52 reports, 4 Mar 2025 – 24 Feb 2026</dd>" in html
    assert "<dd>60 of 156 reports, 7 Jan 2025 – 24 Feb 2026</dd>" in page_of(
        web(viewer), "lookback=156"
    )


def test_a_market_reported_now_and_then_says_so_instead_of_too_few(web, viewer):
    """Sixty reports, of which the newest 52 reach back three years: enough of them, too far apart.

    Silver was in every report of those years, so none is missing here.
    """
    since = market_data.FIRST - timedelta(weeks=120)
    loaded.load(loaded.weeks("084691", since, 180), variant("disagg", "fo"))
    weeks = list(Observation.objects.filter(market="088691").order_by("report_date"))
    for place, row in enumerate(weeks):
        earlier = timedelta(weeks=2 * (len(weeks) - 1 - place))
        Observation.objects.filter(pk=row.pk).update(report_date=row.report_date - earlier)
    versions.bump("cot")
    html = page_of(web(viewer), "")
    why = "reported too seldom: the observations reach too far back"
    assert "<dd>52 reports, 21 Mar 2023 – 24 Feb 2026</dd>" in html  # 153 weeks earlier
    assert f'title="{why}">—' in html
    assert f"no percentile: {why}" in html
    assert "too few observations for this window" not in html[: html.index("market-main")]


@pytest.mark.parametrize(
    "query",
    ["report=foo", "basis=xx", "range=9Y", "lookback=7", "as_of=yesterday", "group=zz", "group=g6"],
)
def test_a_word_the_page_does_not_know_is_named_above_what_it_shows_without(web, viewer, query):
    """422 for a bad literal, 400 for a bad instant; links on the page leave the word out."""
    answer = web(viewer).get(f"{GOLD}?{query}")
    assert answer.status_code == (400 if query.startswith("as_of") else 422)
    assert f"{query.partition('=')[0]}: “{query.partition('=')[2]}” is n" in answer.text
    assert answer.text.count("block-net") == web(viewer).get(GOLD).text.count("block-net") > 0
    assert not re.search(rf"""href="[^"]*{query}""", answer.text)


def test_an_unknown_code_is_looked_for_in_the_search(web, viewer):
    """404 with the search box filled."""
    answer = web(viewer).get("/cot/999999/")
    assert answer.status_code == 404
    assert re.search(r'type="search"\s+name="q"\s+value="999999"', answer.content.decode())


@pytest.mark.parametrize("code", ["%20", "0886911", "O'R", "8869%C3%9F"])
def test_what_can_be_no_code_is_not_found(web, viewer, code):
    """Six letters or digits, or five and a plus."""
    assert web(viewer).get(f"/cot/{code}/", follow=True).status_code == 404


def test_small_letters_lead_to_the_code(web, viewer):
    assert web(viewer).get("/cot/13874a/?range=1Y").url == "/cot/13874A/?range=1Y"
    assert web(viewer).get("/cot/13874a/table/").url == "/cot/13874A/table/"


@pytest.mark.parametrize(
    "path", ["/cot/12460+/", "/cot/12460%2B/", "/cot/12460+/table/", "/cot/12460+/charts/"]
)
def test_a_code_with_a_plus_works(web, viewer, path):
    answer = web(viewer).get(path)
    assert answer.status_code == 200
    assert '<code title="CFTC contract code">12460+</code>' in answer.content.decode()


def test_a_report_without_the_market_is_disabled_and_says_why(web, viewer):
    """Unavailable tabs are disabled with the reason; asked for all the same, the page explains."""
    html = web(viewer).get(GOLD).content.decode()
    assert re.search(r'<span aria-disabled="true" title="Legacy: [^"]+', html)
    answer = web(viewer).get(f"{GOLD}?report=legacy")
    assert answer.status_code == 404
    assert "Not in this report" in answer.content.decode()


def test_the_neighbours_follow_category_and_name(owner):
    """Keys [ and ] press rel=prev and rel=next. Indices come before metals, metals before grains."""
    before, after = neighbours("088691", "", owner)
    assert (before.code, after.code) == ("12460+", "002602")
    assert neighbours("12460+", "", owner)[0] is None


def test_the_neighbours_are_those_of_the_board_one_came_from(web, owner):
    """Sorted by code, the other way round: 12460+, 088691, 002602. The links carry the board and the moment on."""
    board = "universe=all&sort=-code"
    before, after = neighbours("088691", board, owner)
    assert (before.code, after.code) == ("12460+", "002602")
    before, after = neighbours("088691", "universe=all&sort=code", owner)
    assert (before.code, after.code) == ("002602", "12460+")
    page = web(owner).get(f"{GOLD}?board={quote(board)}&as_of=2026-01-30&group=g1").text
    turned = html.unescape(re.search(r'rel="next"\s+href="([^"]+)"', page)[1])
    assert turned == f"/cot/002602/?board={quote(board, safe='')}&as_of=2026-01-30"


def test_a_long_address_of_a_board_is_not_cut(web, owner):
    """Cut short it would be another board: the order stands last."""
    categories = "&".join(
        f"category={each}" for each in ("metals", "grains", "indices", "energy", "softs")
    )
    board = f"{categories}&universe=all&sort=code"
    page = web(owner).get(GOLD, {"board": board}).text
    turned = re.findall(r'rel="(prev|next)"\s+href="/cot/([^/]+)/', page)
    assert turned == [("prev", "002602"), ("next", "12460+")]


def test_a_board_sorted_by_names_is_turned_in_the_names_of_the_reader(owner):
    """Corn, Dow Jones, Gold; and Dow Jones, Золото, Кукурудза."""
    board = "universe=all&sort=plain_name"
    assert [each and each.code for each in neighbours("088691", board, owner)] == ["12460+", None]
    with override("uk"):
        after = neighbours("088691", board, owner)[1]
        assert after
        assert after.code == "002602"


@pytest.mark.parametrize(
    "board", ["category=grains&universe=all", "sort=astrology", "universe=moon"]
)
def test_of_a_board_without_the_market_the_neighbours_are_those_of_all(board, owner):
    assert neighbours("088691", board, owner) == neighbours("088691", "", owner)


def test_a_past_instant_shows_only_what_was_public_then_and_says_so(web, viewer):
    """The report of 2025-06-03 came on 2025-06-06; a day before, 2025-05-27 is the newest."""
    html = web(viewer).get(f"{GOLD}?as_of=2025-06-05").content.decode()
    assert "As known on Thu 5 Jun 2025, 23:59 New York." in html
    assert "<dd>Tue 27 May 2025</dd>" in html
    assert '<a class="link" href="?">Back to now</a>' in html
    assert re.search(
        r'type="date"\s+id="as-known-day"\s+name="as_of"\s+required\s+value="2025-06-05"', html
    )


def test_before_the_first_report_nothing_was_known(web, viewer):
    answer = web(viewer).get(f"{GOLD}?as_of=2024-01-01")
    assert answer.status_code == 200
    assert "Nothing was known yet" in answer.content.decode()


def test_the_numbers_of_a_block_come_as_csv_oldest_first(web, viewer):
    """CSV per block; 60 weeks, null stays empty."""
    answer = web(viewer).get(f"{GOLD}block/?block=net&format=csv&range=all")
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    about = dict(zip(rows[0][:10], rows[1][:10], strict=True))
    assert (about["code"], about["name"], about["category"]) == ('="088691"', "GOLD", "metals")
    assert (about["exchange"], about["units"], about["g3_name"]) == ("", "", "Managed Money")
    nets = [f"g{number}_net" for number in range(1, 6)]
    assert rows[0][10:] == ["report_date", *nets, "index_g3", "rank_g3", "z_g3"]
    assert len(rows) == 61
    assert (rows[1][10], rows[1][16:]) == ("2025-01-07", ["", "", ""])
    board = dashboard.build(
        history.of_market(variant("disagg", "fo"), "088691"), category="metals", weeks=None
    )
    assert [float(text) for text in rows[-1][11:]] == [
        board.columns[name][-1] for name in rows[0][11:]
    ]


def test_a_missing_number_of_a_block_says_why(web, viewer):
    """51 observations are too few for a rank over 52."""
    html = web(viewer).get(f"{GOLD}block/?block=net&range=all").content.decode()
    row = html[html.index("7 Jan 2025") :]
    assert 'title="too few observations for this window">—<' in row


def test_all_numbers_of_a_block_are_a_page_with_title_and_way_back(web, viewer):
    """The same numbers without JavaScript."""
    html = web(viewer).get(f"{GOLD}block/?block=flow").content.decode()
    assert "<h2>Net position flow</h2>" in html
    assert re.search(
        r'<caption class="visually-hidden">\s*Net position flow, Gold · GC, Disaggregated, Futures Only',
        html,
    )
    assert re.search(r'href="/cot/088691/\?[^"]+#flow">\s*Back to the figure', html)


def test_an_unknown_block_is_not_found(web, viewer):
    assert web(viewer).get(f"{GOLD}block/?block=astrology").status_code == 404


def test_the_guide_explains_every_block(client):
    """Each link of a block leads to an anchor of the guide."""
    page = market_page.open_market("088691", QueryDict())
    blocks = market_blocks.blocks(market_blocks.given_for(page, thresholds()))
    guide = client.get("/cot/guide/").content.decode()
    assert [block.guide for block in blocks if f'id="{block.guide}"' not in guide] == []


def test_the_warm_page_costs_few_queries_and_new_data_shows_at_once(
    web, viewer, django_assert_max_num_queries
):
    """At most 8 queries; never older than the data."""
    from core import versions

    reader = web(viewer)
    reader.get(GOLD)
    with django_assert_max_num_queries(8):
        first = reader.get(GOLD).content.decode()
    newest = Observation.objects.filter(market="088691").latest("report_date")
    Observation.objects.filter(pk=newest.pk).update(g3_long=4321)
    versions.bump("cot")
    second = reader.get(GOLD).content.decode()
    assert "4\u202f321" not in first
    assert "4\u202f321" in second


def test_no_element_carries_script_or_style_of_its_own(web, viewer):
    """Strict CSP."""
    for path in (GOLD, f"{GOLD}table/", f"{GOLD}charts/", "/cot/map/", "/cot/data/", "/cot/guide/"):
        html = web(viewer).get(path).content.decode()
        assert not re.search(r"<[^>]+\sstyle=|<[^>]+\son\w+=", html), path
        assert not re.search(r"<script(?![^>]*(\ssrc=|application/json))", html), path


def test_a_crowded_group_is_coloured_by_the_one_scale_and_a_sign_by_its_side(web, viewer):
    """A rank of 80 and above or 20 and below is crowded; net by its sign, the sign itself written too."""
    page = market_page.open_market("088691", QueryDict())
    board = market_blocks.given_for(page, thresholds()).board
    html = web(viewer).get(GOLD).content.decode()
    standing = html[html.index("block-standing") : html.index("block-moved")]
    rank = board.columns["rank_g3"][-1]
    css = ' class="crowd"' if rank >= 80 or rank <= 20 else ""
    assert f"<span{css}>{rounded(rank, 0)}</span>" in standing
    net = f'<span class="num long">+{board.columns["g3_net"][-1]:,}</span>'
    assert net.replace(",", "\u202f") in standing


SEAM = "2026-01-06"  # the 53rd of sixty reports


@pytest.fixture
def resized():
    Lineage.objects.create(
        code="088691", successor="088691", kind=Lineage.Kind.SIZE, from_date=SEAM, factor=5
    )
    versions.bump("cot")


def test_every_block_over_time_marks_a_change_of_the_contract_size(resized, web, viewer):
    """A line with words in the figure, a sentence below it, a mark in the numbers."""
    browser = web(viewer)
    html, figures = browser.get(f"{GOLD}?range=3Y").text, figures_of(browser, f"{GOLD}?range=3Y")
    for key in ("net", "flow", "interest", "longs", "shorts", "concentration", "power"):
        layout = figures[key]["layout"]
        assert layout["annotations"][-1]["text"] == "size × 5"
        assert layout["shapes"][-1]["x0"] == SEAM
        part = html.split(f'id="{key}"')[1].split("</section>")[0]
        assert re.search(r'<text class="note"[^>]*>size × 5</text>', part)
        assert "With the report of 6 Jan 2026: contract size changed, factor 5." in part
        assert "6 Jan 2026 · new contract size</th>" in part


def test_a_window_that_does_not_cross_the_seam_has_no_mark(resized, web, viewer):
    browser = web(viewer)
    html = browser.get(f"{GOLD}?range=1M").content.decode()
    assert "annotations" not in figures_of(browser, f"{GOLD}?range=1M")["flow"]["layout"]
    assert "contract size changed" not in html


@pytest.mark.parametrize("view", ["bubbles", "positions"])
def test_the_charts_mark_the_seam_too(resized, web, viewer, view):
    html = web(viewer).get(f"{GOLD}charts/?view={view}&range=all").content.decode()
    assert figure_of(html, "large")["layout"]["shapes"][-1]["x0"] == SEAM
    assert "With the report of 6 Jan 2026: contract size changed, factor 5." in html


def test_captions_of_numbers_say_market_report_basis_and_dates(web, viewer):
    html = web(viewer).get(f"{GOLD}?range=1M").content.decode()
    assert re.search(
        "Net positions and COT index, Gold · GC, Disaggregated, Futures Only, 3 Feb 2026 – 24 Feb 2026\\s*</caption>",
        html,
    )


@pytest.mark.parametrize(
    ("typed", "code"), [("88691", "088691"), ("13874a", "13874A"), (" 088691", "088691")]
)
def test_a_code_typed_otherwise_leads_to_its_page(web, owner, typed, code):
    answer = web(owner).get(f"/cot/{quote(typed)}/table/?report=legacy")
    assert (answer.status_code, answer["Location"]) == (302, f"/cot/{code}/table/?report=legacy")


def episodes_told(*known, lost=False):
    """The block of these runs: side, first and last day in March 2025, reports until back at 50."""
    page = market_page.open_market("088691", QueryDict())
    given = market_blocks.given_for(page, thresholds())
    runs = tuple(
        Episode(date(2025, 3, first), date(2025, 3, last), side, last - first + 1, back, running=running, lost=lost)
        for side, first, last, back, running in known
    )  # fmt: skip
    return blocks_past.episodes(replace(given, board=replace(given.board, episodes=runs)))


def test_the_last_times_at_this_extreme_are_told_with_how_long_they_took_back():
    """Long now: only the times it was long, without this one; the newest is named first."""
    block = episodes_told(
        ("long", 1, 3, 9, False), ("short", 5, 6, 7, False), ("long", 8, 8, 4, False), ("long", 11, 12, None, True)
    )  # fmt: skip
    assert block.rows == [date(2025, 3, 1), date(2025, 3, 8)]
    assert [list(series.values) for series in block.series[1:]] == [
        ["3 Mar 2025", "8 Mar 2025"],
        [3, 1],
        [9, 4],
    ]
    assert block.summary == (
        "At the extreme, long, for 2 reports. "
        "Earlier times were back at the 50th percentile after 4, 9 reports, the newest first."
    )


def test_away_from_the_extremes_the_last_five_times_at_either_are_told():
    block = episodes_told(*(("long", day, day, None, False) for day in range(1, 8)))
    assert [day.day for day in block.rows] == [3, 4, 5, 6, 7]
    assert block.series[-1].values == ["not so far"] * 5
    assert block.summary == (
        "Not at an extreme now. There is no earlier time that ended at the 50th percentile."
    )


def test_of_an_earlier_time_that_no_percentile_followed_nobody_says_that_it_lasts():
    block = episodes_told(("long", 1, 3, None, False), lost=True)
    assert block.series[-1].values == ["unknown: no percentile then"]


def test_of_a_market_never_at_an_extreme_there_is_nothing_to_tell():
    assert episodes_told() is None
