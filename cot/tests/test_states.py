"""Words for what a group does."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.series.cells import numbers
from cot.measures import states
from cot.measures.timeline import Seam
from cot.tests.test_indicators import line, reasons

NAN = math.nan
SIGNS = (-1, 0, 1)
# Signs of the price, of longs and of shorts, each with its state: typed, not computed.
EIGHT = {
    (1, 1, -1): "strong_bullish", (1, -1, 1): "distribution", (-1, 1, -1): "accumulation", (1, 1, 1): "topping_out",
    (-1, 1, 1): "floor_building", (1, -1, -1): "profit_taking", (-1, -1, 1): "strong_bearish", (-1, -1, -1): "liquidation",
}  # fmt: skip
# Signs of the price and of open interest.
INTEREST = {
    (1, 1): "strong_demand",
    (-1, 1): "new_supply",
    (1, -1): "short_covering",
    (-1, -1): "long_liquidation",
}


def moves(values):
    return numbers(np.array(values, float), 6, otherwise="no_price")


@pytest.mark.parametrize("signs", list(product(SIGNS, repeat=3)))
def test_every_sign_combination_has_its_state(signs):
    """All 27; a zero in any of the three is unchanged."""
    price, longs, shorts = signs
    rows = line([0], g3_long_change=[longs * 7], g3_short_change=[shorts * 3])
    assert states.eight_states(rows, ["g3"], moves([price * 0.5])).at(0) == EIGHT.get(
        signs, "unchanged"
    )


@pytest.mark.parametrize("signs", list(product(SIGNS, repeat=2)))
def test_every_sign_combination_of_the_interest_matrix_has_its_state(signs):
    """All 9."""
    price, interest = signs
    assert states.interest_states(line([0], oi_change=[interest * 9]), moves([price])).at(
        0
    ) == INTEREST.get(signs, "unchanged")


def test_eight_states_of_several_groups_add_their_changes():
    """+5 and −9 make −4."""
    rows = line(
        [0], g3_long_change=[5], g3_short_change=[2], g4_long_change=[-9], g4_short_change=[2]
    )
    assert states.eight_states(rows, ["g3", "g4"], moves([1])).at(0) == "distribution"


def test_price_states_say_why_they_are_missing():
    """No price, no printed change, size seam."""
    rows = line(
        [0, 0, 0],
        g3_long_change=[1, NAN, 1],
        g3_short_change=[1, 1, 1],
        seams=(Seam(date(2024, 1, 23), 5.0),),
    )
    found = states.eight_states(rows, ["g3"], moves([NAN, 1, 1]))
    assert found.tolist() == [None, None, None]
    assert reasons(found) == ["no_price", "no_prior_week", "size_seam"]


def test_a_price_change_needs_two_closes_of_consecutive_reports():
    rows = line([0] * 5, steps=[0, 7, 9, 7, 7])
    found = states.price_change(rows, np.array([10, 11.5, 12, NAN, 13]))
    assert found.tolist() == [None, 1.5, None, None, None]
    assert reasons(found) == ["no_prior_week", None, "gap", "no_price", "no_price"]
    assert reasons(states.price_change(rows, None)) == ["no_price"] * 5


@pytest.mark.parametrize(
    ("longs", "shorts", "expected"),
    [(5, 3, "new_longs"), (-5, 3, "long_liquidation"), (2, 3, "new_shorts"), (2, -3, "short_covering"),
     (3, -3, "no_change"), (0, 0, "no_change"), (NAN, 3, None)],
)  # fmt: skip
def test_the_larger_change_names_the_flow(longs, shorts, expected):
    assert (
        states.flow(line([0], g3_long_change=[longs], g3_short_change=[shorts]), "g3").at(0)
        == expected
    )


def test_no_flow_across_a_gap_even_where_the_cftc_prints_a_change():
    """Files before 2015 print changes across a missing report."""
    rows = line([0, 0], steps=[0, 14], g3_long_change=[1, 1], g3_short_change=[0, 0])
    assert reasons(states.flow(rows, "g3")) == [None, "gap"]


@pytest.mark.parametrize(
    ("was", "now", "flipped"),
    [
        (-5, 5, "long"),
        (0, 5, "long"),
        (5, -5, "short"),
        (0, -5, "short"),
        (5, 0, None),
        (-5, 0, None),
        (5, 6, None),
        (0, 0, None),
    ],
)
def test_a_flip_starts_at_zero_or_beyond(was, now, flipped):
    rows = line([was, now])
    assert states.flip(rows, "g3").tolist() == [None, flipped]
    assert states.flip_size(rows, "g3").tolist() == [None, abs(now - was)]


def test_nothing_flips_across_a_gap_or_a_seam():
    assert reasons(states.flip(line([-5, 5], steps=[0, 9]), "g3")) == ["no_prior_week", "gap"]
    assert reasons(states.flip(line([-5, 5], seams=(Seam(date(2024, 1, 16), 2.0),)), "g3")) == [
        "no_prior_week",
        "size_seam",
    ]


def test_bias_is_the_long_share_of_what_is_held():
    """30 of 40."""
    rows = line([0, 0], g3_long=[30, 0], g3_short=[10, 0])
    assert states.bias(rows, "g3").tolist() == [75.0, None]
    assert reasons(states.bias(rows, "g3")) == [None, "no_data"]


def test_velocity_warns_when_it_works_against_the_position():
    """Steps +10, +4, then −4 less +4; a gap takes two weeks with it."""
    rows = line([10, 20, 24, 20, 30, 31, 33], steps=[0, 7, 7, 7, 9, 7, 7])
    found = states.velocity(rows, "g3")
    assert found.value.tolist() == [None, None, -6, -8, None, None, 1]
    assert reasons(found.value)[:2] == ["no_prior_week"] * 2
    assert reasons(found.value)[4:6] == ["gap"] * 2
    assert found.warning.tolist() == [False, False, True, True, False, False, False]


def test_velocity_does_not_mix_contract_sizes():
    """Neither the step over the seam nor the one after it."""
    rows = line([10, 20, 30, 200, 210, 220], seams=(Seam(date(2024, 1, 30), 5.0),))
    assert states.velocity(rows, "g3").value.tolist() == [None, None, 0, None, None, 0]


def test_power_is_a_risk_above_thirty_per_cent_as_shown():
    """30.04 is shown as 30.0, which is not above 30."""
    rows = line([0, 0], interest=10000, g3_long=[3004, 3005], g3_short=[3010, 100])
    found = states.power(rows, "g3")
    assert found.long.tolist() == [30.0, 30.1]
    assert found.long_liquidation_risk.tolist() == [False, True]
    assert found.short_squeeze_risk.tolist() == [True, False]


def crossing(spec, comm):
    return line([0] * 20, g3_long=spec, g3_short=[0] * 20, g1_long=comm, g1_short=[0] * 20)


def test_divergence_needs_both_ends():
    """Ranks of a rising and of a falling series of 20 are 97.5 and 2.5."""
    up, down = list(range(20)), list(range(20, 0, -1))
    assert states.divergence(crossing(up, down), "g3", "g1", 20).at(-1) == "spec_long_comm_short"
    assert states.divergence(crossing(down, up), "g3", "g1", 20).at(-1) == "spec_short_comm_long"
    assert states.divergence(crossing(up, up), "g3", "g1", 20).at(-1) is None
    assert states.divergence(crossing(up, down), "g3", "g1", 20).reason(0) == "window"
    assert states.divergence(crossing(up, down), "g3", None, 20).reason(-1) == "no_counterpart"


def test_triple_lookback_shows_how_much_history_it_has():
    """60 weeks fill the first window only; 59 of 60 below, so rank 99.0 of the last 52."""
    first, second, third = states.triple(line(list(range(60))), "g3")
    assert (first.net, first.rank, first.index, first.n, first.full) == (59, 99.0, 100.0, 52, True)
    assert (second.rank, second.n, second.full, second.reason) == (None, 60, False, "window")
    assert third.size == 260


def test_zones_interpolate_between_observations():
    """Percentiles of 0…20 are 1 and 19."""
    rows = line([0] * 21, g3_long=range(21))
    assert states.zone(rows, "g3_long", 21) == states.Zone(1, 19, 21)
    assert states.zone(line([4]), "g3_long", 52) == states.Zone(None, None, 1)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=80))
@settings(max_examples=60, deadline=None)
def test_every_observation_is_in_exactly_one_bin(nets):
    """Half-open bins, the last one closed, counted one by one."""
    found = states.distribution(line(nets), "g3", None)
    edges = found.edges
    last = len(edges) - 2
    expected = [
        sum(low <= net < high or (place == last and net == high) for net in nets)
        for place, (low, high) in enumerate(pairwise(edges))
    ]
    assert list(found.counts) == (expected if min(nets) < max(nets) else [len(nets)])
    assert sum(found.counts) == len(nets)
    assert found.counts[found.marked] > 0
    assert edges[found.marked] <= nets[-1] <= edges[found.marked + 1]


def test_a_flat_window_is_one_bin():
    assert states.distribution(line([3, 3, 3]), "g3", None) == states.Distribution(
        (3.0, 3.0), (3,), 0, 3
    )


def test_spread_rank_measures_the_distance_of_the_two_nets():
    """Distances 0…51, the newest widest: 100·51.5/52 = 99.04."""
    rows = line([0] * 52, g3_long=range(52), g3_short=[0] * 52, g1_long=[0] * 52, g1_short=[0] * 52)
    assert states.spread_rank(rows, "g3", "g1", 52).at(-1) == 99.0
    assert states.spread_rank(rows, "g3", None, 52).reason(-1) == "no_counterpart"


@pytest.mark.parametrize(
    ("net", "gross4", "side", "zone"),
    [
        (5, 39.9, "long", "low"),
        (5, 40, "long", "elevated"),
        (-5, 59.9, "short", "elevated"),
        (-5, 60, "short", "high"),
    ],
)
def test_concentration_looks_at_the_side_the_speculators_are_on(net, gross4, side, zone):
    facts = {
        "conc_gross4_long": [1],
        "conc_gross4_short": [1],
        "conc_net4_long": [0],
        "conc_net4_short": [0],
    }
    facts |= {f"conc_gross4_{side}": [gross4], f"conc_net4_{side}": [gross4 - 10]}
    assert states.concentration(line([net], **facts), "g3") == states.Concentration(
        side, gross4, gross4 - 10, zone, True, None
    )


def test_no_position_no_concentration_side():
    """Net 0 is on no side."""
    assert states.concentration(line([0], conc_gross4_long=[50]), "g3").side is None
