"""The base of every chart (pages §6)."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

from django.conf import settings

from cot import charts

DAYS = [date(2026, 7, 7), date(2026, 7, 14)]


def names_in(value: object) -> set[str]:
    return set(re.findall(r"var\((--[\w-]+)\)", json.dumps(value)))


def test_a_figure_names_colours_only_by_tokens_of_the_style_sheet():
    """pages §6: one template from the CSS tokens, for both themes."""
    shape, word = charts.moment(DAYS[0], charts.HIGH, "report")
    figure = charts.figure(
        [
            charts.line("Net", DAYS, [1, 2], charts.group_colour("g3")),
            charts.bars("Change", DAYS, [1, -2], charts.PRICE),
            charts.signed_bars("Flow", DAYS, [1, -2]),
        ],
        shapes=[charts.zone(80, 100, charts.HIGH), charts.zone(0, 20, charts.LOW), charts.level(50), shape],
        annotations=[word],
    )
    sheet = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()
    assert names_in(figure) == {"--g3", "--price", "--long", "--short", "--crowd-high", "--crowd-low", "--line-strong"}
    assert all(f"{name}: light-dark(" in sheet for name in names_in(figure))
    assert not re.search(r"#[0-9a-f]{3,6}|rgb", json.dumps(figure))


def test_an_undefined_value_stays_null_and_the_line_breaks_there():
    trace = charts.line("Net", DAYS, [None, 5], charts.PRICE)
    assert trace["y"] == [None, 5]
    assert trace["connectgaps"] is False


def test_bars_are_coloured_by_sign():
    assert charts.signed_bars("Flow", DAYS, [3, -4])["marker"]["color"] == [charts.LONG, charts.SHORT]


def test_a_faded_colour_keeps_the_token_and_says_its_opacity():
    assert charts.group_colour("g2", 0.3) == "var(--g2) / 0.3"


def test_the_unit_stands_at_the_value_axis_and_days_are_iso_dates():
    figure = charts.figure(
        [charts.line("OI", DAYS, [1, 2], charts.PRICE)], unit="contracts", yaxis={"rangemode": "tozero"}
    )
    assert figure["layout"]["yaxis"] == {"title": {"text": "contracts"}, "rangemode": "tozero"}
    assert figure["data"][0]["x"] == ["2026-07-07", "2026-07-14"]
