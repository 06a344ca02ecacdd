"""Figures drawn on the server: what a value, a gap, a bar and a zone become, worked out by hand."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from core.pages import figures
from core.pages.drawing import drawn
from core.pages.scales import Scale, day_ticks, kept_apart, round_ticks, shortened, spread

DAYS = [str(date(2026, 1, 6) + timedelta(weeks=week)) for week in range(5)]
FIVE_ACROSS = {"type": "date", "range": [DAYS[0], DAYS[-1]]}  # 250 units from a week to the next


def parts(figure, tag):
    root = ElementTree.fromstring(drawn(figure).svg)
    return [part for part in root.iter() if part.tag == tag]


def percent(*values, **axis):
    """One line over five weeks on an axis of 0 to 100: a value is 4 units high, from 400 at the bottom."""
    trace = figures.line("Index", DAYS, list(values), "var(--g3)")
    return figures.over_time([trace], xaxis=FIVE_ACROSS, yaxis={"range": [0, 100]} | axis)


def test_a_line_goes_from_value_to_value():
    (line, *_dots) = parts(percent(0, 100, 50, 50, 75), "path")
    assert line.get("d") == "M0 400l250-400 250 200 250 0 250-100"
    assert (line.get("stroke"), line.get("stroke-width")) == ("var(--g3)", "1.4")


def test_a_null_lifts_the_pen_and_a_lonely_value_is_a_dot():
    (line, *dots) = parts(percent(25, 50, None, 75, None), "path")
    assert line.get("d") == "M0 300l250-100M750 100h0"
    assert [(dot.get("d"), dot.get("stroke-width")) for dot in dots] == [("M750 100h0", "5")]


def test_the_newest_value_stands_at_the_end_of_the_strongest_line():
    strong = figures.line("Net", DAYS, [0, 0, 0, 0, -52_205], "var(--g3)", width=2.2)
    weak = figures.line("Other", DAYS, [0, 0, 0, 0, 61_275], "var(--g1)")
    written = {text.get("class"): text for text in parts(figures.over_time([weak, strong]), "text")}
    last = written["value last"]
    assert (last.text, last.get("fill")) == ("−52.2k", "var(--g3)")


def test_no_last_value_is_written_where_it_is_missing():
    classes = {text.get("class") for text in parts(percent(1, 2, 3, 4, None), "text")}
    assert classes == {"value", "across"}


def test_what_stands_on_each_other_adds_up():
    """Longs 30 and 20 above the line, shorts 40 below it, on an axis of −50 to 50: four units each."""
    bars = [
        figures.bars("Longs", DAYS[:1], [30], "var(--long)"),
        figures.bars("Shorts", DAYS[:1], [-40], "var(--short)"),
        figures.bars("More longs", DAYS[:1], [20], "var(--long) / 0.4"),
    ]
    figure = figures.over_time(
        bars, barmode="relative", yaxis={"range": [-50, 50]}, xaxis=FIVE_ACROSS
    )
    found = {
        path.get("stroke") + (path.get("stroke-opacity") or ""): path.get("d")
        for path in parts(figure, "path")
    }
    assert found == {
        "var(--long)": "M0 200V80",
        "var(--short)": "M0 200V360",
        "var(--long)0.4": "M0 80V0",
    }


def test_zones_are_cut_at_the_edges_of_the_plot():
    shapes = [
        figures.zone(80, None, "var(--crowd) / 0.10"),
        figures.zone(-500, 20, "var(--crowd)"),
    ]
    zones = parts(
        percent(1, 2, 3, 4, 5) | {"layout": percent(1)["layout"] | {"shapes": shapes}}, "path"
    )[:2]
    assert [zone.get("d") for zone in zones] == ["M0 80H1000V0H0z", "M0 400H1000V320H0z"]


def test_text_is_escaped_and_a_colour_is_a_token_or_nothing():
    figure = percent(1, 2, 3, 4, 5)
    figure["layout"]["annotations"] = [{"x": DAYS[1], "text": "<script>&"}]
    assert "&lt;script&gt;&amp;" in drawn(figure).svg
    figure["data"][0]["line"]["color"] = 'red" onload="x'
    with pytest.raises(ValueError, match="no token"):
        drawn(figure)


def test_two_plots_below_each_other_have_their_own_scales():
    traces = [
        figures.line("Above", DAYS, [0, 0, 0, 0, 10], "var(--g1)"),
        figures.bars("Below", DAYS, [4, None, None, None, None], "var(--g2)", axis="y2"),
    ]
    figure = figures.over_time(
        traces,
        xaxis=FIVE_ACROSS,
        yaxis={"range": [0, 10], "domain": [0.5, 1]},
        yaxis2={"range": [0, 4], "domain": [0, 0.5]},
    )
    bar, line, *_dots = (path.get("d") for path in parts(figure, "path"))
    assert (bar, line) == ("M0 400V200", "M0 200l250 0 250 0 250 0 250-200")


def test_a_legend_names_every_trace_of_a_figure_that_has_more_than_one():
    figure = figures.over_time(
        [figures.line(name, DAYS, [1] * 5, "var(--g1) / 0.5", dash="2px,2px") for name in "ab"]
    )
    assert [key.name for key in drawn(figure).legend] == ["a", "b"]
    assert drawn(figure).legend[0].stroke == (
        'stroke="var(--g1)" stroke-opacity="0.5" stroke-width="1.4" stroke-dasharray="2 2"'
    )
    assert drawn(percent(1, 2, 3, 4, 5)).legend == []


# --- scales ---

NUMBERS = st.floats(-1e12, 1e12)


@given(NUMBERS, st.floats(1e-3, 1e12), st.integers(2, 12))
def test_ticks_lie_inside_evenly_apart_and_never_more_than_asked(low, width, most):
    high = low + width
    ticks = round_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(
        low <= tick <= high or tick == pytest.approx(low) or tick == pytest.approx(high)
        for tick in ticks
    )
    steps = [after - before for before, after in pairwise(ticks)]
    assert all(
        step == pytest.approx(steps[0], rel=1e-3, abs=1e-9 * max(abs(low), abs(high)))
        for step in steps
    )


def test_ticks_are_round():
    assert round_ticks(-3, 103, 6) == [0, 20, 40, 60, 80, 100]
    assert round_ticks(0.02, 0.31, 3) == [0.1, 0.2, 0.3]
    assert round_ticks(5, 5, 6) == [5]


def test_ticks_of_days_are_months_quarters_or_years():
    def names(first, last):
        return [text for _day, text in day_ticks(date(*first), date(*last), 6)]

    assert names((2025, 11, 18), (2026, 3, 3)) == ["Dec 2025", "Jan 2026", "Feb 2026", "Mar 2026"]
    assert names((2025, 2, 18), (2026, 3, 3)) == ["Apr 2025", "Jul 2025", "Oct 2025", "2026"]
    assert names((2006, 6, 13), (2026, 7, 14)) == ["2010", "2015", "2020", "2025"]
    with override("uk"):
        assert names((2026, 1, 20), (2026, 2, 3)) == ["лют 2026"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-0.0, "0"), (40, "40"), (-52_205, "−52.2k"), (999_499, "999k"), (999_960, "1M"), (1_250_000, "1.25M"),
     (3e9, "3B"), (0.25, "0.25")],
)  # fmt: skip
def test_a_value_at_an_axis_has_three_digits(value, text):
    assert shortened(value) == text
    with override("uk"):
        assert shortened(value) == text.replace(".", ",")


def test_a_range_has_air_and_zero_is_an_end_of_it_where_bars_stand_on_it():
    assert spread([0, 100], zero=True) == (0, 105)
    assert spread([-100, -20], zero=True) == (-105, 0)
    assert spread([10, 110]) == (5, 115)
    assert spread([7]) == (pytest.approx(6.65), pytest.approx(7.35))
    assert spread([]) == (-1, 1)


def test_a_scale_of_one_value_has_it_in_the_middle():
    assert Scale(3, 3, 0, 10).place(3) == 5
    assert not re.search(r"nan|inf", drawn(percent(None, None, None, None, None)).svg)


# --- rows below each other ---


def test_rows_share_the_days_and_have_heads_levels_and_newest_values_of_their_own():
    """Two rows of one share each, with a head of 5.5 % over each: plots of 44.5 %, 178 of 400 units."""
    net = figures.line("Net", DAYS, [0, 0, 0, 0, 10], "var(--g1)")
    score = figures.line("Index", DAYS, [0, 0, 0, 0, 100], "var(--g2)")
    figure = figures.stacked(
        [
            figures.Row("Net, contracts", [net], {"range": [0, 10], "tickformat": "~s"}),
            figures.Row("Index", [score], {"range": [0, 100]}, shapes=[figures.zone(80, None, "var(--g3)")]),
        ]
    )  # fmt: skip
    figure["layout"]["xaxis"] |= FIVE_ACROSS
    zone, upper, lower = (part for part in parts(figure, "path") if part.get("class") != "dot")
    assert (upper.get("d"), lower.get("d")) == (
        "M0 200l250 0 250 0 250 0 250-178",
        "M0 400l250 0 250 0 250 0 250-178",
    )
    assert zone.get("d") == "M0 258H1000V222H0z"
    texts = [(text.get("class"), text.get("y"), text.text) for text in parts(figure, "text")]
    heads = [("row-head", "5.5%", "Net, contracts"), ("row-head", "55.5%", "Index")]
    assert [text for text in texts if text[0] == "row-head"] == heads
    last = [("value last", "5.5%", "10"), ("value last", "55.5%", "100.0")]
    assert [text for text in texts if text[0] == "value last"] == last


def test_newest_values_that_would_cover_each_other_are_written_apart():
    lines = [
        figures.line(name, DAYS, [0, 0, 0, 0, value], "var(--g1)")
        for name, value in (("a", 50), ("b", 51), ("c", 100))
    ]
    figure = figures.over_time(lines, xaxis=FIVE_ACROSS, yaxis={"range": [0, 100]})
    last = [text for text in parts(figure, "text") if text.get("class") == "value last"]
    assert [(text.text, text.get("y")) for text in last] == [
        ("100.0", "0%"),
        ("51.0", "49%"),
        ("50.0", "56%"),
    ]


def test_the_newest_value_of_a_thin_line_is_left_out_where_it_would_stand_like_a_level_of_the_axis():
    def written(score, rank):
        lines = [
            figures.line("Index", DAYS, [0, 0, 0, 0, score], "var(--g1)"),
            figures.line("Percentile", DAYS, [0, 0, 0, 0, rank], "var(--g2)", width=1),
        ]
        axis = {"range": [0, 100], "tickvals": [0, 20, 80, 100]}
        figure = figures.over_time(lines, xaxis=FIVE_ACROSS, yaxis=axis)
        return {text.text for text in parts(figure, "text") if "value" in text.get("class", "")}

    assert written(0, 1) == {"0.0", "20", "80", "100"}
    assert written(0, 50) == {"0.0", "20", "50.0", "80", "100"}


@given(st.lists(st.floats(0, 400), max_size=8))
def test_places_are_kept_apart_in_their_order_and_inside(places):
    found = kept_apart(sorted(places), 28, 400)
    assert all(after - before >= 28 - 1e-9 for before, after in pairwise(found))
    assert all(place <= 400 for place in found)


def test_a_band_reaches_over_its_days_only():
    band = figures.zone(25, 75, "var(--g3) / 0.1") | {"xref": "x", "x0": DAYS[2], "x1": DAYS[4]}
    figure = percent(1, 2, 3, 4, 5)
    figure["layout"]["shapes"] = [band]
    assert parts(figure, "path")[0].get("d") == "M500 300H1000V100H500z"
