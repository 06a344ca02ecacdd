"""Board and market page of real rows: one number, one place where it is computed."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import UTC, date, datetime

import pytest

from cot import columns
from cot.catalogue import registry
from cot.measures import indicators, standings, states
from cot.models import BoardRow, Observation
from cot.pipeline import deriving
from cot.selectors import board, dashboard, history
from cot.selectors.board_query import BoardQuery
from cot.selectors.thresholds import thresholds
from cot.tests import loaded
from cot.tests.real_files import frame
from cot.variants import variant

pytestmark = [pytest.mark.real, pytest.mark.django_db, pytest.mark.usefixtures("real")]
DISAGG, TFF = variant("disagg", "fo"), variant("tff", "fo")
ALL = BoardQuery(universe="all")


@pytest.fixture(scope="module")
def real(shared_data, module_database):
    """Two and a half real years of both primary reports, every ninth market and gold."""
    with module_database():
        disagg = frame(shared_data / "cftc", "disagg", "fo", (2024, 2025, 2026))
        wanted = disagg.code.drop_duplicates().iloc[::9]
        loaded.load(
            disagg[disagg.code.isin([*wanted, "088691", "067651"])].reset_index(drop=True), DISAGG
        )
        tff = frame(shared_data / "cftc", "tff", "fo", (2022, 2023))
        loaded.load(tff[tff.code.isin(["13874+", "099741", "13874A"])].reset_index(drop=True), TFF)
        deriving.rebuild_board([DISAGG, TFF])


def shown(**more) -> dashboard.Dashboard:
    """The market page of gold."""
    return dashboard.build(history.of_market(DISAGG, "088691"), category="metals", **more)


def standing(line, spec):
    """Where the speculators stand, from the market's own history."""
    return {
        "state": standings.state(line, spec),
        "state_side": standings.state_side(line, spec),
        "state_severity": standings.severity(line, spec),
        "weeks_at_extreme": standings.weeks_at_extreme(line, spec),
        "spec_change_pct_oi": indicators.change_pct_oi(line, spec),
        "spec_rank_1y_prev": standings.rank_before(line, spec),
        "spec_rank_change_1w": standings.rank_change(line, spec, 1),
        "spec_rank_change_4w": standings.rank_change(line, spec, 4),
        "spec_change_sd": standings.change_sd(line, spec),
        "attention": standings.attention(line, spec),
    }


def test_the_board_shows_what_the_market_page_shows():
    """Every number of every row equals the last week of the market's own history."""
    for stored in BoardRow.objects.all():
        of = variant(stored.report_type, stored.subtype)
        line = history.of_market(of, stored.market_id).line
        spec = registry.spec_group(of.type)
        weekly = columns.weekly(line, thresholds(), full=True)
        same = {
            **{f"{g.key}_{part}": f"{g.key}_{part}" for g in line.groups
               for part in ("long", "short", "net", "change", "change_long", "change_short", "pct_oi_change")},
            **{f"cot_{g.key}_1y": f"cot_index_{g.key}_1y" for g in line.groups},
            **{f"signal_{g.key}": f"signal_{g.key}" for g in line.groups},
            **{f"{g.key}_pct_oi": f"{g.key}_pct_net_oi" for g in line.groups},
            "open_interest": "open_interest", "oi_change": "oi_change", "spec_rank_1y": f"rank_{spec}_52",
            "spec_z_1y": f"z_{spec}_52", "spec_index_3y": f"cot_index_{spec}_3y", "spec_range_1y": f"range_{spec}_52",
            "weeks_in_state": f"weeks_in_state_{spec}", "n_1y": f"cot_index_{spec}_1y_n",
        }  # fmt: skip
        for shown, column in same.items():
            assert stored.values[shown] == weekly[column].tolist()[-1], (stored.market_id, shown)
            assert stored.values["reasons"].get(shown) == weekly[column].reason(-1), (
                stored.market_id,
                shown,
            )
        for shown, column in standing(line, spec).items():
            assert stored.values[shown] == column.at(-1), (stored.market_id, shown)
            assert stored.values["reasons"].get(shown) == column.reason(-1), (
                stored.market_id,
                shown,
            )
        assert stored.values["too_small"] == standings.too_small(line, spec)[-1]
        assert stored.values["flow"] == states.flow(line, spec).at(-1)
        for size in (13, 260, None):
            assert stored.values[f"rank_{size or 'all'}"] == indicators.rank(
                line.window(f"{spec}_net", size)
            ).at(-1)
        assert stored.values["spark"] == [int(net) for net in line.measure(f"{spec}_net")[-26:]]


def test_a_rebuild_changes_nothing():
    """Rows of the board are derived: nothing is in them that the observations do not say."""
    before = list(
        BoardRow.objects.order_by("report_type", "market").values_list(
            "market", "report_date", "values"
        )
    )
    deriving.rebuild_board([DISAGG, TFF])
    assert (
        list(
            BoardRow.objects.order_by("report_type", "market").values_list(
                "market", "report_date", "values"
            )
        )
        == before
    )


def test_the_board_of_now_and_a_board_as_of_now_are_the_same():
    """With `as_of` the same function computes the rows live."""
    now = board.show("fo", ALL)
    live = board.show("fo", replace(ALL, as_of=datetime(2030, 1, 1, tzinfo=UTC)))
    assert now.rows == live.rows
    assert (now.pills, now.newest) == (live.pills, live.newest)


def test_a_past_board_is_a_rebuild_of_what_was_known():
    """The answer for T equals a rebuild from only the rows known at T."""
    moment = datetime(2025, 7, 2, tzinfo=UTC)
    past = board.show("fo", replace(ALL, as_of=moment))
    Observation.objects.filter(known_at__gt=moment).delete()
    deriving.rebuild_board([DISAGG, TFF])
    assert board.show("fo", ALL).rows == past.rows
    assert past.newest == date(2025, 6, 24)


def test_key_figures_are_those_of_the_board():
    """One number, one place where it is computed."""
    row = next(row for row in board.show("fo", ALL).rows if row["code"] == "088691")
    key = shown().key
    assert (key.net.value, key.net.change, key.rank, key.z) == (
        row["spec_net"], row["spec_wow"], row["spec_rank_1y"], row["spec_z_1y"],
    )  # fmt: skip
    assert (key.state, key.weeks_in_state, key.flow) == (
        row["state"],
        row["weeks_in_state"],
        row["flow"],
    )
    assert (key.open_interest.value, key.range) == (row["open_interest"], row["spec_range_1y"])


def test_gold_at_the_end_of_2025_has_the_published_values():
    """Rounded: rank 37.5, z −0.48, index 27.3."""
    Observation.objects.filter(report_date__gt=date(2025, 12, 30)).delete()
    key = shown().key
    assert (key.rank, key.z, key.index, key.net.value, key.net.change) == (
        37.5,
        -0.48,
        27.3,
        126040,
        -10230,
    )
    assert key.open_interest.change_pct == indicators.oi_pct(
        history.of_market(DISAGG, "088691").line
    ).at(-1)


@pytest.mark.parametrize("weeks", [4, 52, None])
def test_every_column_has_a_value_per_week_of_the_range(weeks):
    """Oldest first; the scores of a short range look back beyond it."""
    found = shown(weeks=weeks)
    total = len(history.of_market(DISAGG, "088691"))
    assert (
        {len(values) for values in found.columns.values()} == {len(found.dates)} == {weeks or total}
    )
    assert list(found.dates) == sorted(found.dates)
    assert found.columns["rank_g3"][-1] == found.key.rank
    assert None not in found.columns["rank_g3"][-4:]


def test_the_whole_dashboard_is_valid_json():
    """Neither NaN nor infinity: what is undefined is null."""
    found = shown(weeks=None, lookback=None)
    json.dumps({name: list(values) for name, values in found.columns.items()}, allow_nan=False)
    key = {
        name: value for name, value in asdict(found.key).items() if name not in ("first", "last")
    }
    json.dumps(key | asdict(found.distribution), allow_nan=False)
