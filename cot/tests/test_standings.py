"""Where the speculators stand: each state by hand, what it takes no score for, how long it lasts, how unusual a week is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from cot.measures import standings
from cot.measures.standings import Episode
from cot.measures.timeline import Hole, Seam
from cot.standing_words import STANDINGS, STATES, standing
from cot.tests.test_indicators import line

NAN = math.nan
RISING = list(range(100, 151))  # 51 nets
FLAT = [100, 120] * 25 + [100]


def market(nets, interest=1000, **more):
    """The nets with the changes the CFTC prints of them."""
    changes = [NAN, *np.diff(nets)]
    return line(nets, interest, g3_long_change=changes, g3_short_change=[0] * len(nets), **more)


def stands(rows) -> tuple[str | None, str | None, int | None]:
    found = standings.state(rows, "g3").at(-1), standings.state_side(rows, "g3").at(-1)
    return *found, standings.severity(rows, "g3").at(-1)


@pytest.mark.parametrize(
    ("nets", "interest", "expected"),
    [
        # −2 to 9: the sign changed by 11 of 1,000 = 1.1 % of open interest
        ([*range(-52, -1), 9], 1000, ("flip", "long", 5)),
        ([*range(52, 1, -1), -9], 1000, ("flip", "short", 5)),
        # 9.5 of 1,000 is 1.0 % as it is seen
        ([*[-30, 30] * 25, -5.5, 4], 1000, ("flip", "long", 5)),
        # 9 of 1,000 = 0.9 %: too little for a flip
        ([*[-30, 30] * 25, -5, 4], 1000, ("pre_flip", "long", 1)),
        # 200 is above all 51: rank 100·51.5/52 = 99.0, z = (200 − 111.5)/16.3 = 5.4
        ([*FLAT, 200], 1000, ("overcrowded", "long", 4)),
        ([*[-net for net in FLAT], -200], 1000, ("overcrowded", "short", 4)),
        # 148 after 150: rank 100·(48 + 1)/52 = 94.2, z = (148 − 125.4)/15.0 = 1.5; 2 of 400 = 0.5 %
        ([*RISING, 148], 400, ("reversal_watch", "long", 3)),
        ([*[-net for net in RISING], -148], 400, ("reversal_watch", "short", 3)),
        # the same 2 of 1,000 = 0.2 %
        ([*RISING, 148], 1000, ("extreme", "long", 2)),
        ([*[-net for net in RISING], -148], 1000, ("extreme", "short", 2)),
        # rank 100·(46 + 1)/52 = 90.4 with 5 of 2,000 = 0.3 %; one contract less: 100·(45 + 1)/52 = 88.5
        ([*RISING[:-1], 151, 146], 2000, ("extreme", "long", 2)),
        ([*RISING[:-1], 151, 145], 2000, ("neutral", None, 0)),
        # rank 99.0 of a net that is short: the least short of the year; z = (−100 + 125.5)/15.2 = 1.7
        ([*range(-151, -100), -100], 1000, ("least", "short", 1)),
        ([*range(151, 100, -1), 100], 1000, ("least", "long", 1)),
        # −20 after −100 and −120: z = (−20 + 108.3)/15.6 = 5.7
        ([*[-net for net in FLAT], -20], 1000, ("least", "short", 2)),
        # 9 of 1,000 = 0.9 % of open interest, 10 = 1.0 %; both 0.45 and 0.5 of the 20 before
        ([*[30, -30] * 25, 20, 9], 1000, ("pre_flip", "long", 1)),
        ([*[30, -30] * 25, 20, 10], 1000, ("neutral", None, 0)),
        # 140 is below 0.3 · 500 = 150
        ([*[500, 100] * 25, 500, 140], 1000, ("pre_flip", "long", 1)),
        ([*[500, 100] * 25, 500, 150], 1000, ("neutral", None, 0)),
        # nothing held on balance is on no side
        ([*[30, -30] * 25, 5, 0], 1000, ("pre_flip", None, 1)),
    ],
)
def test_the_first_state_that_holds_is_where_a_market_stands(nets, interest, expected):
    assert len(nets) == 52
    assert stands(market(nets, interest)) == expected


def test_the_word_crowded_is_on_the_side_the_speculators_are_on():
    """Every state but neutral and close to flipping says a side; none of them says the other one."""
    assert set(STATES) == set(standings.STATES)
    sided = set(standings.STATES) - {"neutral", "pre_flip"}
    assert set(STANDINGS) == {(state, side) for state in sided for side in standings.SIDES}
    assert (standing("least", "short"), standing("reversal_watch", "short")) == (
        "Least short",
        "Short, covering",
    )
    assert (standing("neutral", None), standing("pre_flip", "long")) == (
        "Neutral",
        "Close to flipping",
    )


# --- where there is no score ---


@pytest.mark.parametrize(
    ("nets", "interest", "expected", "reason"),
    [
        # 949 of 100,000 move: 0.9 % of open interest; 950 are 1.0 %
        ([5000, 5949] * 26, 100_000, None, "too_small"),
        ([5000, 5950] * 26, 100_000, "neutral", None),
        # thirteen nets of zero among 52, and twelve
        ([*[0] * 13, *[300] * 38, 400], 1000, None, "too_small"),
        ([*[0] * 12, *[300] * 39, 400], 1000, "extreme", None),
        ([500] * 52, 1000, None, "too_small"),
        # always near zero, and often zero: neither is close to a flip, nor flips
        ([5, 9] * 26, 1000, None, "too_small"),
        ([*[0] * 20, *[300] * 31, -400], 1000, None, "too_small"),
        # too few reports
        ([100, 200, 300], 1000, None, "window"),
        # without any score, a flip is one and what is close to it too
        ([-100, 200], 1000, "flip", None),
        ([100, 9], 1000, "pre_flip", None),
    ],
)
def test_what_cannot_be_scored_stands_in_no_state_of_scores(nets, interest, expected, reason):
    found = standings.state(market(nets, interest), "g3")
    assert (found.at(-1), found.reason(-1)) == (expected, reason)


def test_a_market_reported_now_and_then_has_flips_but_no_scores():
    """Every other week, 52 reports span two years; the last two are consecutive."""
    steps = [*[14] * 51, 7]
    quiet = market([*FLAT, 200], steps=steps)
    assert standings.state(quiet, "g3").reason(-1) == "sparse"
    assert standings.severity(quiet, "g3").reason(-1) == "sparse"
    assert stands(market([*FLAT, -200], steps=steps)) == ("flip", "short", 5)


def test_weeks_we_did_not_load_are_not_the_fault_of_the_market():
    """Ten weeks missing in the middle of the year: 52 reports span 62 weeks."""
    rows = market([*FLAT, 200], steps=[*[7] * 30, 77, *[7] * 21])
    before, after = rows.dates[[29, 30]].tolist()
    assert Hole(before, after).weeks == 10
    holed = replace(rows, missing=(Hole(before, after),))
    assert standings.state(rows, "g3").reason(-1) == "sparse"
    assert standings.state(holed, "g3").reason(-1) == "weeks_missing"
    elsewhere = replace(rows, missing=(Hole(date(2020, 1, 7), date(2020, 6, 2)),))
    assert standings.state(elsewhere, "g3").reason(-1) == "sparse"


def test_a_new_contract_size_takes_every_state():
    rows = market([*FLAT, 200], seams=(Seam(date(2024, 12, 31), 5.0),))
    assert rows.dates[-1] == np.datetime64("2024-12-31")
    for formula in (standings.state, standings.state_side, standings.severity, standings.attention):
        assert (formula(rows, "g3").at(-1), formula(rows, "g3").reason(-1)) == (None, "size_seam")


# --- how long ---


def test_weeks_at_the_extreme_count_reports_on_one_side_whatever_the_word():
    """152 and 153 are new highs, 150 turns, 140 is out. Of 51 nets 100 … 150 and these: z of 152 is 1.7."""
    rows = market([*range(150, 99, -1), 152, 153, 150, 140], 400)
    assert standings.weeks_at_extreme(rows, "g3").tolist()[51:] == [1, 2, 3, 0]
    assert [standings.state(rows, "g3").at(place) for place in (51, 52, 53)] == [
        "extreme",
        "extreme",
        "reversal_watch",
    ]


def test_the_least_short_of_a_year_is_at_no_extreme():
    """Rank 99 of a net that is short."""
    rows = market([*range(-151, -100), -100])
    assert standings.weeks_at_extreme(rows, "g3").at(-1) == 0


def test_an_episode_is_a_run_at_one_extreme_and_tells_when_it_was_over():
    """Two reports long, one at rank 59.6, then below 50: three reports after the first. Then a short one that lasts.

    Of 148 … 100, 200, 210 and 130 thirty lie below 130: rank 100·(30 + 1)/52.
    """
    rows = market([*range(151, 99, -1), 200, 210, 130, 110, -50, -60])
    day = lambda place: rows.dates[place].tolist()  # noqa: E731
    ranks = standings.rank(rows.window("g3_net", 52)).tolist()
    assert ranks[52:] == [99.0, 99.0, 59.6, 21.2, 1.0, 1.0]
    assert standings.episodes(rows, "g3") == (
        Episode(day(52), day(53), "long", 2, 3, running=False),
        Episode(day(56), day(57), "short", 2, None, running=True),
    )


def test_of_an_episode_before_reports_without_a_rank_nobody_knows_when_it_was_over():
    """A year is missing after it: the next rank comes 52 reports later, wherever net went meanwhile."""
    rows = market([*range(151, 99, -1), 200, 140, 139, 138], steps=[*[7] * 53, 400, 7, 7])
    ranks = standings.rank(rows.window("g3_net", 52))
    assert ranks.tolist()[52:] == [99.0, None, None, None]
    (found,) = standings.episodes(rows, "g3")
    assert (found.back_after, found.running, found.lost) == (None, False, True)


# --- how unusual a week is ---


def test_the_rank_moves_by_the_places_passed():
    """Falling from 151 by one a week each is the lowest, 0.5 of 52; 145 comes after 44 of 148 … 100 and its equal."""
    rows = market([*range(151, 99, -1), 99, 98, 97, 145])
    assert standings.rank_before(rows, "g3").tolist()[51:] == [None, 1.0, 1.0, 1.0, 1.0]
    assert standings.rank_before(rows, "g3").reason(51) == "window"
    assert standings.rank(rows.window("g3_net", 52)).at(-1) == round(100 * 49 / 52, 1)
    for weeks in (1, 4):
        assert standings.rank_change(rows, "g3", weeks).at(-1) == round(100 * 48.5 / 52, 1)
    assert standings.rank_change(rows, "g3", 4).reason(-2) == "window"


def test_the_rank_is_not_differenced_across_a_gap():
    """A week left out between the last two reports lies within the last four too."""
    rows = market([*range(151, 99, -1), 99, 98, 97, 145], steps=[*[7] * 55, 14])
    for weeks in (1, 4):
        assert standings.rank_change(rows, "g3", weeks).reason(-1) == "gap"
    assert standings.rank_before(rows, "g3").at(-1) == 1.0


def test_a_move_is_measured_in_deviations_of_its_own_weeks():
    """Net/OI goes up and down by 2 % in turns: 26 steps of ±2 have the deviation √(26·4/25) = 2.04."""
    steps = [2, -2] * 13
    nets = np.cumsum([0, *(10 * step for step in steps)])
    assert standings.deviation(market(nets), "g3")[-1] == pytest.approx(math.sqrt(26 * 4 / 25))
    assert standings.change_sd(market(nets), "g3").at(-1) == 1.0  # 2/2.04
    assert standings.change_sd(market(nets[:-1]), "g3").reason(-1) == "window"  # 25 steps


def test_gaps_and_seams_are_no_steps():
    """Of 28 steps one crosses a gap: what it moved counts for nothing."""
    nets = np.cumsum([0, *[20, -20] * 13, 500, 20])
    weekly, with_gap = market(nets), market(nets, steps=[*[7] * 27, 21, 7])
    assert standings.deviation(with_gap, "g3")[-1] == pytest.approx(
        np.std([*[2, -2] * 13, 2], ddof=1)
    )
    assert standings.deviation(weekly, "g3")[-1] == pytest.approx(
        np.std([*[2, -2] * 13, 50, 2], ddof=1)
    )
    seam = market(nets, seams=(Seam(weekly.dates[27].tolist(), 1.0),))
    assert standings.deviation(seam, "g3")[-1] == standings.deviation(with_gap, "g3")[-1]


def test_attention_adds_how_far_out_and_how_large_a_move():
    """Newest 200 over 51 of 100 and 120: |z| − 1 is above 3, and 10 % of open interest is above 3 of its deviations."""
    rows = market([*FLAT, 200])
    assert standings.attention(rows, "g3").at(-1) == 6.0
    quiet = market(
        [*RISING, 151]
    )  # z 1.68, and one contract after 50 times one: 0.1 %, never anything else
    z = float(np.std(np.arange(100, 152), ddof=1))
    assert standings.change_sd(quiet, "g3").reason(-1) == "window"
    assert standings.attention(quiet, "g3").at(-1) == round((151 - 125.5) / z - 1, 2)


def test_attention_needs_one_of_its_halves():
    nets = np.cumsum([100, *[20, -20] * 13])
    assert standings.attention(market(nets), "g3").at(-1) == pytest.approx(0.98)  # no z: 2/2.04
    few = standings.attention(market([100, 200, 300]), "g3")
    assert (few.at(-1), few.reason(-1)) == (None, "window")
    still = standings.attention(market([5000, 5949] * 26, 100_000), "g3")
    assert (still.at(-1), still.reason(-1)) == (None, "too_small")
