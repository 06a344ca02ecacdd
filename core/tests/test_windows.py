"""Windows against golden values and against a slow, obvious reference."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.series import windows
from core.series.cells import as_shown, round_half_up
from core.series.windows import newest, rolling, streaks
from core.tests import slow_reference as slow

SIZES = st.sampled_from([1, 2, 3, 8, 13, 26, 52, None])
SERIES = st.lists(st.none() | st.integers(-(10**7), 10**7) | st.integers(-3, 3), max_size=90)


def array(values):
    return np.array([math.nan if value is None else value for value in values], float)


def nullable(values):
    return [None if math.isnan(value) else float(value) for value in values]


@pytest.fixture
def given_values(golden: Path):
    return json.loads((golden / "golden_cot.json").read_text())


def test_golden_index_rank_and_z(given_values):
    window = rolling(array(given_values["net"]), given_values["n"])
    assert window.index()[-1] == pytest.approx(given_values["cot_index"], rel=1e-9)
    assert window.rank()[-1] == pytest.approx(given_values["pct_rank"], rel=1e-9)
    assert window.z()[-1] == pytest.approx(given_values["z"], rel=1e-9)


def test_golden_short_history_and_flat_series_have_no_strict_index(given_values):
    """Null, although the display rule shows 50 for the flat one."""
    assert given_values["short_history"] is None
    assert given_values["flat"] is None
    assert math.isnan(rolling(array(given_values["net"]), 8).index()[3])
    flat = rolling(array([5] * 8), 8)
    assert math.isnan(flat.index()[-1])
    assert flat.display_index()[-1] == 50.0


def test_golden_index_of_a_difference_for_upperman(given_values):
    spread = array(given_values["net"]) - array(given_values["spec"])
    assert 2 * rolling(spread, 8).index()[-1] - 100 == pytest.approx(given_values["upperman_cf"])


@pytest.mark.parametrize(
    ("values", "shown", "count", "full"),
    [
        ([10], None, 1, False),
        ([10, 12], 100.0, 2, False),
        ([7] * 60, 50.0, 52, False),
        ([12, 10, 11], 50.0, 3, False),
    ],
)
def test_display_rule_of_short_and_flat_series(values, shown, count, full):
    """Three check values, and one by hand: 11 lies halfway between 10 and 12."""
    window = rolling(array(values), 52)
    assert nullable(window.display_index())[-1] == shown
    assert (window.count[-1], window.full[-1]) == (count, full)


@pytest.mark.parametrize(("size", "weeks"), [(13, 15), (52, 58), (156, 172)])
def test_a_window_that_reaches_back_too_far_is_not_full(size, weeks):
    """The strict scores are then null; the display rule shows what the window holds."""
    values = np.arange(size, dtype=float)
    days = 7 * np.arange(size)
    days[0] = days[-1] - 7 * weeks
    full = rolling(values, size, days=days)
    assert (full.full[-1], full.sparse[-1]) == (True, False)
    days[0] -= 1
    late = rolling(values, size, days=days)
    assert (late.full[-1], late.sparse[-1], late.count[-1]) == (False, True, size)
    assert math.isnan(late.rank()[-1])
    assert late.display_index()[-1] == 100.0
    for seen, spaced in ((full, [days[0] + 1, *days[1:]]), (late, days)):
        alone = newest(values[None, :], size, days=np.array([spaced], float))
        assert (alone.full[0], alone.sparse[0]) == (seen.full[-1], seen.sparse[-1])


def test_a_span_counts_from_observation_to_observation_and_the_whole_history_has_none():
    values = array([None, 1, 2, None, 3, 4])
    days = np.array([0, 700, 1400, 1407, 1414, 1421])
    assert rolling(values, 3, days=days).sparse.tolist() == [False] * 4 + [True, False]
    assert not rolling(values, None, days=days).sparse.any()


@given(SERIES, SIZES)
@settings(max_examples=150, deadline=None)
def test_every_window_equals_the_slow_reference(values, size):
    """Count, fullness, display rule and strict scores, on random series with nulls."""
    window = rolling(array(values), size)
    seen = [slow.window(values, at, size) for at in range(len(values))]
    assert window.count.tolist() == [len(part) for part in seen]
    assert window.full.tolist() == [bool(part) and slow.is_full(part, size) for part in seen]
    assert nullable(window.display_index()) == [slow.display_index(part) for part in seen]
    assert nullable(window.index()) == [slow.index(part, size) if part else None for part in seen]
    assert nullable(window.rank()) == [slow.rank(part, size) if part else None for part in seen]
    scores = array([slow.z(part, size) if part else None for part in seen])
    np.testing.assert_allclose(window.z(), scores, rtol=1e-9, atol=1e-9)


@given(st.lists(SERIES, min_size=1, max_size=8), SIZES)
@settings(max_examples=60, deadline=None)
def test_the_board_and_the_page_measure_the_same_numbers(markets, size):
    """The newest window of many markets at once is, bit for bit, the last window of each alone."""
    known = [[value for value in market if value is not None] for market in markets]
    matrix = np.full((len(known), max([1, *map(len, known)])), np.nan)
    for row, market in enumerate(known):
        matrix[row, matrix.shape[1] - len(market) :] = market
    together = newest(matrix, size)
    for row, market in enumerate(known):
        if market:
            alone = rolling(array(market), size)
            for measure in ("display_index", "index", "rank", "z"):
                assert (
                    nullable(getattr(together, measure)())[row]
                    == nullable(getattr(alone, measure)())[-1]
                )
            assert (together.count[row], together.range[row]) == (alone.count[-1], alone.range[-1])
        else:
            assert together.count[row] == 0


@given(SERIES, st.sampled_from([[2, 13, None], [13, 26, 52, 156, 260, None], [1, 2, 3]]))
@settings(max_examples=60, deadline=None)
def test_windows_measured_together_equal_windows_measured_alone(values, sizes):
    """One pass over the longest window gives all shorter ones, bit for bit."""
    for size, together in zip(sizes, windows.nested(array(values), sizes), strict=True):
        alone = rolling(array(values), size)
        assert (together.needed, together.count.tolist()) == (alone.needed, alone.count.tolist())
        for measure in ("display_index", "index", "rank", "z"):
            np.testing.assert_array_equal(getattr(together, measure)(), getattr(alone, measure)())


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=60), st.integers(1, 59))
@settings(deadline=None)
def test_a_break_starts_the_window_anew(values, at):
    """Nothing before an unknown change of unit is looked at."""
    at = min(at, len(values))
    broken = rolling(array(values), 13, [at])
    assert nullable(broken.display_index())[at:] == nullable(
        rolling(array(values[at:]), 13).display_index()
    )
    assert nullable(broken.display_index())[:at] == nullable(
        rolling(array(values[:at]), 13).display_index()
    )


def test_a_long_history_is_measured_in_pieces_without_a_seam(monkeypatch):
    """The size of the pieces is a matter of speed alone."""
    values = np.random.default_rng(5).integers(-(10**6), 10**6, 400).astype(float)
    whole = rolling(values, 52)
    monkeypatch.setattr(windows, "_CELLS", 100)
    pieces = rolling(values, 52)
    assert np.array_equal(whole.rank(), pieces.rank(), equal_nan=True)
    assert np.array_equal(whole.z(), pieces.z(), equal_nan=True)


def test_scores_of_equal_counts_do_not_depend_on_the_level():
    """z is taken around the newest value: a large constant costs no digits."""
    values = array([3, 1, 4, 1, 5, 9, 2, 6])
    assert rolling(values + 2e9, 8).z()[-1] == rolling(values, 8).z()[-1]


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [(2.25, 1, 2.3), (-2.25, 1, -2.3), (2.24999, 1, 2.2), (37.449999999999996, 1, 37.5), (0.5, 0, 1), (-0.04, 1, 0.0),
     (1.005, 2, 1.01), (1e7 + 0.25, 1, 10000000.3), (math.nan, 1, None), (math.inf, 1, None)],
)  # fmt: skip
def test_rounding_is_half_up_and_knows_no_negative_zero(value, digits, expected):
    rounded = as_shown(value, digits)
    assert rounded == expected
    assert rounded is None or math.copysign(1, rounded) == math.copysign(1, expected)


@given(st.integers(1, 10**7), st.integers(1, 10**7))
def test_rounding_a_percentage_of_two_counts_is_exact(part, whole):
    """What whole-number arithmetic says, for every quotient of counts."""
    tenths = (2 * 1000 * part + whole) // (2 * whole)
    if tenths < 10**7:
        assert round_half_up(np.array([100 * part / whole]), 1)[0] == tenths / 10


def test_runs_count_from_their_first_element():
    assert streaks(np.array([1, 1, 0, -1, -1, -1, 1])).tolist() == [1, 2, 0, 1, 2, 3, 1]
    assert streaks(np.array([], np.int64)).tolist() == []
