"""The API document, drawn by ReDoc in a real browser: complete, without a word to any other site, under the policy."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect, sync_playwright

from tests import document

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=[("light", 1440), ("dark", 390)], ids=["light", "dark"])
def page(request, live_server, monkeypatch):
    """`asked` are the addresses it wanted, refused ones too; `complaints` what the browser said."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # the test runs beside the event loop
    theme, width = request.param
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        page = chromium.new_page(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            color_scheme=theme,
        )
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("console", lambda line: line.type == "error" and page.complaints.append(line.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        yield page
        chromium.close()


def test_it_shows_every_operation_and_asks_no_other_site(page, live_server):
    page.goto("/api/reference/")
    # it draws all operations at once, which takes seconds where other tests run beside it
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible(timeout=30_000)
    shown = page.locator("#reference [data-section-id^='tag/'][data-section-id*='/operation/']")
    expect(shown).to_have_count(len(document.operations()))
    arrows = page.locator("#reference polygon")
    fills = arrows.evaluate_all("all => all.map(each => getComputedStyle(each).fill)")
    assert fills
    assert "rgb(0, 0, 0)" not in fills  # which is unseen on a dark ground
    page.keyboard.press("End")
    page.wait_for_load_state("networkidle")
    foreign = {urlsplit(url).netloc for url in page.asked if not url.startswith(("data:", "blob:"))}
    assert foreign == {urlsplit(live_server.url).netloc}
    assert not page.complaints


def test_swagger_stands_under_our_head_in_the_theme_of_the_page_and_asks_no_other_site(
    page, live_server, request
):
    page.goto("/api/docs/")
    expect(page.locator(".swagger-ui .opblock").first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("banner").get_by_role("link", name="Equilibrium")).to_be_visible()
    is_dark = "dark" in request.node.name.rpartition("[")[2]
    classes = page.locator("html").evaluate("html => html.className")
    assert ("dark-mode" in classes) is is_dark
    foreign = {urlsplit(url).netloc for url in page.asked if not url.startswith(("data:", "blob:"))}
    assert foreign == {urlsplit(live_server.url).netloc}
    assert not page.complaints


def test_a_foreign_address_is_not_even_written_in_its_script(client):
    script = client.get("/api/reference/redoc.js")
    assert script["Content-Type"] == "text/javascript"
    assert b"cdn.redoc.ly" not in script.content
    assert b"fonts.googleapis.com" not in script.content
    again = client.get("/api/reference/redoc.js", headers={"if-none-match": script["ETag"]})
    assert again.status_code == 304
