"""Categories come from codes."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cot.catalogue import registry
from cot.catalogue.registry import Classification, classify
from cot.models import CODE_PATTERN, Category


@pytest.mark.real
def test_every_contract_of_the_golden_table_gets_its_category_sector_and_basis(golden: Path):
    """775 of 775."""
    with (golden / "cot_categories.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    wrong = [
        row["contract_code"]
        for row in rows
        if classify(row["contract_code"], row["commodity_code"], row["subgroup_code"])
        != Classification(row["category"], row["sector"], row["category_basis"])
    ]
    assert (len(rows), wrong) == (775, [])


@pytest.mark.real
def test_every_golden_contract_code_fits_the_code_pattern(golden: Path):
    with (golden / "cot_categories.csv").open(newline="") as lines:
        assert all(re.match(CODE_PATTERN, row["contract_code"]) for row in csv.DictReader(lines))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (("023651", "023", "N10"), ("energy", "natgas", "contract")),
        (("023A10", "023", "N10"), ("power_gas", "gas_basis", "commodity")),
        (("133741", "180", "F84"), ("crypto", "bitcoin", "contract")),
        (("133LM5", "180", "F84"), ("crypto", "altcoins", "contract")),
        (("146021", "180", "F84"), ("crypto", "ether", "contract")),
        (("032741", "032", "N10"), ("rates", "short_rates", "contract")),
        (("088691", "088", "F10"), ("metals", "precious", "commodity")),
    ],
)
def test_the_contract_decides_before_the_commodity_and_that_before_the_subgroup(codes, expected):
    assert classify(*codes) == Classification(*expected)


def test_a_subgroup_decides_only_when_nothing_else_does():
    assert classify("999741", "999", "F10") == Classification("currencies", "", "subgroup")


def test_a_code_nobody_knows_is_other():
    assert classify("999741", "999", "") == Classification("other", "", "none")


def test_an_unreadable_commodity_code_is_read_from_the_contract_code():
    assert classify("088691", "", "") == Classification("metals", "precious", "commodity")


def test_there_are_109_commodity_codes_and_none_twice():
    codes = " ".join(registry._COMMODITIES.values()).split()
    assert (len(codes), len(set(codes))) == (109, 109)


@pytest.mark.parametrize(
    ("report", "category", "spec", "comm"),
    [
        ("legacy", "metals", "g1", "g2"),
        ("disagg", "metals", "g3", "g1"),
        ("tff", "currencies", "g3", "g1"),
        ("tff", "rates", "g3", "g1"),
        ("tff", "indices", "g3", "g2"),
        ("tff", "crypto", "g3", "g4"),
        ("tff", "other", "g3", ""),
    ],
)
def test_speculators_and_their_counterpart_follow_report_and_category(report, category, spec, comm):
    assert (registry.spec_group(report), registry.comm_group(report, category)) == (spec, comm)


def test_the_most_telling_report_is_the_primary_one():
    assert registry.primary_report({"legacy", "disagg"}) == "disagg"
    assert registry.primary_report({"legacy", "tff"}) == "tff"
    assert registry.primary_report({"legacy"}) == "legacy"


def test_the_core_leaves_out_power_and_environmental_only():
    assert set(registry.CATEGORIES) - set(registry.CORE) == {"power_gas", "environmental"}


def test_the_categories_are_those_the_database_accepts():
    """The database refuses an unknown category."""
    assert set(registry.CATEGORIES) == set(Category.values)
