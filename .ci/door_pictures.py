"""The pictures of the landing page, taken from a running installation with real reports loaded.

    .venv/bin/python .ci/door_pictures.py http://127.0.0.1:8000 ADDRESS PASSWORD

Writes static/img/door-NAME-THEME.webp, 640 by 400, of the report of 29 April 2025: take them again when a page looks
another way.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).resolve().parent.parent / "static/img"
WIDE, HIGH = 1320, 825  # what is taken, before it is made smaller
# Name: address, and what stands at the top of the picture.
DOORS = {
    "board": ("/cot/?as_of=2025-05-03", "#week"),
    "guide": ("/cot/guide/indicators/", ".page-head"),
    "api": ("/api/docs/", "#operations-tag-cot"),
    "reference": ("/api/reference/", "[id='tag/cot']"),
}
SMALLER = """async (png) => {
  const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 400 });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, 640, 400);
  return canvas.toDataURL("image/webp", 0.82).split(",")[1];
}"""


def sign_in(page: Page, address: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.fill("input[name=login]", address)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def taken(page: Page, path: str, top: str) -> str:
    """A PNG of the page from that element on, as base64."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    place = page.locator(top).first.bounding_box()
    start = max(0, (place["y"] if place else 0) - 12)
    clip = {"x": 0, "y": start, "width": WIDE, "height": HIGH}
    png = page.screenshot(full_page=True, clip=clip)
    return base64.b64encode(png).decode()


def main(base: str, address: str, password: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        desk = browser.new_page()  # without a policy of its own, to make pictures smaller
        for theme in ("light", "dark"):
            window = browser.new_context(
                base_url=base, viewport={"width": WIDE, "height": HIGH}, color_scheme=theme
            )
            window.add_cookies([{"name": "hints", "value": "markets.row", "url": base}])
            page = window.new_page()
            sign_in(page, address, password)
            for name, (path, top) in DOORS.items():
                webp = desk.evaluate(SMALLER, taken(page, path, top))
                (FOLDER / f"door-{name}-{theme}.webp").write_bytes(base64.b64decode(webp))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
