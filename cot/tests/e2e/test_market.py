"""The pages of a market in a real browser: figures, keys, table, both themes, phone, no script."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from cot.tests import market_data

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
GOLD = "/cot/088691/"
PAGES = [GOLD, f"{GOLD}table/", f"{GOLD}charts/", "/cot/data/", "/cot/guide/", "/cot/map/"]
PLOTLYS_NOTICE = "Applying inline style violates"  # the one known complaint, without visible effect


@pytest.fixture
def window(live_server, owner, web, monkeypatch):
    """`window(path, width, theme)`: a signed-in page; `complaints` collects console, errors, foreign requests."""
    monkeypatch.setenv(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # the test itself runs beside the browser's event loop
    market_data.store(weeks=80)
    cookie = web(owner).cookies["sessionid"].value
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )

        def open_(path=GOLD, width=1440, theme="light", **more):
            context = chromium.new_context(
                base_url=live_server.url,
                viewport={"width": width, "height": 900},
                color_scheme=theme,
                **more,
            )
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
            page = context.new_page()
            page.complaints = []
            page.on(
                "console", lambda line: line.type == "error" and page.complaints.append(line.text)
            )
            page.on("pageerror", lambda error: page.complaints.append(str(error)))
            page.on("request", lambda sent: urlsplit(sent.url).netloc not in live_server.url and page.complaints.append(sent.url))  # fmt: skip
            page.goto(path)
            return page

        yield open_
        chromium.close()


def complaints(page):
    return [text for text in page.complaints if not text.startswith(PLOTLYS_NOTICE)]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_clean_in_both_themes_and_widths(window, path, width, theme):
    """No complaint of the console, no other origin, no sideways scroll, axe clean."""
    page = window(path, width, theme)
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("SCREENSHOTS"):
        name = path.strip("/").replace("/", "-")
        page.screenshot(path=f"{folder}/{name}-{theme}-{width}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []
    assert complaints(page) == []


def test_figures_stand_without_plotly_which_comes_with_the_first_pointer(window):
    """The picture does not wait for a script; hover then shows exact values with units, in the same place."""
    page = window()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    picture = page.locator("#net .drawn")
    expect(picture).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "plotly" in url]
    live(page)
    expect(picture).to_be_hidden()
    box = page.locator("#net [data-chart]").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    expect(page.locator("#net .hoverlayer")).to_contain_text("contracts")


def opened(page, key) -> None:
    """What a disclosure holds is seen."""
    folded = page.locator(f"details.block-{key}:not([open]) > summary")
    if folded.count():
        folded.click()


def live(page, key="net") -> None:
    """The pointer goes to a figure, and it is Plotly's."""
    opened(page, key)
    page.locator(f"#{key} [data-chart]").hover()
    expect(page.locator(f"#{key} [data-chart] .main-svg").first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_paper_shows_every_figure_light_also_those_that_were_plotlys(window, theme):
    """Whatever is folded on the screen is open; the dark theme chosen by hand prints dark ink on white as well."""
    page = window(theme=theme)
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
    live(page)
    page.emulate_media(media="print")
    pictures = page.locator(".drawn").all()
    assert len(pictures) == 11
    for picture in pictures:
        expect(picture).to_be_visible()
    expect(page.locator("#net .plot-container")).to_be_hidden()
    expect(page.locator(".drawn text").first).to_have_css("fill", "rgb(82, 78, 70)")
    expect(page.locator(".sheet-foot")).to_contain_text(f"{GOLD}")


def test_the_first_sheet_holds_head_figures_the_large_figure_and_who_holds_what(window):
    """A4 between its margins is 710 by 1,019 pixels."""
    page = window(width=710)
    page.emulate_media(media="print")
    box = page.locator(".block-moved").bounding_box()
    assert box["y"] + box["height"] < page.locator(".sheet-foot").bounding_box()["y"] < 1000
    assert page.evaluate("document.documentElement.scrollWidth") <= 710


def test_on_a_phone_the_figure_comes_first_and_the_page_is_short(window):
    """First chart at most 430 pixels down, the page at most 3,000 with its evidence folded."""
    for script in (True, False):
        page = window(width=390, java_script_enabled=script)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.locator("#net .drawn").bounding_box()["y"] <= 430
        if script:
            assert page.locator(".evidence details[open]:not(.more)").count() == 0
            assert page.evaluate("document.documentElement.scrollHeight") <= 3000


def test_longer_words_fit_a_phone_and_a_wide_screen(window):
    page = window(width=390)
    page.context.add_cookies([{"name": "django_language", "value": "uk", "url": page.url}])
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(GOLD)
        expect(page.locator("#net h2")).to_contain_text("Чисті позиції")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        wide = "[...document.querySelectorAll('.panel > .cells')].filter(t => t.offsetWidth > t.parentElement.clientWidth).length"
        assert page.evaluate(wide) == 0


def test_without_a_script_a_disclosure_opens_its_figure(window):
    page = window(java_script_enabled=False)
    picture = page.locator("#power .drawn")
    expect(picture).to_be_hidden()
    opened(page, "power")
    expect(picture).to_be_visible()


def test_a_past_moment_is_asked_for_by_its_day_without_a_script(window):
    page = window(f"{GOLD}?lookback=26", java_script_enabled=False)
    page.get_by_role("button", name="As known on").click()
    page.locator("#as-known-day").fill("2026-01-30")
    page.locator("#as-known").get_by_role("button", name="Show").click()
    assert page.url.endswith(f"{GOLD}?lookback=26&as_of=2026-01-30")
    expect(page.locator(".band.as-of")).to_contain_text("Fri 30 Jan 2026")


def test_twice_as_large_text_fits_the_page(window):
    """1440 pixels at 200 % are 720."""
    page = window(width=720)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


# Where on the page the newest week with a negative velocity stands in its figure.
BRAKED = """() => {
  const box = document.querySelector("#velocity [data-chart]"), { x, y } = box.data[0], { xaxis, _size } = box._fullLayout;
  const { left, top } = box.getBoundingClientRect();
  return [left + _size.l + xaxis.d2p(x[y.findLastIndex((value) => value < 0)]), top + box.clientHeight / 2];
}"""


def test_the_cursor_of_one_figure_stands_in_the_others_and_numbers_have_a_minus(window):
    """Figures over time share the cursor; a real minus in the hover box too."""
    page = window()
    live(page, "velocity")
    opened(page, "power")
    expect(page.locator("#power .main-svg").first).to_be_attached()
    page.locator("#velocity").scroll_into_view_if_needed()
    page.mouse.move(*page.evaluate(BRAKED))
    expect(page.locator("#velocity .hoverlayer")).to_contain_text(
        re.compile("\u2212\\d+ contracts")
    )
    expect(page.locator("#velocity .hoverlayer")).not_to_contain_text(re.compile(r"-\d"))
    expect(page.locator("#power .cursor")).to_be_visible()
    expect(page.locator("#power .hoverlayer")).to_be_empty()
    page.mouse.move(2, 2)
    expect(page.locator("#power .cursor")).to_be_hidden()


def swipe_up(page, x, y):
    """A finger goes up by 160 pixels, as slowly as a finger does."""
    session = page.context.new_cdp_session(page)
    touch = "Input.dispatchTouchEvent"
    session.send(touch, {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 17):
        session.send(touch, {"type": "touchMove", "touchPoints": [{"x": x, "y": y - 10 * step}]})
    session.send(touch, {"type": "touchEnd", "touchPoints": []})


def test_under_a_finger_the_page_scrolls_over_a_figure_that_is_plotlys(window):
    """The figure is no trap on a phone, where it fills the screen; a tap still shows its values."""
    page = window(f"{GOLD}charts/", width=390, has_touch=True, is_mobile=True)
    expect(page.locator(".js-plotly-plot .nsewdrag").first).to_be_attached()
    figure = page.locator("[data-chart]").first
    figure.scroll_into_view_if_needed()
    box, before = figure.bounding_box(), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    swipe_up(page, x, y)
    page.wait_for_function("before => scrollY > before + 50", arg=before)
    box = figure.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(figure.locator(".hoverlayer text").first).to_be_attached()
    assert complaints(page) == []


def test_on_the_full_screen_a_figure_takes_its_whole_width(window):
    page = window()
    page.get_by_role("button", name="Net positions and COT index on the full screen").click()
    expect(page.locator("#net .main-svg").first).to_be_visible()
    until(page, lambda: share_of_width(page) > 0.95)
    page.evaluate("document.exitFullscreen()")
    until(page, lambda: share_of_width(page) < 0.8)


def test_where_no_part_of_a_page_gets_the_screen_the_panel_fills_the_window(window):
    """An iPhone: the same button, or Escape, gives the page back."""
    page = window(width=390)
    page.evaluate("Object.defineProperty(document, 'fullscreenEnabled', { value: false })")
    panel, window_size = page.locator("#net"), {"x": 0, "y": 0, "width": 390, "height": 900}
    before = panel.bounding_box()
    button = panel.locator("[data-full-screen]")
    button.click()
    until(page, lambda: panel.bounding_box() == window_size)
    button.click()
    until(page, lambda: panel.bounding_box()["height"] == before["height"])
    button.click()
    until(page, lambda: panel.bounding_box() == window_size)
    page.keyboard.press("Escape")
    until(page, lambda: panel.bounding_box()["height"] == before["height"])


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_when_a_figure_becomes_plotlys(window, width):
    page = window(width=width)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    heights = """[document.documentElement.scrollHeight,
        ...[...document.querySelectorAll('[data-chart]')].map((box) => box.getBoundingClientRect().height)]"""
    before = page.evaluate(heights)
    figures = page.locator("[data-chart]").all()
    figures[0].scroll_into_view_if_needed()
    figures[0].hover()
    for figure in figures:
        figure.scroll_into_view_if_needed()
        expect(figure.locator(".main-svg").first).to_be_visible(timeout=20_000)
    assert page.evaluate(heights) == before


@pytest.mark.parametrize("path", ["/cot/map/", "/cot/guide/", "/cot/data/", f"{GOLD}table/", GOLD])
def test_a_finger_finds_every_target(window, path):
    """24 by 24 px at least, a link inside of a sentence apart."""
    page = window(path, 390)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    small = """[...document.querySelectorAll("main :is(a, button, summary, select)")].filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        const sentence = [...each.parentElement.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        return each.checkVisibility() && width && !sentence && Math.min(width, height) < 24;
    }).map((each) => each.outerHTML.slice(0, 90))"""
    assert page.evaluate(small) == []


def share_of_width(page) -> float:
    return page.evaluate("document.querySelector('#net .main-svg').clientWidth / innerWidth")


def until(page, true) -> None:
    """Ask again and again from outside: the policy forbids the page to evaluate a condition by itself."""
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not come true within ten seconds")


def test_a_page_the_browser_holds_is_not_sent_again_and_keeps_its_policy(window):
    """After a 304 the sheet of the charts still has the nonce that the kept policy names."""
    page = window()
    sheet = page.locator("[id='plotly.js-style-global']")
    page.reload()  # the first visit got the cookie of the forms
    nonce = sheet.evaluate("sheet => sheet.nonce")
    page.reload()
    assert sheet.evaluate("sheet => sheet.nonce") == nonce
    live(page)
    assert sheet.evaluate("sheet => sheet.sheet.cssRules.length") > 0
    assert complaints(page) == []


def test_a_figure_follows_the_theme(window):
    """Without a reload."""
    page = window()
    live(page)
    line = page.locator("#net [data-chart] .scatterlayer path.js-line").nth(2)
    expect(line).to_be_visible()
    before = line.evaluate("path => getComputedStyle(path).stroke")
    page.evaluate(
        "document.documentElement.dataset.theme = 'dark'; document.dispatchEvent(new Event('look:changed'))"
    )
    expect(line).not_to_have_css("stroke", before)


def test_no_button_offers_to_send_data_away(window):
    """The figure's own buttons are zoom and pan; nothing leaves the origin."""
    page = window()
    live(page)
    expect(page.locator("#net .modebar").first).to_be_attached()
    titles = page.locator(".modebar-btn").evaluate_all(
        "all => all.map(one => one.dataset.title || '')"
    )
    assert titles
    assert not [
        title for title in titles if "loud" in title or "hare" in title or "Plotly" in title
    ]


def test_brackets_turn_to_the_neighbours(window):
    """`]` is the next market in category and name."""
    page = window()
    page.keyboard.press("]")
    page.wait_for_url("**/cot/002602/")
    page.keyboard.press("[")
    page.wait_for_url(f"**{GOLD}")


def test_numbers_of_a_block_open_below_it(window):
    """A data table behind a disclosure; all rows a link away."""
    page = window()
    block = page.locator("#flow")
    block.get_by_text("The numbers as a table").click()
    expect(block.locator("tbody tr")).to_have_count(13)
    block.get_by_role("link", name="All 80 rows").click()
    expect(page.locator("tbody tr")).to_have_count(80)
    page.get_by_role("link", name="Back to the figure").click()
    expect(page).to_have_url(re.compile("#flow$"))


def test_the_table_keeps_head_and_dates_while_it_scrolls(window):
    """Head and date column stick inside the table's own box."""
    page = window(f"{GOLD}table/")
    box = page.locator(".report-table > .scroll")
    head, day = (
        page.locator(".report-table thead .corner"),
        page.locator(".report-table tbody + tbody th").first,
    )
    was = head.bounding_box(), day.bounding_box()["x"]
    box.evaluate("box => box.scrollTo(600, 700)")
    assert (head.bounding_box(), day.bounding_box()["x"]) == was
    assert page.evaluate("scrollX") == 0


def test_a_table_is_fitted_to_its_box(window):
    page = window(f"{GOLD}table/")
    page.get_by_role("button", name="Fit to width").click()
    assert page.locator(".report-table table").evaluate("t => t.getBoundingClientRect().width <= t.parentElement.clientWidth * 1.01 || t.style.zoom === '0.35'")  # fmt: skip


def test_without_javascript_everything_can_be_read_and_chosen(window):
    """Figures have their sentence and numbers, forms are GET."""
    page = window(java_script_enabled=False)
    expect(page.locator("#net .chart-summary")).to_contain_text("Managed Money net long")
    page.locator("#net summary").click()
    expect(page.locator("#net tbody tr")).to_have_count(13)
    page.get_by_role("link", name="1Y", exact=True).click()
    assert "range=1Y" in page.url
    page.goto(f"{GOLD}charts/?view=positions")
    page.get_by_label("Swap Dealers").check()
    page.get_by_role("button", name="Show").click()
    assert "group=g2" in page.url
    assert "view=positions" in page.url


def test_the_guide_opens_at_the_definition(window):
    page = window()
    opened(page, "power")
    page.locator("#power .help").click()
    expect(page).to_have_url(re.compile("/cot/guide/blocks/#power$"))
    expect(page.locator("article#power")).to_be_in_viewport()
