"""The map on a narrow screen: every market at its index, in the strip of its category."""

from __future__ import annotations

import re

import pytest

from cot.models import Category
from cot.pages.crowd_map import Point
from cot.pages.map_strips import strips
from cot.tests import market_data


def point(code, category, index, share=4.0):
    return Point(code, code, category, "MM", index, 0.0, share)


POINTS = [point("GC", "metals", 97.0, 64.0), point("SI", "metals", 96.0), point("HG", "metals", 12.0), point("ZC", "grains", 50.0)]  # fmt: skip


def test_every_market_is_a_dot_at_its_index_in_the_strip_of_its_category():
    metals, grains = strips(POINTS)
    assert [dot.place for dot in metals.dots] == [12.0, 96.0, 97.0]
    assert [strip.label for strip in (metals, grains)] == [
        Category.METALS.label,
        Category.GRAINS.label,
    ]
    assert [dot.place for dot in grains.dots] == [50.0]
    assert (metals.lowest.code, metals.highest.code) == ("HG", "GC")


def test_dots_that_would_cover_each_other_stand_at_different_heights():
    """Silver and gold are one apart; copper is far from both."""
    copper, silver, gold = strips(POINTS)[0].dots
    assert copper.height == silver.height != gold.height


def test_a_dot_is_as_large_as_its_share_and_as_strong_as_it_is_far_from_the_middle():
    """3 + 0.7 · √share; 0.25 at 50, 0.90 at both ends."""
    copper, _silver, gold = strips(POINTS)[0].dots
    assert (copper.radius, gold.radius) == (4.4, 8.6)
    ends = strips([point("A", "metals", 0.0), point("B", "metals", 100.0)])[0].dots
    assert [dot.strength for dot in (*ends, *strips(POINTS)[1].dots)] == [0.9, 0.9, 0.25]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_strips_of_the_page_hold_every_market_of_the_map(web, viewer, language):
    """Places are numbers of SVG in every language: a comma would break them."""
    market_data.store(70)
    html = web(viewer).get("/cot/map/", headers={"accept-language": language}).text
    places = re.findall(r'<circle cx="([^"]+)%"', html)
    rows = html[html.index("<tbody>") :].count("<tr>")
    assert len(places) == rows > 0
    assert all(0 <= float(place) <= 100 for place in places)
