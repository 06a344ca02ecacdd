"""Figures: tokens for colours, nulls and holes left open, honest axes."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from cot.pages import charts, charts_pages, seams

DAYS = [str(date(2026, 6, 2) + timedelta(weeks=week)) for week in range(4)]
UP = [1, 2, -3, 4]


def figures():
    groups = [("g1", "Producers", UP), ("g3", "Managed Money", UP)]
    yield charts.net_positions(DAYS, groups, "g3")
    scores = [10, 20, 30, 40], [10, 20, None, 40]
    band = charts.Band(1, 3, DAYS[1], DAYS[3])
    yield charts.net_and_scores(DAYS, groups, "g3", band, scores, (80, 20), ("Net", "Index"))
    yield charts.flows(DAYS, UP, UP, UP)
    yield charts.side(DAYS, UP, 1, 3, "long", "Long")
    yield charts.open_interest(DAYS, UP, UP)
    yield charts.biases(DAYS, [40, 60, 55, 45], DAYS[1:2], ["long"])
    yield charts.velocities(DAYS, UP, [True, False, True, False])
    yield charts.powers(DAYS, UP, UP, 30)
    yield charts.concentrations(DAYS, (UP, UP), (UP, UP))
    yield charts.divergences(DAYS, groups[0], groups[1], [True, False, False, False])
    yield charts.distribution([0, 1, 2], [3, 4], 1)
    yield charts.crop_years(["PM", "MM"], ([1, 2], [3, 4]), ([0, 0], [1, None]))
    yield charts_pages.indicators(DAYS, groups, (80, 20))
    yield charts_pages.bubbles(DAYS, UP, UP, UP)
    yield charts_pages.crowd_map([("088691", "GOLD", 97.0, -12.5, 60.0, "MM")], "/cot/")


def test_every_colour_of_every_figure_is_a_token_of_the_style_sheet():
    """One template from the CSS tokens, for both themes."""
    sheet = Path(settings.BASE_DIR, "static/css/tokens.css").read_text()
    text = json.dumps(list(figures()), allow_nan=False)
    names = set(re.findall(r"var\((--[\w-]+)\)", text))
    assert {"--g1", "--g3", "--long", "--short", "--crowd", "--interest"} <= names
    assert all(f"{name}: light-dark(" in sheet for name in names)
    assert not re.search(r"#[0-9a-f]{3,6}|rgb", text)


def test_an_area_is_not_filled_over_a_hole():
    holed = charts.net_positions(
        ["2026-05-12", "2026-05-19", "2026-07-14"], [("g3", "MM", [1, 2, 3])], "g3"
    )
    whole = charts.net_positions(DAYS, [("g3", "MM", UP)], "g3")
    assert "fill" not in holed["data"][0]
    assert whole["data"][0]["fill"] == "tozeroy"


def test_weeks_without_a_report_have_a_ground_of_their_own_below_everything():
    """More than three weeks; the page says once what the ground is, with the first and the last week of it."""
    figure = charts.net_positions(
        ["2026-05-12", "2026-05-19", "2026-07-14"], [("g3", "MM", [1, 2, 3])], "g3"
    )
    marked, notes = seams.explained(figure, [], ["2026-05-12", "2026-05-19", "2026-07-14"])
    assert [(shape["x0"], shape["x1"]) for shape in marked["layout"]["shapes"]] == [
        ("2026-05-19", "2026-07-14")
    ]
    assert notes == []
    assert seams.explained(figure, [], DAYS) == (figure, [])
    days = ["2026-05-12", "2026-05-19", "2026-07-14"]
    assert seams.empty_weeks(days) == "Grey: weeks without a report (26 May 2026 – 7 Jul 2026)."
    assert seams.empty_weeks(DAYS) == ""


def test_bars_of_flow_add_up_to_the_change_of_net():
    """The change is that of long less change of short, so shorts are turned round."""
    long, short = [100, -50, 0], [30, 20, -70]
    net = [a - b for a, b in zip(long, short, strict=True)]
    bought, sold, dot = charts.flows(DAYS[:3], long, short, net)["data"]
    assert [a + b for a, b in zip(bought["y"], sold["y"], strict=True)] == dot["y"] == [70, -70, 70]


def test_the_bin_of_the_newest_week_is_bright():
    colours = charts.distribution([0, 10, 20, 30], [5, 0, 2], 2)["data"][0]["marker"]["color"]
    assert colours == ["var(--ink-3) / 0.45"] * 2 + ["var(--ink)"]


def test_a_bubble_is_as_large_as_its_change_and_points_the_way_it_went():
    """Radius 3 to 22; triangles up and down, a dot for no change, nothing where the change is unknown."""
    marks = charts_pages.bubbles(DAYS, [5, 6, 7, 8], [100, -40, 10, None], [0, 10, 10, 5])["data"][
        1
    ]
    assert marks["marker"]["symbol"] == ["triangle-up", "triangle-down", "circle", "circle"]
    assert marks["marker"]["size"] == [44.0, 25.0, 6.0, 6.0]  # 6 + 38·|Δ|/100
    assert marks["y"] == [5, 6, 7, None]


def test_zones_of_concentration_do_not_stretch_the_axis():
    figure = charts.concentrations(
        DAYS, ([10, 20, 25, 20], [5, 5, 5, 5]), ([1, 1, 1, 1], [1, 1, 1, 1])
    )
    assert figure["layout"]["yaxis"]["range"] == [0, 28.000000000000004]


@pytest.mark.parametrize(("index", "token"), [(100, "var(--crowd) / 0.90"), (0, "var(--crowd) / 0.90"), (50, "var(--crowd) / 0.12")])  # fmt: skip
def test_the_map_uses_the_one_crowding_scale(index, token):
    """One hue, the stronger the further from the middle: where the point lies tells the side."""
    assert charts_pages.crowd_map([("1", "A", index, 0, 1, "MM")], "/cot/")["data"][0]["marker"][
        "color"
    ] == [token]


def test_time_figures_of_a_page_share_range_and_cursor():
    assert charts.flows(DAYS, UP, UP, UP)["layout"]["meta"] == {"sync": "x"}
    assert "meta" not in charts.distribution([0, 1], [3], 0)["layout"]
