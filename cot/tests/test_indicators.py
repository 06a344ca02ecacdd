"""Indicators of one group: published rules, real rows, gaps and size seams."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.series.cells import Numbers
from core.series.windows import rolling
from core.tests import slow_reference as slow
from cot import columns
from cot.measures import indicators
from cot.measures.indicators import Thresholds
from cot.measures.timeline import Seam, Timeline
from cot.tests.real_files import frame, timeline
from cot.variants import DISAGG

WEEKS = (2021, 2022, 2023, 2024, 2025)
# Worked out apart from this code, from the CFTC's files up to the last report of those years:
# OI, net, change, net/OI, index over 13, 26, 52, 156, 260, rank and z over 52, WILLCO.
CHECKED = [
    ("disagg", "088691", "g3", WEEKS,
     (481866, 126040, -10230, 26.2, 76.7727, 47.4289, 27.3475, 62.1682, 64.5247, 37.5, -0.4817, 45.0587)),
    ("disagg", "002602", "g1", WEEKS,
     (1543015, -259742, 20172, -16.8, 27.4771, 24.3799, 68.2782, 59.5304, 62.9377, 45.1923, 0.1420, 24.0404)),
    ("disagg", "067651", "g3", (2021, 2022, 2023, 2024),
     (1872970, 203048, 16134, 10.8, 100.0, 71.0247, 74.1785, 61.4417, None, 81.7308, 1.0221, 67.2141)),
    ("tff", "13874A", "g3", (2021, 2022),
     (1961310, -246774, -28286, -12.6, 89.0382, 92.5599, 49.8563, None, None, 54.8077, 0.0339, 89.0811)),
    ("tff", "099741", "g3", (2021, 2022),
     (728387, -11134, 5560, -1.5, 30.9739, 52.5730, 67.6236, None, None, 56.7308, 0.3871, 53.5791)),
]  # fmt: skip
# Leveraged funds, index over 52 at 2023-05-02 scaled and mixed, and a week later.
SEAMS = [
    ("13874+", 5, 23.9902, 19.1683),
    ("20974+", 5, 37.4523, 49.1456),
    ("12460+", 2, 12.1540, 5.9956),
]
SEAM_DATE = date(2023, 5, 2)


def line(nets, interest=1000, *, steps=7, seams=(), **facts) -> Timeline:
    """A disaggregated market whose g3 holds these nets: longs above a floor of short positions."""
    count = len(nets)
    steps = [steps] * count if isinstance(steps, int) else steps
    days = np.cumsum(steps)
    dates = np.array([date(2024, 1, 2) + timedelta(days=int(day)) for day in days], "datetime64[D]")
    known = {field: np.full(count, math.nan) for field in
             ("open_interest", "oi_change", *(f"g{k}_{part}{what}" for k in range(1, 6) for part in ("long", "short", "spread") for what in ("", "_change")))}  # fmt: skip
    known["open_interest"] = np.broadcast_to(np.array(interest, float), count)
    known["g3_long"] = np.array([math.nan if net is None else max(net, 0) for net in nets], float)
    known["g3_short"] = np.array([math.nan if net is None else max(-net, 0) for net in nets], float)
    known |= {name: np.array(values, float) for name, values in facts.items()}
    return Timeline(dates, known, DISAGG.groups, seams)


def reasons(column) -> list[str | None]:
    return [column.reason(row) for row in range(len(column.codes))]


@pytest.mark.real
@pytest.mark.parametrize(("report", "code", "group", "years", "expected"), CHECKED)
def test_real_markets_have_the_published_check_values(
    shared_data, report, code, group, years, expected
):
    """Unrounded, to four decimals."""
    rows = timeline(frame(shared_data / "cftc", report, "fo", years), report, code)
    year = rows.window(f"{group}_net", 52)
    found = [
        rows.measure("open_interest")[-1],
        rows.measure(f"{group}_net")[-1],
        indicators.change(rows, group).values[-1],
        indicators.pct_of_oi(rows, f"{group}_net").at(-1),
        *(rows.window(f"{group}_net", size).index()[-1] for size in (13, 26, 52, 156, 260)),
        year.rank()[-1],
        year.z()[-1],
        indicators.willco(rows, group).values[-1],
    ]
    assert [None if math.isnan(value) else round(float(value), 4) for value in found] == list(
        expected
    )


@pytest.mark.real
@pytest.mark.parametrize(("code", "factor", "scaled", "week_later"), SEAMS)
def test_windows_never_mix_contract_sizes(shared_data, code, factor, scaled, week_later):
    """The report of 2023-05-02, with and without the lineage."""
    years = frame(shared_data / "cftc", "tff", "fo", (2021, 2022, 2023))
    rows = timeline(years, "tff", code, (Seam(SEAM_DATE, factor),))
    at = rows.dates.tolist().index(SEAM_DATE)
    index = rows.window("g3_net", 52).index()
    assert [round(float(value), 4) for value in index[at : at + 2]] == [scaled, week_later]
    assert timeline(years, "tff", code).window("g3_net", 52).index()[at] == 0.0
    assert indicators.change(rows, "g3").reason(at) == "size_seam"
    assert indicators.oi_pct(rows).reason(at) == "size_seam"
    assert indicators.published(rows, "oi_change").reason(at) == "size_seam"
    assert indicators.change(rows, "g3").at(at + 1) is not None


@pytest.mark.real
def test_a_seam_without_a_factor_starts_the_window_anew(shared_data):
    """The share of open interest crosses the seam as it is."""
    years = frame(shared_data / "cftc", "tff", "fo", (2021, 2022, 2023))
    rows = timeline(years, "tff", "13874+", (Seam(SEAM_DATE, None),))
    at = rows.dates.tolist().index(SEAM_DATE)
    assert rows.window("g3_net", 52).count[at - 1 : at + 2].tolist() == [52, 1, 2]
    assert rows.window("g3_share", 26).count[at] == 26
    assert indicators.display_index(rows.window("g3_net", 52)).reason(at) == "window"


def test_a_range_is_told_in_contracts_of_its_own_week():
    """A value depends on nothing later than its own report, also when a seam follows."""
    nets = [10, 20, 15, 12]
    before = line(nets)
    after = line([*nets, 100, 60], seams=(Seam(date(2024, 2, 6), 5.0),))
    assert after.dates[4] == np.datetime64("2024-02-06")
    old, new = (indicators.width(rows, rows.window("g3_net", 4)) for rows in (before, after))
    assert new.tolist()[:4] == old.tolist() == [None, None, None, 10]
    assert new.at(5) == 100 - 60
    assert new.at(4) == 100 - 60  # 20, 15, 12 became 100, 75, 60


def test_net_change_and_shares_are_what_their_names_say():
    """By hand: 100·(30 − 40)/200 = −5."""
    rows = line(
        [0],
        interest=200,
        g3_long=[30],
        g3_short=[40],
        g3_long_change=[4],
        g3_short_change=[-3],
        oi_change=[9],
    )
    assert indicators.net(rows, "g3").tolist() == [-10]
    assert indicators.change(rows, "g3").tolist() == [7]
    assert indicators.pct_of_oi(rows, "g3_net").tolist() == [-5.0]
    assert indicators.pct_of_oi(rows, "g3_long").tolist() == [15.0]
    assert indicators.oi_pct(rows).tolist() == [4.5]


def test_no_open_interest_no_percentage():
    rows = line([5], interest=0, oi_change=[-5])
    assert (indicators.oi_pct(rows).tolist(), reasons(indicators.oi_pct(rows))) == (
        [None],
        ["oi_zero"],
    )
    assert reasons(indicators.pct_of_oi(rows, "g3_net")) == ["oi_zero"]
    assert reasons(indicators.willco(rows, "g3")) == ["null_input"]


def test_nothing_is_differenced_across_a_gap_of_more_than_eight_days():
    """Eight days are a week with a holiday, nine are a gap."""
    rows = line([10, 20, 40, 10], steps=[0, 8, 9, 6], interest=1000)
    column = indicators.pct_oi_change(rows, "g3")
    assert column.tolist() == [None, 1.0, None, -3.0]
    assert reasons(column) == ["no_prior_week", None, "gap", None]


def test_a_change_the_cftc_did_not_print_is_not_computed_for_it():
    """Null with the reason, never a difference of ours."""
    rows = line([10, 20], g3_long_change=[math.nan, 10], g3_short_change=[math.nan, math.nan])
    assert reasons(indicators.published(rows, "g3_long_change")) == ["no_prior_week", None]
    assert reasons(indicators.change(rows, "g3")) == ["no_prior_week", "no_prior_week"]


def test_golden_willco_differs_from_the_raw_net_form(golden):
    values = json.loads((golden / "golden_cot.json").read_text())
    rows = line(values["net"], interest=values["oi"])
    assert rows.window("g3_share", 8).index()[-1] == pytest.approx(values["willco"], rel=1e-9)
    assert rows.window("g3_net", 8).index()[-1] == values["wci_raw_net_minmax"]


def test_golden_movement(golden):
    """Index over 4 less the index over 4 three observations before."""
    values = json.loads((golden / "golden_cot.json").read_text())
    window = line(values["net"]).window("g3_net", 4)
    column = indicators.movement(window, step=3)
    assert column.at(-1) == values["movement_n4_k3"]
    assert reasons(column)[:6] == ["window"] * 6


@pytest.mark.parametrize(
    ("role", "value", "signal"),
    [("commercial", 79.9, None), ("commercial", 80.0, "BUY"), ("commercial", 20.0, "SELL"), ("commercial", 20.1, None),
     ("speculative", 80.0, "SELL"), ("speculative", 20.0, "BUY"), ("small", 80.0, "SELL"), ("small", 20.1, None),
     ("commercial", 79.96, "BUY"), ("commercial", 20.04, "SELL")],
)  # fmt: skip
def test_crowded_bounds_are_inclusive_and_compare_what_is_shown(role, value, signal):
    """The last two cases because 79.96 is shown as 80.0 and 20.04 as 20.0."""
    nets = [0.0, 100.0, *[50.0] * 49, value]
    crowded = indicators.crowded(line(nets).window("g3_net", 52), role, Thresholds())
    assert crowded.full[-1]
    assert crowded.signal.at(-1) == signal


def test_no_crowded_signal_without_a_full_window():
    """The value is shown, the label is not."""
    crowded = indicators.crowded(line([1, 2, 3]).window("g3_net", 52), "speculative", Thresholds())
    assert (crowded.value.at(-1), crowded.signal.at(-1), crowded.signal.reason(-1)) == (
        100.0,
        None,
        "not_full",
    )


def test_thresholds_are_parameters():
    """The settings `COT_CROWDED_BUY` and `COT_CROWDED_SELL` hand them in."""
    window = line([0, 100, *[50] * 49, 70]).window("g3_net", 52)
    assert indicators.crowded(window, "small", Thresholds(buy=70, sell=30)).signal.at(-1) == "SELL"


@given(st.lists(st.none() | st.integers(-40, 40), min_size=52, max_size=150))
@settings(max_examples=40, deadline=None)
def test_episodes_are_counted_as_the_reference_counts_them(nets):
    """A null is no observation and ends nothing."""
    column = indicators.weeks_in_state(line(nets).window("g3_net", 52))
    seen = [(at, slow.window(nets, at, 52)) for at, net in enumerate(nets) if net is not None]
    expected = slow.weeks_in_state(
        [None if slow.is_sparse(nets, at, 52) else slow.rank(part, 52) for at, part in seen]
    )
    assert [column.at(at) for at, _ in seen] == expected
    assert all(column.at(at) is None for at, net in enumerate(nets) if net is None)


@pytest.mark.real
@pytest.mark.parametrize(
    ("report", "code"), [("disagg", "088691"), ("disagg", "023651"), ("tff", "13874+")]
)
def test_strict_and_display_values_of_real_rows_equal_the_slow_reference(shared_data, report, code):
    """Display rule and strict scores side by side on every week of real markets, all windows."""
    rows = timeline(frame(shared_data / "cftc", report, "fo", (2021, 2022, 2023)), report, code)
    for group in rows.groups:
        nets = rows.measure(f"{group.key}_net").tolist()
        for size in indicators.STRICT_SIZES:
            window = rows.window(f"{group.key}_net", size)
            seen = [slow.window(nets, at, size) for at in range(len(nets))]
            for column, formula in (
                (indicators.index(window), slow.index),
                (indicators.rank(window), slow.rank),
            ):
                assert column.tolist() == [slow.shown(formula(part, size), 1) for part in seen]
            assert indicators.z(window).tolist() == [
                slow.shown(slow.z(part, size), 2) for part in seen
            ]
            assert indicators.display_index(window).tolist() == [
                slow.shown(slow.display_index(part), 1) for part in seen
            ]


@pytest.mark.real
def test_a_market_reported_now_and_then_has_no_score_of_one_year(shared_data):
    """Oats: 52 reports reach back two and a half years."""
    years = (2021, 2022, 2023, 2024, 2025, 2026)
    oats = timeline(frame(shared_data / "cftc", "disagg", "fo", years), "disagg", "004603")
    year = oats.window("g3_net", 52)
    assert (year.count[-1], year.full[-1]) == (52, False)
    assert (indicators.rank(year).at(-1), indicators.rank(year).reason(-1)) == (None, "sparse")


def test_statistics_skip_nulls_and_look_back_260_and_13_observations():
    """The page's range plays no part."""
    nets = [1000, *range(300), None]
    found = indicators.statistics(line(nets))["g3_net"]
    assert (found.max, found.min, found.max_5y, found.min_5y) == (1000, 0, 299, 40)
    assert found.avg_13w == sum(range(287, 300)) / 13


def test_statistics_of_nothing_are_null():
    assert indicators.statistics(line([None, None]))["g3_net"].max is None
    assert indicators.statistics(line([1, 2]))["oi_change"].avg_13w is None


def test_statistics_count_in_contracts_of_the_newest_size():
    """20 old contracts are 100 new ones; a percentage has no size."""
    rows = line(
        [10, 20, 60],
        interest=[100, 100, 500],
        seams=(Seam(date(2024, 1, 23), 5),),
        g3_long_change=[1, 10, -40],
    )
    found = indicators.statistics(rows)
    assert rows.dates[2] == np.datetime64("2024-01-23")
    assert (found["g3_net"].max, found["g3_net"].min) == (100, 50)
    assert (
        found["g3_change_long"].max == 50
    )  # the change printed at the seam itself mixes units: null
    assert found["g3_pct_net_oi"].max == 20.0


cells = st.none() | st.integers(0, 3) | st.integers(0, 2_000_000)


@given(
    st.lists(st.tuples(cells, cells, cells, cells, st.integers(1, 12)), max_size=70), st.booleans()
)
@settings(max_examples=100, deadline=None)
def test_no_nan_and_no_infinity_ever_leaves(rows, seam):
    """Valid JSON, and every null of a column has a reason."""
    market = line(
        [0] * len(rows), steps=[row[4] for row in rows], interest=[row[0] or 0 for row in rows],
        seams=(Seam(date(2024, 3, 5), 2.0),) if seam else (),
        g3_long=[math.nan if row[1] is None else row[1] for row in rows],
        g3_short=[math.nan if row[2] is None else row[2] for row in rows],
        g3_long_change=[math.nan if row[3] is None else row[3] for row in rows],
    ) if rows else line([])  # fmt: skip
    absent = np.full(len(rows), math.nan)
    market = Timeline(
        market.dates, dict.fromkeys(_FULL, absent) | dict(market.facts), market.groups, market.seams
    )
    for name, cell in columns.weekly(market, Thresholds(), full=True).items():
        values = cell.tolist()
        json.dumps(values, allow_nan=False)
        if isinstance(cell, Numbers):
            assert [value is None for value in values] == [code != 0 for code in cell.codes], name


_FULL = [
    *(f"g{k}_traders_{part}" for k in range(1, 6) for part in ("long", "short", "spread")),
    "rept_long", "rept_short", "traders_total", "traders_rept_long", "traders_rept_short",
    *(f"conc_{basis}{top}_{side}" for basis in ("gross", "net") for top in (4, 8) for side in ("long", "short")),
]  # fmt: skip


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=80), st.integers(1, 79))
@settings(max_examples=50, deadline=None)
def test_a_week_knows_nothing_of_later_weeks(nets, cut):
    """Every value is a function of rows not later than its own."""
    cut = min(cut, len(nets))
    for size in (13, 52, None):
        whole, part = (
            rolling(np.array(nets, float), size),
            rolling(np.array(nets[:cut], float), size),
        )
        assert np.array_equal(whole.rank()[:cut], part.rank(), equal_nan=True)
        assert np.array_equal(whole.display_index()[:cut], part.display_index(), equal_nan=True)
