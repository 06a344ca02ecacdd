"""Every number has its definition, and its example is what the product computes (cot §14.2)."""

from __future__ import annotations

import re
from dataclasses import fields

import numpy as np
import pytest
from django.utils import translation

from cot import board, dashboard, indicators
from cot.definitions import DEFINITIONS, SECTIONS, of_column
from cot.tests.test_indicators import line
from cot.timeline import Timeline
from cot.variants import DISAGG

NOT_INDICATORS = {"reasons", "signals"}


@pytest.fixture
def market() -> Timeline:
    """Three weeks of a market with every fact."""
    names = [f"g{k}_traders_{part}" for k in range(1, 6) for part in ("long", "short", "spread")]
    names += ["rept_long", "rept_short", "traders_total", "traders_rept_long", "traders_rept_short"]
    names += [f"conc_{basis}{top}_{side}" for basis in ("gross", "net") for top in (4, 8) for side in ("long", "short")]
    return line([1, 2, 3], **{name: [1, 2, 3] for name in names})


def undefined(names) -> list[str]:
    return [name for name in names if of_column(name) is None]


def test_every_column_of_the_table_is_defined(market):
    assert undefined(indicators.weekly(market, indicators.Thresholds(), full=True)) == []


def test_every_statistic_is_defined():
    assert undefined(field.name for field in fields(indicators.Statistics)) == []


def test_every_column_of_the_board_is_defined(market):
    rows = board.Newest(
        codes=["088691"], starts=np.array([0]), dates=market.dates, interest=market.facts["open_interest"],
        nets={f"g{k}": np.arange(3.0) for k in range(1, 6)}, facts={name: values[-1:] for name, values in market.facts.items()},
        groups=DISAGG.groups, seams={},
    )  # fmt: skip
    (cells,) = board.cells(rows, spec="g3", counterparts=["g1"], thresholds=indicators.Thresholds())
    assert undefined(set(cells) - NOT_INDICATORS) == []


def test_every_column_and_block_of_the_dashboard_is_defined(market):
    spec, comm = DISAGG.group("g3"), DISAGG.group("g1")
    assert undefined(name for name, _cell in dashboard._columns(market, spec, spec, comm, 52, None)) == []
    blocks = ("zones", "flips", "triple", "distribution", "spread_rank", "sector_context", "change_pct", "stale")
    assert undefined(blocks) == []


@pytest.mark.parametrize(
    ("column", "key"),
    [("g3_net", "gk_net"), ("z_g1_156", "z_gk_n"), ("rank_all", "rank_gk_n"), ("cot_index_g5_3y_full", "full"),
     ("z_oi_g3_52", "z_oi_gk_n"), ("g2_traders_short", "traders"), ("g3_long_change", "gk_change_long")],
)  # fmt: skip
def test_a_column_leads_to_its_definition(column, key):
    found = of_column(column)
    assert found is not None
    assert found.key == key
    assert found.page_anchor == f"/cot/guide/#{key}"


def test_an_unknown_column_has_none():
    assert of_column("g6_net") is None
    assert of_column("nonsense_52") is None


def test_no_name_is_defined_twice():
    names = [
        name
        for entry in DEFINITIONS
        for name in (entry.key, *entry.columns)
        if name not in entry.columns or name != entry.key
    ]
    assert len({entry.key for entry in DEFINITIONS}) == len(DEFINITIONS)
    assert sorted(set(names)) == sorted(names) or {n for n in names if names.count(n) > 1} <= {"wci_gk"}


def test_every_definition_is_complete_in_plain_english():
    with translation.override("en"):
        for entry in DEFINITIONS:
            assert entry.section in SECTIONS
            assert all(str(text) for text in (entry.name, entry.unit, entry.formula, entry.null_rule, entry.rounding))


def _figures(text: str) -> str:
    return (
        text.replace("−", "-")
        .replace(",", "")
        .replace("·", "*")
        .replace("½", "0.5")
        .replace("(19 + 0.5)", "(19 + 0.5)")
    )


@pytest.mark.parametrize(
    "entry", [entry for entry in DEFINITIONS if "=" in str(entry.example)], ids=lambda entry: entry.key
)
def test_the_arithmetic_of_every_worked_example_is_right(entry):
    """The left side is calculated here; the right side is what gold showed in the report of 2025-12-30."""
    left, right = _figures(str(entry.example)).split("=")
    assert re.fullmatch(r"[-+*/(). 0-9]+", left)
    decimals = len(right.strip().partition(".")[2])
    assert abs(eval(left) - float(right)) <= 0.51 * 10**-decimals + (
        0.1 if entry.key in ("movement_gk", "gk_pct_oi_change") else 0
    )
