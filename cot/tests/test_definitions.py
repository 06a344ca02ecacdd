"""Every number has its definition, and its example is what the product computes."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime

import numpy as np
import pytest
from django.utils import translation

from core.series.cells import Labels, Numbers, as_shown
from cot import columns
from cot.api.market_serializers import BoardRowSerializer, DashboardWeekSerializer, WeekSerializer
from cot.columns import DEFINITIONS, SECTIONS, of_column
from cot.measures import board, indicators, standings, states
from cot.measures.timeline import Timeline
from cot.pages import table_columns
from cot.pages.board_columns import columns_of
from cot.selectors import dashboard
from cot.selectors.history import History, Stamp
from cot.tests.real_files import frame, timeline
from cot.tests.test_indicators import line
from cot.variants import DISAGG, REPORTS, TFF, variant

NOT_INDICATORS = {"reasons", "signals"}


@pytest.fixture
def market() -> Timeline:
    """Three weeks of a market with every fact."""
    names = [f"g{k}_traders_{part}" for k in range(1, 6) for part in ("long", "short", "spread")]
    names += ["rept_long", "rept_short", "traders_total", "traders_rept_long", "traders_rept_short"]
    names += [
        f"conc_{basis}{top}_{side}"
        for basis in ("gross", "net")
        for top in (4, 8)
        for side in ("long", "short")
    ]
    return line([1, 2, 3], **{name: [1, 2, 3] for name in names})


def undefined(names) -> list[str]:
    return [name for name in names if of_column(name) is None]


def test_every_column_of_the_table_is_defined(market):
    assert undefined(columns.weekly(market, indicators.Thresholds(), full=True)) == []


def test_every_statistic_is_defined():
    assert undefined(field.name for field in fields(indicators.Statistics)) == []


def one_market(market: Timeline) -> board.Newest:
    return board.Newest(
        codes=["088691"], starts=np.array([0]), dates=market.dates, interest=market.facts["open_interest"],
        nets={f"g{k}": np.arange(3.0) for k in range(1, 6)}, facts={name: values[-1:] for name, values in market.facts.items()},
        groups=DISAGG.groups, seams={}, spec="g3", comms=["g1"],
    )  # fmt: skip


def test_every_column_of_the_board_is_defined(market):
    rows = one_market(market)
    shown = columns.newest(rows, indicators.Thresholds())
    (cells,) = board.cells(rows, shown)
    assert undefined(set(cells) - NOT_INDICATORS) == []


def test_every_column_and_block_of_the_dashboard_is_defined(market):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    stamps = tuple(
        Stamp(1, day, now, "derived", False, now, 1, "ok") for day in market.dates.tolist()
    )
    found = dashboard.build(
        History(variant("disagg", "fo"), "088691", market, stamps), category="metals"
    )
    assert undefined(found.columns) == []
    blocks = (
        "zones",
        "flips",
        "triple",
        "distribution",
        "spread_rank",
        "sector_context",
        "change_pct",
        "stale",
    )
    assert undefined(blocks) == []


# --- the registry tells the truth of what is computed ---

SHAPE_OF = {Labels: "word", np.ndarray: "truth"}


def kind(cell) -> tuple[str, int | None]:
    """What a computed column is, as the registry says it."""
    if isinstance(cell, Numbers):
        return ("measure" if cell.digits else "count"), cell.digits
    return SHAPE_OF[type(cell)], None


def registered(cells, place: str) -> None:
    """Every computed column is what the registry says of it."""
    for column in columns.COLUMNS:
        if column.formula and getattr(column, place):
            cell = cells[column.named("g3")]
            assert kind(cell) == (column.shape, column.digits), column.name


def test_decimals_and_kind_are_those_that_are_computed(market):
    registered(columns.weekly(market, indicators.Thresholds(), full=True), "weeks")
    registered(columns.newest(one_market(market), indicators.Thresholds()), "rows")


def test_every_column_stands_once():
    names = [column.name for column in columns.COLUMNS]
    assert len(names) == len(set(names))
    assert {*columns.TABLE_FIRST, *columns.BOARD_FIRST} <= set(names)


def test_a_column_shows_where_its_entry_says():
    """In the report table, on the board, among the shapes of the API document."""
    for report in REPORTS.values():
        heads = {
            each.field
            for span in table_columns.spans(report, "full", report.groups)
            for each in span.columns
        }
        assert heads == {
            name
            for column in columns.COLUMNS
            if column.table
            for name in names(column, report.groups)
        }
    shown = {
        each.field
        for preset in ("overview", "groups", "windows")
        for each in columns_of(preset, "tff")[1]
    }
    assert shown == {
        name for column in columns.COLUMNS if column.board for name in names(column, TFF.groups)
    }
    document = (
        set(BoardRowSerializer().fields)
        | set(WeekSerializer().fields)
        | set(DashboardWeekSerializer().fields)
    )
    for column in columns.COLUMNS:
        assert column.named("g3") in document or column.name == "signal_gk", column.name


def names(column, groups) -> list[str]:
    """The columns that an entry stands for in a report."""
    if not column.of_group:
        return [column.name]
    return [column.named(group.key) for group in groups if column.belongs_to(group)]


@pytest.mark.parametrize(
    ("column", "key"),
    [("g3_net", "gk_net"), ("z_g1_156", "z_gk_n"), ("rank_all", "rank_gk_n"), ("cot_index_g5_3y_full", "full"),
     ("z_oi_g3_52", "z_oi_gk_n"), ("g2_traders_short", "traders"), ("g3_long_change", "gk_change_long")],
)  # fmt: skip
def test_a_column_leads_to_its_definition(column, key):
    found = of_column(column)
    assert found is not None
    assert found.key == key
    assert found.page_anchor == f"/cot/guide/{found.section}/#{key}"


def test_an_unknown_column_has_none():
    assert of_column("g6_net") is None
    assert of_column("nonsense_52") is None


def test_no_name_is_defined_twice():
    names = [name for entry in DEFINITIONS for name in {entry.key, *entry.columns}]
    assert len(names) == len(set(names))


def test_every_definition_is_complete_in_plain_english():
    with translation.override("en"):
        for entry in DEFINITIONS:
            assert entry.section in SECTIONS
            assert all(
                str(text)
                for text in (entry.name, entry.unit, entry.formula, entry.null_rule, entry.rounding)
            )


WORKED = {entry.key: str(entry.example) for entry in DEFINITIONS if "=" in str(entry.example)}


def sides(example: str) -> tuple[str, str]:
    """Both sides of a worked example in the signs of a program."""
    left, right = example.translate(
        str.maketrans({"−": "-", "·": "*", "½": ".5", ",": None})
    ).split("=")
    assert re.fullmatch(r"[-+*/(). 0-9]+", left)
    return left, right.strip()


@pytest.mark.parametrize("key", WORKED)
def test_the_arithmetic_of_every_worked_example_is_right(key):
    left, right = sides(WORKED[key])
    assert as_shown(eval(left), len(right.partition(".")[2])) == float(right)


@pytest.mark.real
def test_worked_examples_are_what_gold_showed(shared_data):
    """Managed Money in the report of 2025-12-30; windows of 52 unless the definition says another."""
    rows = timeline(
        frame(shared_data / "cftc", "disagg", "fo", (2021, 2022, 2023, 2024, 2025)),
        "disagg",
        "088691",
    )
    shown = columns.weekly(rows, indicators.Thresholds(), full=True)
    shown |= {"gk_bias": states.bias(rows, "g3"), "velocity": states.velocity(rows, "g3").value}
    shown |= {"change_pct": shown["oi_pct"], "gk_total": indicators.total(rows, "g3")}
    shown |= {"gk_total_change": indicators.total_change(rows, "g3")}
    shown |= {"cot_index_g3": shown["cot_index_g3_1y"]}
    shown |= {"spec_change_pct_oi": indicators.change_pct_oi(rows, "g3")}
    shown |= {"spec_rank_change": standings.rank_change(rows, "g3", 1)}
    shown |= {"spec_change_sd": standings.change_sd(rows, "g3")}
    shown |= {"attention": standings.attention(rows, "g3")}
    shown |= {"too_small": standings.range_pct_oi(rows, "g3")}
    for key, example in WORKED.items():
        name = re.sub("_n$", "_52", key.replace("gk", "g3"))
        cell = shown.get(key) or shown[name]
        assert float(sides(example)[1]) == cell.tolist()[-1], key
