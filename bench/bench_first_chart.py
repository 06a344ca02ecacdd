"""How long until the first chart of a market is seen, in Chromium with an empty cache, and where it stands on a phone.

    python bench/bench_first_chart.py
    python bench/bench_first_chart.py --rounds 15

Each round is a new browser profile; the server has been asked for the page before.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from statistics import median
from typing import Any

from bench_throughput import prepare, serving
from playwright.sync_api import Browser, sync_playwright

ADDRESS = "/cot/088691/"
SPEEDS = [("as it is", 1, 400), ("four times slower", 4, 1000)]  # name, CDP rate, budget in ms
FIRST, PAGE = 430, 3000  # pixels: where the first chart begins, how long the page is
# The second frame after the chart has a size: the first one has been painted by then.
SEEN = """
new MutationObserver((_, watcher) => {
  if (!document.querySelector(".drawn .line")?.getBoundingClientRect().width) return;
  watcher.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { window.seen = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""


def first_chart(browser: Browser, base: str, cookie: dict[str, str], rate: int) -> float:
    """Milliseconds from the navigation to the frame with the chart."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.context.add_cookies([{**cookie, "url": base}])  # type: ignore[typeddict-item]
    page.add_init_script(SEEN)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
    page.goto(base + ADDRESS)
    while not (seen := page.evaluate("window.seen")):
        page.wait_for_timeout(20)
    page.context.close()
    return float(seen)


def on_a_phone(browser: Browser, base: str, cookie: dict[str, str]) -> Any:
    """Where the first chart begins and how long the page is, at 390 × 844."""
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
    page.context.add_cookies([{**cookie, "url": base}])  # type: ignore[typeddict-item]
    page.goto(base + ADDRESS)
    return page.evaluate(
        "[document.querySelector('.drawn').getBoundingClientRect().y, document.documentElement.scrollHeight]"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--port", type=int, default=8171)
    given = parser.parse_args()
    print("$", " ".join(["python", *sys.argv]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DB_PATH": f"{folder}/app.db",
            "LOG_DIR": f"{folder}/logs",
            "COT_KEEP_FILES": "false",
            "SCHEDULER_ENABLED": "false",
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
        }
        name, _, value = prepare().partition("=")
        cookie, base = {"name": name, "value": value}, f"http://127.0.0.1:{given.port}"
        with serving("embedded", given.port, dict(os.environ)), sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            first_chart(browser, base, cookie, 1)
            for speed, rate, budget in SPEEDS:
                spent = [first_chart(browser, base, cookie, rate) for _ in range(given.rounds)]
                print(
                    f"first chart of {ADDRESS}, processor {speed}: median {median(spent):.0f} ms, "
                    f"slowest {max(spent):.0f} (budget {budget}) over {given.rounds} rounds"
                )
            top, length = on_a_phone(browser, base, cookie)
            print(
                f"on a phone it begins at {top:.0f} px (budget {FIRST}), "
                f"the page has {length} px (budget {PAGE})"
            )


if __name__ == "__main__":
    main()
