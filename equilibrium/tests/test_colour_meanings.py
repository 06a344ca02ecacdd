"""One colour, one meaning, for every eye: the six meanings and the groups of traders are told apart."""

from __future__ import annotations

import math
from itertools import combinations, product

import pytest

from equilibrium.tests.colour_vision import EYES, ciede2000, lab
from equilibrium.tests.test_contrast import THEMES, contrast, over, tokens

MEANINGS = ("long", "short", "crowd", "interest", "warn", "accent")
HEATS = ("heat-long", "heat-short", "heat-crowd", "heat-interest")
APART = 10


# Pairs 1, 4, 7, 9, 16, 17, 19, 25, 29 and 34 of the test data of Sharma, Wu and Dalal.
@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0009), 7.1792),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (56, -27, -3), 31.9030),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((22.7233, 20.0904, -46.6940), (23.0331, 14.9730, -42.5619), 2.0373),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_distance_of_colours_is_the_published_one(one, other, apart):
    assert ciede2000(one, other) == pytest.approx(apart, abs=0.0001)
    assert ciede2000(other, one) == pytest.approx(apart, abs=0.0001)


@pytest.mark.parametrize("eye", ["red-blind", "green-blind"])
def test_greys_stay_what_they_are_and_red_nears_green_for_a_colour_blind_eye(eye):
    assert ciede2000(lab((0.5, 0.5, 0.5), eye), lab((0.5, 0.5, 0.5))) < 0.1
    red, green = (0.75, 0.22, 0.17), (0.40, 0.47, 0.12)
    assert ciede2000(lab(red, eye), lab(green, eye)) < ciede2000(lab(red), lab(green)) / 2


@pytest.mark.parametrize(("eye", "theme"), [*product(EYES, THEMES)])
def test_the_six_meanings_are_told_apart_by_every_eye(eye, theme):
    """Long, short, crowding, open interest, warning, accent, each from each other."""
    both, side = tokens("safe"), THEMES[theme]
    seen = {name: lab(both[name][side], eye) for name in MEANINGS}
    for one, other in combinations(MEANINGS, 2):
        assert ciede2000(seen[one], seen[other]) >= APART, (one, other)


@pytest.mark.parametrize(("eye", "theme"), [*product(EYES, THEMES)])
def test_the_hottest_cells_of_two_meanings_are_told_apart_by_every_eye(eye, theme):
    both, side = tokens("safe"), THEMES[theme]
    cells = {name: over(both[name][side], 0.85, both["surface"][side]) for name in HEATS}
    for one, other in combinations(HEATS, 2):
        assert ciede2000(lab(cells[one], eye), lab(cells[other], eye)) >= APART, (one, other)


@pytest.mark.parametrize("theme", THEMES)
def test_the_classic_pair_of_green_and_red_is_no_other_meaning_either(theme):
    """Whoever chooses it sees all colours: it is offered for habit, not for every eye."""
    both, side = tokens("classic"), THEMES[theme]
    for one, other in combinations(MEANINGS, 2):
        assert ciede2000(lab(both[one][side]), lab(both[other][side])) >= APART, (one, other)


@pytest.mark.parametrize(("eye", "theme"), [*product(EYES, THEMES)])
def test_groups_in_charts_are_told_apart_by_every_eye_and_are_no_sign(eye, theme):
    """Twenty units apart; a group never wears the colour of long, short or crowding."""
    both, side = tokens("safe"), THEMES[theme]
    groups = [lab(both[name][side], eye) for name in ("g1", "g2", "g3", "g4")]
    assert min(math.dist(one, other) for one, other in combinations(groups, 2)) >= 20
    signs = [lab(both[name][side]) for name in ("long", "short", "crowd")]
    named = [lab(both[name][side]) for name in ("g1", "g2", "g3", "g4", "g5")]
    assert min(math.dist(group, sign) for group in named for sign in signs) >= 20
    for name in ("g1", "g2", "g3", "g4", "g5"):
        assert contrast(both[name][side], both["surface"][side]) >= 3, name  # WCAG 1.4.11
