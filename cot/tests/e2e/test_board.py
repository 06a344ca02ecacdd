"""The board in a real browser: keyboard, search, stars, both themes, phone."""

from __future__ import annotations

import os
import re
from datetime import date, timedelta
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect, sync_playwright

from core import versions
from cot.catalogue.sought import searchable
from cot.models import Market, WatchItem
from cot.pipeline.deriving import rebuild_board
from cot.publication import releases
from cot.tests import loaded
from cot.variants import variant

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NAMES = {"088691": ("GOLD", "metals"), "084691": ("SILVER", "metals"), "067651": ("CRUDE OIL", "energy"), "13874+": ("S&P 500 Consolidated", "indices")}  # fmt: skip


@pytest.fixture
def board(live_server, monkeypatch):
    """Four markets over sixty weeks, the most active one first."""
    monkeypatch.setenv(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # the test itself runs beside the browser's event loop
    rng = np.random.default_rng(3)
    frames = [
        loaded.weeks(code, date(2025, 1, 7), 60, open_interest=[1000.0 * (9 - n)] * 60, g3_long=rng.normal(0, 50, 60).cumsum().round() + 900)
        for n, code in enumerate(NAMES)
    ]  # fmt: skip
    loaded.load(
        pd.concat(frames, ignore_index=True),
        variant("disagg", "fo"),
        {c: kind for c, (_, kind) in NAMES.items()},
    )
    for code, (name, _) in NAMES.items():
        Market.objects.filter(pk=code).update(
            name=name, search_text=searchable(code, [name], [], "")
        )
    rebuild_board([variant("disagg", "fo")])
    versions.bump("cot")
    return live_server.url


@pytest.fixture
def week(live_server, monkeypatch, owner, web):
    """The same over a fresh week without a band: four markets and micro gold, each crowded long but silver."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    newest = releases.feed_state(timezone.now()).expected_report_date
    kinds = dict.fromkeys(("088691", "084691", "085692", "088695"), "metals") | {"067651": "energy"}
    frames = [
        loaded.weeks(code, newest - timedelta(weeks=59), 60, open_interest=[90_000.0 - 9_000 * n] * 60,
                     g3_long=1000.0 * np.arange(60) * (-1 if n == 1 else 1) + 60_000)
        for n, code in enumerate(kinds)
    ]  # fmt: skip
    loaded.load(pd.concat(frames, ignore_index=True), variant("disagg", "fo"), kinds)
    rebuild_board([variant("disagg", "fo")])
    versions.bump("cot")
    yield from opened(live_server.url, owner, web)


@pytest.fixture
def window(board, owner, web):
    """`window(width, theme)`: a signed-in page; `complaints` collects the console and requests to other origins."""
    yield from opened(board, owner, web)


def opened(board, owner, web):
    cookie = web(owner).cookies["sessionid"].value
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )

        def open_(width=1440, theme="light", **more):
            size = {"viewport": {"width": width, "height": 900}}
            context = chromium.new_context(base_url=board, color_scheme=theme, **size | more)
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": board}])
            page = context.new_page()
            page.complaints = []
            page.on(
                "console", lambda line: line.type == "error" and page.complaints.append(line.text)
            )
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on(
                "request",
                lambda request: (
                    urlsplit(request.url).netloc not in board
                    and page.complaints.append(request.url)
                ),
            )
            page.goto("/cot/?universe=core")
            return page

        yield open_
        chromium.close()


def shoot(page, name):
    """A picture of the page for people, when SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/board-{name}.png")


def names(page):
    return page.locator("tbody tr:not(.section) th a").all_inner_texts()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_board_is_clean_in_both_themes_and_widths(window, theme, width):
    """No complaint of the console, no other origin, no sideways scroll, axe clean."""
    page = window(width, theme)
    expect(page.locator("tbody tr:not(.section) th")).to_have_count(4)
    shoot(page, f"{theme}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    assert page.complaints == []


def ground(page, selector, part=""):
    return page.evaluate(
        "([css, part]) => getComputedStyle(document.querySelector(css), part).backgroundColor",
        [selector, part],
    )


def test_where_the_system_chooses_the_colours_the_chosen_segment_and_the_feed_are_still_seen(
    window,
):
    """Forced colours take grounds and shadows away: the chosen one of a few would look like the others."""
    page = window(forced_colors="active")
    canvas = ground(page, "body")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert ground(page, ".segmented [aria-current]") not in (
        canvas,
        ground(page, ".segmented a:not([aria-current])"),
    )
    assert ground(page, ".feed", "::before") != canvas


def test_ticked_markets_open_in_one_chart(window):
    """The first press shows the boxes, the second opens the chart; a filter between them forgets no tick."""
    page = window()
    compare = page.get_by_role("button", name="Compare")
    compare.click()
    page.get_by_role("checkbox", name="Compare Gold").check()
    page.get_by_label("Code, name, ticker or exchange").fill("silver")
    expect(page.locator("tbody tr[id]")).to_have_count(1)
    page.get_by_role("checkbox", name="Compare Silver").check()
    compare.click()
    page.wait_for_url("**/cot/compare/?codes=088691&codes=084691")
    expect(page.locator(".legend li")).to_have_count(2)
    assert page.complaints == []


@pytest.mark.parametrize(("width", "height", "lowest"), [(1440, 900, 330), (390, 844, 420)])
def test_the_first_market_stands_on_the_first_screen(week, width, height, lowest):
    """Below the sentence, six tiles and the controls in one row; on a phone each tile is a line of 32 pixels."""
    page = week(width, viewport={"width": width, "height": height})
    tiles = page.locator(".tile").all()
    assert len(tiles) == 6
    assert page.locator("h1").inner_text().startswith("Crowded long in")
    assert page.locator("tbody tr[id]").first.bounding_box()["y"] <= lowest
    tops = {round(tile.bounding_box()["y"]) for tile in tiles}
    if width == 390:
        assert {tile.bounding_box()["height"] for tile in tiles} == {32}
        assert page.locator(".site-head").bounding_box()["height"] <= 56
        expect(page.locator("#report-line")).to_be_hidden()
        page.locator("button.feed").click()
        expect(page.locator("#report-line")).to_contain_text("Report of")
    else:
        assert len(tops) == 1
        assert page.locator(".board-tools").bounding_box()["height"] <= 40
    assert page.complaints == []


def test_print_holds_every_market_on_white(week):
    """Siblings that are folded on the screen too; no controls."""
    page = week(1440, "dark")
    page.emulate_media(media="print")
    rows = page.locator("tbody tr:not(.section)")
    assert rows.count() == page.locator("tbody tr:not(.section):visible").count() == 5
    expect(page.locator(".board-tools")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") in ("light", "only light")


def test_a_tile_shows_the_markets_it_counts_and_lets_go_again(week):
    page = week()
    tile = page.locator(".tile").first
    count = int(tile.locator("b i").inner_text())
    tile.click()
    expect(page.locator("tbody tr[id]:visible")).to_have_count(count)
    expect(tile).to_have_attribute("aria-current", "true")
    tile.click()
    expect(page.locator("tbody tr[id]:visible")).to_have_count(4)
    page.wait_for_url("**/cot/?universe=core")


def test_siblings_show_where_their_main_contract_is_opened(week):
    page = week(java_script_enabled=False)
    expect(page.locator("#m088695")).to_be_hidden()
    page.get_by_role("link", name="Open 088691, +1 related").click()
    expect(page.locator("#m088695")).to_be_visible()
    expect(page.locator("tr.detail .drawn").first).to_be_visible()


def test_keys_move_the_rows_star_them_and_list_themselves(window):
    """`j`, `k`, `s`, `?`, Escape."""
    page = window()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr[aria-selected=true] th a")).to_be_focused()
    code = page.locator("tr[aria-selected=true] button").get_attribute("value")
    with page.expect_response("**/cot/watch/") as answer:
        page.keyboard.press("s")
    assert answer.value.status == 204
    assert list(WatchItem.objects.values_list("market_id", flat=True)) == [code]
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.goto(f"/cot/{code}/")
    with page.expect_response("**/cot/watch/"):
        page.keyboard.press("s")
    expect(page.get_by_role("button", name=f"Watch {code}", exact=True)).to_be_visible()
    assert not WatchItem.objects.exists()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/cot/map/")
    assert [text for text in page.complaints if "inline style" not in text] == []


def test_the_search_is_a_combobox_by_keyboard(window):
    """`/` opens, arrows choose, Enter goes; a code with + survives."""
    page = window()
    page.keyboard.press("/")
    page.keyboard.type("consol")
    option = page.locator("[role=option]")
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cot/13874+/**")


def test_enter_goes_by_the_words_and_not_by_a_list_for_others(window):
    """What is listed still answers the words before: the server is asked for these."""
    page = window()
    page.keyboard.press("/")
    page.keyboard.type("consol")
    expect(page.locator("[role=option]")).to_have_count(1)
    page.locator("[data-search]").fill("XAGUSD")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cot/084691/**")


@pytest.mark.parametrize(
    ("words", "code"), [("нафта", "067651"), ("GC=F", "088691"), ("0", "088691")]
)
def test_enter_at_once_opens_the_best_hit(window, words, code):
    """Before any suggestion shows; of several that hold the words, the one that would be suggested first."""
    page = window()
    page.keyboard.press("/")
    page.locator("[data-search]").fill(words)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cot/{code}/**")


def test_an_answer_that_comes_after_escape_opens_no_list(window):
    page = window()
    asked = []
    page.route("**/search/**", lambda route: asked.append(route))
    page.keyboard.press("/")
    with page.expect_request("**/search/**"):
        page.keyboard.type("gold")
    page.keyboard.press("Escape")
    asked[0].continue_()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-search]")).to_have_attribute("aria-expanded", "false")
    expect(page.locator("[role=listbox]").first).to_be_hidden()


def test_filters_swap_the_table_and_write_the_address(window):
    """htmx swaps the result and pushes the URL; the way back works."""
    page = window()
    page.keyboard.press("f")
    page.keyboard.type("silv")
    expect(page.locator("tbody tr:not(.section) th")).to_have_count(1)
    page.wait_for_url("**q=silv**")
    page.get_by_role("link", name="Windows", exact=True).click()
    page.wait_for_url("**columns=windows**")
    assert "q=silv" in page.url
    expect(page.locator("tbody tr:not(.section) th")).to_have_count(1)
    page.get_by_label("Code, name, ticker or exchange").fill("")
    expect(page.locator("tbody tr:not(.section) th")).to_have_count(4)
    assert "columns=windows" in page.url
    assert page.complaints == []


def test_a_head_sorts_and_says_so(window):
    page = window()
    net = page.locator("thead .net a").first
    net.click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Net")
    net.click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Net")
    nets = page.locator("tbody .net").all_inner_texts()
    assert len(nets) == 4
    assert nets == sorted(nets, key=lambda text: int(re.sub(r"\s", "", text.replace("−", "-"))))


def test_a_theme_is_chosen_without_a_reload_and_stays(window):
    page = window()
    page.get_by_role("button", name="Appearance").click()
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(11, 12, 14)"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.complaints == []


def test_on_a_phone_a_market_has_two_lines_and_is_one_link(window):
    """56 px, four things to read; a touch anywhere opens the market, one on the star does not."""
    page = window(390)
    row = page.locator("tr#m088691")
    assert row.bounding_box()["height"] == 56
    assert row.locator("td:visible, th:visible").count() == 6  # with the star
    star = row.locator(".star button")
    with page.expect_response("**/cot/watch/"):
        star.click()
    expect(star).to_have_accessible_name("Unwatch 088691")
    shoot(page, "phone")
    page.get_by_text("More filters").click()
    page.get_by_label("with inactive markets").check()
    page.wait_for_url("**inactive=true**")
    page.get_by_text("More filters").click()
    change = row.locator(".chg").bounding_box()
    page.mouse.click(change["x"] + 5, change["y"] + 5)
    page.wait_for_url(re.compile(r"/cot/088691/\?board="))


def test_a_line_opens_and_closes_where_it_stands(window):
    """By key and by pointer; the address says what lies open."""
    page = window()
    page.goto("/cot/")
    page.keyboard.press("j")
    code = page.locator("tr[aria-selected=true]").get_attribute("id")[1:]
    page.keyboard.press("o")
    expect(page.locator("tr.detail .drawn").first).to_be_visible()
    page.wait_for_url(f"**open={code}")
    page.get_by_role("link", name=f"Close {code}").click()
    expect(page.locator("tr.detail")).to_have_count(0)
    assert "open=" not in page.url
    assert page.complaints == []


def test_without_javascript_a_line_opens_and_every_filter_is_there(window):
    page = window(java_script_enabled=False)
    page.get_by_role("link", name="Open 088691").click()
    expect(page.locator("tr.detail .drawn").first).to_be_visible()
    page.get_by_text("More filters").click()
    page.get_by_label("Open interest from").fill("8500")
    page.locator(".sheet").get_by_role("button", name="Show").click()
    assert names(page) == ["Gold"]
    expect(page.get_by_text("More filters (1)")).to_be_visible()


def test_without_javascript_the_form_filters_and_the_star_stars(window):
    page = window(java_script_enabled=False)
    page.get_by_label("Code, name, ticker or exchange").fill("gold")
    page.get_by_role("button", name="Show").click()
    assert names(page) == ["Gold"]
    page.get_by_role("button", name="Watch 088691").click()
    expect(page.get_by_role("button", name="Unwatch 088691")).to_be_visible()
    assert "q=gold" in page.url


def test_the_keys_that_go_elsewhere_work_after_the_list_of_keys_was_closed(window):
    """`?` opens the list, Escape closes it, `g` then `d` goes to the data page."""
    page = window()
    page.goto("/cot/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/cot/data/")
