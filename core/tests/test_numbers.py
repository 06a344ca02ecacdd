"""Numbers, dates and undefined values on pages."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from core.pages.tables import Cell
from core.templatetags import numbers
from core.templatetags.components import spark_path

T = "\u202f"  # narrow no-break space


def rendered(source: str, **context: object) -> str:
    return Template("{% load numbers components %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("value", "digits", "sign", "text"),
    [
        (126040, 0, False, f"126{T}040"),
        (-1543015, 0, False, f"−1{T}543{T}015"),
        (20172, 0, True, f"+20{T}172"),
        (0, 0, True, "0"),
        (26.25, 1, False, "26.3"),
        (-0.05, 1, True, "−0.1"),
        (-0.04, 1, True, "0.0"),
        (79.95, 1, False, "80.0"),
        (Decimal("2.5"), 0, False, "3"),
        (1e-7, 2, False, "0.00"),
        (None, 0, True, "—"),
    ],
)
def test_a_number_has_thin_spaces_a_real_minus_and_is_rounded_half_up(value, digits, sign, text):
    """79.95 shows as 80.0, although the float is a little less."""
    assert numbers.written(value, digits, sign=sign) == text


@given(st.integers(-(10**12), 10**12))
def test_the_written_integer_reads_back_as_itself(value):
    assert int(numbers.written(value, sign=True).replace(T, "").replace("−", "-")) == value


def test_the_decimal_mark_follows_the_language_of_the_page():
    with override("uk"):
        assert numbers.written(1234.5, 1) == f"1{T}234,5"


def test_days_and_months_are_small_letters_outside_english():
    with override("uk"):
        assert numbers.short_day(dt.date(2026, 7, 14)) == "14 лип 2026"
        assert numbers.day(dt.date(2026, 7, 14)).islower()


def drawn(cell: Cell) -> str:
    html = rendered('{% include "components/cells.html" %}', cells=[cell])
    return html.replace("\n", "")


def test_an_undefined_number_is_a_dash_whose_title_is_the_reason():
    """An em dash: a zero would be a number."""
    html = rendered('{% number None why="needs 52 weeks, has 13" %}')
    assert html.strip() == '<span class="null" title="needs 52 weeks, has 13">—</span>'
    assert drawn(Cell("—", "null", "a & b")) == '<td class=null title="a &amp; b">—'


def test_zero_is_a_number_and_not_a_dash():
    assert rendered("{% number v sign=True %}", v=0).strip() == '<span class="num">0</span>'


@pytest.mark.parametrize(
    ("value", "level"), [(0, 0), (1, 0), (50, 8), (-50, 8), (100, 16), (400, 16)]
)
def test_heat_grows_with_the_size_and_stops_at_the_hottest_step(value, level):
    """|value| against the column's maximum in steps from 5 % to 85 %."""
    assert numbers.heat_level(value, 100) == level


@pytest.mark.parametrize(("value", "heat"), [(100, 16), (0, 16), (75.0, 8), (25, 8), (50, 0)])
def test_the_crowding_scale_is_centred_at_fifty(value, heat):
    assert numbers.score_heat(value) == heat


def test_a_heated_cell_carries_its_sign_in_text_class_and_step():
    """A class needs no quotes where it is one: a board has ten thousand cells."""
    assert drawn(Cell("−10", "short", heat="8")) == "<td class=short data-heat=8>−10"
    assert (
        drawn(Cell("87.5", "crowd keep", heat="12")) == '<td class="crowd keep" data-heat=12>87.5'
    )


def test_dates_name_the_weekday_and_instants_the_clock_of_new_york():
    released = dt.datetime(2026, 7, 17, 19, 30, tzinfo=dt.UTC)
    assert rendered("{{ d|day }}", d=dt.date(2026, 7, 14)) == "Tue 14 Jul 2026"
    assert rendered("{{ t|new_york }}", t=released) == "Fri 17 Jul 2026, 15:30 New York"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (187_500, f"2{T}d 4{T}h"),
        (11_100, f"3{T}h 5{T}min"),
        (40, f"40{T}s"),
        (82_852, f"23{T}h"),
        (0, f"0{T}s"),
        (-5, f"0{T}s"),
    ],
)
def test_a_wait_shows_its_largest_unit_and_the_next(seconds, text):
    assert numbers.ago(seconds) == text


def test_a_sparkline_spans_its_box_and_lifts_the_pen_over_a_gap():
    assert spark_path([0, 5, 10], 10, 10) == "M0 10l5-5l5-5"
    assert spark_path([0, None, 10, 5], 30, 10) == "M0 10M20 0l10 5"


def test_a_sparkline_of_one_known_value_draws_nothing_and_a_flat_one_runs_in_the_middle():
    assert spark_path([None, 3]) == ""
    assert spark_path([7, 7], 10, 10) == "M0 5l10 0"


def test_no_component_writes_an_inline_style():
    """The content security policy would drop it."""
    html = rendered(
        "{% sparkline v %}{% bar 63.5 %}{% position 93.5 before=88 %}{% icon 'star' %}", v=[1, 2, 3]
    )
    assert "style=" not in html
    assert 'width="63.5%"' in html


@pytest.mark.parametrize(
    ("place", "is_crowded"), [(0, True), (10, True), (10.1, False), (89.9, False), (90, True)]
)
def test_a_position_is_marked_at_its_place_and_coloured_at_the_ticks_and_beyond(place, is_crowded):
    html = rendered("{% position v %}", v=place)
    assert f'<rect x="{place:g}%"/>' in html
    assert ("crowd" in html) is is_crowded
    assert html.count("<rect") == 1


def test_a_position_also_shows_where_it_was_before():
    """A former place of zero is a place too."""
    html = rendered("{% position 50 before=v %}", v=0)
    assert '<rect x="0%"/>' in html
