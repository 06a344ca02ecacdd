"""The board: rows, filters, order, pills, past instants."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from accounts.models import User
from core.errors import Invalid
from cot import columns
from cot.api.queries import BestBoardQuery
from cot.measures import board
from cot.models import BoardRow, Lineage, Market, Observation, ObservationVersion, WatchItem
from cot.pipeline.deriving import rebuild_board
from cot.selectors import history, panel
from cot.selectors.board import Board, show
from cot.selectors.board_query import BoardQuery
from cot.selectors.thresholds import thresholds
from cot.tests import loaded
from cot.tests.stored import source_file
from cot.variants import REPORTS, VARIANTS, variant

pytestmark = pytest.mark.django_db
DISAGG, TFF = variant("disagg", "fo"), variant("tff", "fo")
ALL = BoardQuery(universe="all")
FIRST = date(2025, 1, 7)


def codes(found: Board) -> list[str]:
    return [row["code"] for row in found.rows]


def rows(*markets, **more):
    """Store two weeks of each market given as {code: {field: values}} and build the board."""
    for spec in markets:
        for code, facts in spec.items():
            loaded.load(loaded.weeks(code, FIRST, 2, **facts), DISAGG)
    rebuild_board([DISAGG])
    return show("fo", BoardQuery(universe="all", **more))


def test_a_past_board_reads_replaced_versions():
    """The newest week, and a week inside the window, as they were printed first."""
    loaded.load(loaded.weeks("088691", FIRST, 53, g3_long=range(53)), DISAGG)
    newest, inside = (
        Observation.objects.get(report_date=FIRST + timedelta(weeks=52)),
        Observation.objects.get(report_date=FIRST),
    )
    for row, value in ((newest, 500), (inside, 900)):
        facts = {field: getattr(row, field) for field in ("open_interest", "g3_short")} | {
            "g3_long": value
        }
        ObservationVersion.objects.create(
            observation=row, version=1, facts=facts, known_at=row.known_at, superseded_at=datetime(2026, 3, 1, tzinfo=UTC),
            source_file=row.source_file, source_line=1,
        )  # fmt: skip
    then = show("fo", replace(ALL, as_of=datetime(2026, 2, 1, tzinfo=UTC))).rows[0]
    now = show("fo", replace(ALL, as_of=datetime(2026, 3, 2, tzinfo=UTC))).rows[0]
    assert (then["spec_net"], then["range_all"], then["reasons"]["g1_long"]) == (
        490,
        899,
        "null_input",
    )
    assert (now["spec_net"], now["range_all"]) == (42, 52)


@pytest.mark.parametrize(
    ("moved", "expected", "reason"),
    [
        ((-11_939, -1_709), -13_648, None),  # gold, Managed Money, 2025-12-30
        ((700, -700), 0, None),
        ((None, 5), None, "no_prior_week"),
        ((5, None), None, "no_prior_week"),
    ],
)
def test_the_change_of_a_total_is_long_plus_short_as_printed(moved, expected, reason):
    long, short = ([0, math.nan if change is None else change] for change in moved)
    (row,) = rows({"088691": {"g3_long_change": long, "g3_short_change": short}}).rows
    assert (row["g3_total_change"], row["reasons"].get("g3_total_change")) == (expected, reason)


def test_the_change_of_a_total_does_not_mix_two_contract_sizes():
    """Nothing printed in the week of the seam counts."""
    Lineage.objects.create(
        code="12460+",
        successor="12460+",
        kind="size",
        from_date=FIRST + timedelta(weeks=1),
        factor=2,
    )
    (row,) = rows({"12460+": {}}).rows
    assert (row["g3_total_change"], row["reasons"]["g3_total_change"]) == (None, "size_seam")


def test_ten_thousand_random_markets_make_valid_json():
    """No NaN and no infinity, and every null number has its reason."""
    random = np.random.default_rng(11)
    count, lengths = 10_000, np.random.default_rng(12).integers(1, 70, 10_000)
    starts = np.cumsum(lengths) - lengths
    total = int(lengths.sum())
    holes = lambda size: np.where(random.random(size) < 0.1, math.nan, random.integers(0, 30, size))  # noqa: E731
    rows = board.Newest(
        codes=[f"{place:06d}" for place in range(count)],
        starts=starts,
        dates=np.datetime64("2020-01-07") + 7 * random.integers(1, 3, total).cumsum(),
        interest=random.integers(0, 3, total).astype(float),
        nets={f"g{k}": holes(total) - holes(total) for k in range(1, 6)},
        facts={field: holes(count) for field in DISAGG.fields}
        | {"open_interest": random.integers(0, 3, count) * 1.0},
        groups=DISAGG.report.groups,
        seams={},
        spec="g3",
        comms=["g1"] * count,
    )
    found = board.cells(rows, columns.newest(rows, thresholds()))
    json.dumps(found, allow_nan=False)
    silent = {
        "signal_g1",
        "signal_g2",
        "signal_g3",
        "signal_g4",
        "signal_g5",
        "comm_group",
        "state_side",
    }
    for record in found:
        nulls = {name for name, value in record.items() if value is None}
        assert nulls - silent <= set(record["reasons"])
        assert not {name for name in record["reasons"] if record[name] is not None}


def test_the_seam_of_a_contract_reaches_the_board():
    """Changes and state are null, older positions count in the new size."""
    from cot.models import Lineage

    Lineage.objects.create(
        code="088691", successor="088691", kind="size", from_date=date(2025, 3, 4), factor=5
    )
    loaded.load(
        loaded.weeks("088691", FIRST, 9, g3_long=[20, 30, 20, 20, 20, 20, 20, 20, 100]), DISAGG
    )
    rebuild_board([DISAGG])
    values = BoardRow.objects.get().values
    assert {
        values["reasons"][name]
        for name in ("spec_wow", "oi_change", "flow", "state", "g1_change_long")
    } == {"size_seam"}
    assert values["spark"] == [50, 100, 50, 50, 50, 50, 50, 50, 90]
    assert values["spec_index_1y"] == 80.0  # 90 between 50 and 100: net 30 − 10 became 100


def test_every_market_stands_on_its_primary_report_once():
    loaded.load(loaded.weeks("088691", FIRST, 2), DISAGG)
    loaded.load(loaded.weeks("088691", FIRST, 2), variant("legacy", "fo"))
    assert rebuild_board(VARIANTS.values()) == 2
    assert [
        (row["code"], row["report_type"], row["spec_group"]) for row in show("fo", ALL).rows
    ] == [("088691", "disagg", "g3")]
    legacy = show("fo", ALL, report_type="legacy").rows
    assert [(row["report_type"], row["spec_group"], row["primary_report"]) for row in legacy] == [
        ("legacy", "g1", "disagg")
    ]
    assert show("co", ALL).stored == 0


def test_a_report_that_becomes_the_best_one_takes_the_place_of_the_other():
    """Reports may come in runs of their own; the rows of the earlier ones know of it."""
    legacy = variant("legacy", "fo")
    loaded.load(loaded.weeks("088691", FIRST, 2), legacy)
    rebuild_board([legacy])
    loaded.load(loaded.weeks("088691", FIRST, 2), DISAGG)
    for best, other in (("disagg", "legacy"), ("legacy", "disagg")):
        Market.objects.update(primary_report=best)
        rebuild_board([DISAGG])
        assert [row["report_type"] for row in show("fo", ALL).rows] == [best]
        assert BoardRow.objects.get(is_primary=False).report_type == other


def test_core_leaves_out_the_basis_markets_and_watch_is_the_own_list():
    loaded.load(loaded.weeks("023P07", FIRST, 2), DISAGG, {"023P07": "power_gas"})
    loaded.load(loaded.weeks("006NFY", FIRST, 2), DISAGG, {"006NFY": "environmental"})
    loaded.load(loaded.weeks("088691", FIRST, 2), DISAGG, {"088691": "metals"})
    rebuild_board([DISAGG])
    user = User.objects.create_user(email="alice@example.org", password="x")
    WatchItem.objects.create(user=user, market_id="023P07")
    assert codes(show("fo", BoardQuery())) == ["088691"]
    assert len(show("fo", ALL).rows) == 3
    mine = show("fo", BoardQuery(universe="watch"), user_id=user.pk)
    assert [(row["code"], row["watched"]) for row in mine.rows] == [("023P07", True)]
    assert codes(show("fo", BoardQuery(universe="watch"))) == []


THREE = {
    "001602": {"open_interest": [9, 10]},
    "002602": {"open_interest": [9, 30]},
    "005602": {"open_interest": [9, 20]},
}


def test_rows_sort_by_any_column_nulls_last_both_ways():
    """The code is the tie-break."""
    market = THREE | {"007601": {"oi_change": [5, math.nan], "open_interest": [9, 1]}}
    assert codes(rows(market, sort=["open_interest"])) == ["007601", "001602", "005602", "002602"]
    assert codes(show("fo", BoardQuery(universe="all", sort=["-open_interest"]))) == [
        "002602",
        "005602",
        "001602",
        "007601",
    ]
    for sort in ("oi_change", "-oi_change"):
        assert codes(show("fo", BoardQuery(universe="all", sort=[sort]))) == [
            "001602",
            "002602",
            "005602",
            "007601",
        ]


def test_scores_over_windows_that_are_not_full_come_after_all_others():
    """Three markets with a year behind them, one that is reported only now and then: 52 reports span two years.

    A fifth one was in every report of the year before and is in none now: no weeks are missing.
    """
    loaded.load(loaded.weeks("088691", FIRST - timedelta(weeks=52), 52), DISAGG)
    nets = {"001602": 5.0, "002602": 30.0, "005602": 60.0, "007601": 90.0}
    for code, last in nets.items():
        history = [0.0, 100.0, *[50.0] * 49, last]
        frame = loaded.weeks(code, FIRST, 52, g3_long=history)
        if code == "007601":
            frame["date"] = frame.date.iloc[-1] - (frame.date.iloc[-1] - frame.date) * 2
        loaded.load(frame, DISAGG)
    rebuild_board([DISAGG])
    for name in ("spec_index_1y", "cot_g3_1y", "crowded_g3"):
        for sign, order in (
            ("", ["001602", "002602", "005602"]),
            ("-", ["005602", "002602", "001602"]),
        ):
            report = None if name == "spec_index_1y" else "disagg"
            asked = BoardQuery(universe="all", sort=[sign + name])
            assert codes(show("fo", asked, report_type=report)) == [*order, "007601"]
    (sparse,) = [row for row in show("fo", ALL).rows if row["code"] == "007601"]
    assert (sparse["n_1y"], sparse["full_1y"], sparse["spec_index_1y"]) == (52, False, 90.0)
    assert (sparse["spec_rank_1y"], sparse["reasons"]["spec_rank_1y"]) == (None, "sparse")


def test_the_second_column_of_a_sort_orders_equals():
    assert codes(rows(THREE, sort=["oi_change", "-code"])) == ["005602", "002602", "001602"]


def test_the_default_order_is_severity_then_open_interest():
    """Without 52 observations nobody has a state, so open interest decides."""
    assert codes(rows(THREE)) == ["002602", "005602", "001602"]


@pytest.mark.parametrize("name", ["nonsense", "spark", "reasons", "search_text", "-__class__"])
def test_an_unknown_column_is_refused(name):
    with pytest.raises(Invalid):
        rows(THREE, sort=[name])


def test_watched_rows_come_first_when_pinned():
    rows(THREE)
    user = User.objects.create_user(email="alice@example.org", password="x")
    WatchItem.objects.create(user=user, market_id="001602")
    assert codes(show("fo", ALL, user_id=user.pk, pins=True)) == [
        "001602",
        "002602",
        "005602",
    ]


def test_pills_count_what_the_other_filters_leave():
    """The chosen category itself narrows the rows, not the counts."""
    loaded.load(loaded.weeks("088691", FIRST, 2), DISAGG, {"088691": "metals"})
    loaded.load(
        loaded.weeks("084691", FIRST, 2, open_interest=[5, 5]), DISAGG, {"084691": "metals"}
    )
    loaded.load(loaded.weeks("001602", FIRST, 2), DISAGG, {"001602": "grains"})
    rebuild_board([DISAGG])
    found = show("fo", BoardQuery(category=["grains"]))
    assert codes(found) == ["001602"]
    assert [(pill.category, pill.count) for pill in found.pills] == [("metals", 2), ("grains", 1)]
    assert [(pill.category, pill.count) for pill in show("fo", BoardQuery(min_oi=100)).pills] == [
        ("metals", 1),
        ("grains", 1),
    ]


def test_search_finds_every_word_anywhere():
    """Name, code, old name, ticker, exchange are in one text."""
    rows(THREE)
    Market.objects.filter(code="002602").update(
        search_text="002602 · zc=f · corn · chicago board of trade"
    )
    for words, expected in (
        ("CORN chicago", ["002602"]),
        ("zc", ["002602"]),
        ("corn wheat", []),
        ("602", ["001602", "002602", "005602"]),
    ):
        assert sorted(codes(show("fo", BoardQuery(universe="all", q=words)))) == expected


def test_filters_by_state_signal_report_sector_and_watched():
    long_run = {"088691": {"g3_long": [*range(10, 62), 200], "g3_long_change": [5] * 53}}
    for code, facts in long_run.items():
        loaded.load(loaded.weeks(code, FIRST, 53, **facts), DISAGG)
    loaded.load(loaded.weeks("001602", FIRST, 53), DISAGG)
    Market.objects.filter(code="001602").update(sector="wheat")
    rebuild_board([DISAGG])
    for filters, expected in (
        (BoardQuery(universe="all", state=("overcrowded",)), ["088691"]),
        (BoardQuery(universe="all", signal="SELL"), ["088691"]),
        (BoardQuery(universe="all", signal="BUY"), []),
        (BestBoardQuery(universe="all", report_type="tff"), []),
        (BoardQuery(universe="all", sector="wheat"), ["001602"]),
        (BoardQuery(universe="all", watched=True), []),
    ):
        assert codes(show("fo", filters)) == expected
    assert show("fo", ALL).rows[0]["signals"] == [{"group": "MM", "signal": "SELL"}]


def test_a_market_no_longer_reported_is_stale_and_leaves_after_26_weeks():
    newest = FIRST + timedelta(weeks=40)
    for code, last in (
        ("001602", newest),
        ("002602", newest - timedelta(weeks=26)),
        ("005602", newest - timedelta(weeks=27)),
    ):
        loaded.load(loaded.weeks(code, last - timedelta(weeks=1), 2), DISAGG)
    rebuild_board([DISAGG])
    assert {row["code"]: row["stale"] for row in show("fo", ALL).rows} == {
        "001602": False,
        "002602": True,
    }
    every = show("fo", BoardQuery(universe="all", inactive=True))
    assert len(every.rows) == 3
    # an own list may hold it, and its tile counts what its board shows
    assert [row["code"] for row in every.reported] == codes(show("fo", ALL))


def test_the_board_takes_two_queries(django_assert_num_queries):
    rows(THREE)
    user = User.objects.create_user(email="alice@example.org", password="x")
    with django_assert_num_queries(2):
        show("fo", BoardQuery(), user_id=user.pk)


def test_thresholds_of_the_crowded_label_are_settings(settings):
    settings.COT_CROWDED_BUY, settings.COT_CROWDED_SELL = 60, 40
    loaded.load(loaded.weeks("088691", FIRST, 53, g3_long=[0, *range(100, 151), 95]), DISAGG)
    rebuild_board([DISAGG])
    assert BoardRow.objects.get().values["cot_g3_1y"] == 0.0
    assert BoardRow.objects.get().values["signal_g3"] == "BUY"
    loaded.load(
        loaded.weeks("001602", FIRST, 53, g3_long=[0, 0, *range(100, 150), 100 + 50 * 0.3]), DISAGG
    )
    rebuild_board([DISAGG])
    assert BoardRow.objects.get(market="001602").values["signal_g3"] == "SELL"


def test_a_counterpart_that_holds_nothing_is_none():
    loaded.load(loaded.weeks("088691", FIRST, 3, g1_long=[0] * 3, g1_short=[0] * 3), DISAGG)
    loaded.load(loaded.weeks("001602", FIRST, 3), DISAGG)
    rebuild_board([DISAGG])
    assert {row["code"]: row["comm_group"] for row in show("fo", ALL).rows} == {
        "088691": None,
        "001602": "g1",
    }


def test_a_report_without_rows_has_an_empty_board():
    for as_of in (None, datetime(2026, 1, 1, tzinfo=UTC)):
        found = show("co", BoardQuery(as_of=as_of))
        assert (found.rows, found.pills, found.newest, found.stored) == ((), (), None, 0)
    assert set(REPORTS) == {"legacy", "disagg", "tff"}


def test_rows_of_other_variants_survive_a_rebuild():
    loaded.load(loaded.weeks("088691", FIRST, 2), DISAGG)
    file = source_file("legacy")
    assert file.pk
    rebuild_board([DISAGG])
    rebuild_board([TFF])
    assert BoardRow.objects.count() == 1


def test_a_market_leads_by_the_net_of_its_speculators_less_that_of_its_counterpart():
    """Week by week on the market page and in the newest week on the board, where counterparts differ by market."""
    first = loaded.weeks("088691", FIRST, 3, g3_long=[30, 40, 50], g1_long=[20, 20, 60])
    loaded.load(first, DISAGG)
    line = history.of_market(DISAGG, "088691").line
    assert (line.spec, line.comm) == ("g3", "g1")
    assert line.measure("lead").tolist() == [10, 20, -10]
    newest = replace(panel.all_markets(DISAGG).rows, spec="g3", comms=["g1"])
    assert newest.measure("lead").tolist() == [-10]
    assert newest.history("lead").tolist() == [[10, 20, -10]]
    assert np.isnan(replace(newest, comms=[""]).measure("lead")).all()
