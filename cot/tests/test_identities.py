"""Accounting identities, one fault at a time."""

from __future__ import annotations

from datetime import date

import pytest

from cot.pipeline import columns, identities, parsing
from cot.tests.cftc_text import TUESDAY, row, series, text
from cot.variants import VARIANTS

TODAY = date(2026, 11, 22)
FUTURES = [VARIANTS["legacy_fo"], VARIANTS["disagg_fo"], VARIANTS["tff_fo"]]
ALL = list(VARIANTS.values())


def check(rows, variant, *, stored=lambda code, day: iter(()), today=TODAY):
    table = parsing.parse(parsing.as_text(text(rows)), variant)
    assert not table.rejected
    return identities.check(table, today=today, stored=stored)


def broken(rows, variant, **given) -> dict[int, set[str]]:
    """Row → reasons."""
    found: dict[int, set[str]] = {}
    for failure in check(rows, variant, **given):
        found.setdefault(failure.row, set()).add(failure.reason)
    return found


def weeks_with(variant, week: int, cells: dict[str, str], code: str = "001602"):
    rows = series(variant, [100, 120, 110, 130], code=code)
    rows[week] = rows[week] | cells
    return rows


def ids(variant):
    return variant.key


@pytest.mark.parametrize("variant", ALL, ids=ids)
def test_rows_that_agree_with_themselves_pass(variant):
    assert check(weeks_with(variant, 0, {}), variant) == []


def positions(variant, crop="all"):
    return [
        c
        for f, c in columns.fact_columns(variant, crop).items()
        if f[0] == "g" and f[3:] in ("long", "short", "spread")
    ]


CASES = [
    *((v, c, "long_side" if c.endswith(("long_all", "spread_all")) else "short_side") for v in FUTURES for c in positions(v)),
    *((v, "open_interest_all", "long_side") for v in FUTURES),
    *((v, "open_interest_all", "short_side") for v in FUTURES),
    *((v, c, "crop") for v in FUTURES[:2] for crop in columns.CROPS for c in ["open_interest_" + crop, *positions(v, crop)]),
    *((v, c, "percent") for v in FUTURES for c in columns.percent_columns(v).values()),
    *((v, c, "change") for v in FUTURES for f, c in columns.fact_columns(v).items() if f.endswith("_change")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "column", "reason"), CASES, ids=lambda value: getattr(value, "key", value)
)
def test_a_fault_in_any_column_is_caught_with_its_reason(variant, column: str, reason: str):
    """One contract (or 0.2 of a percent) too many in the second week, and only that week falls."""
    good = weeks_with(variant, 1, {})
    step = 0.2 if column.startswith("pct_") else 1
    rows = weeks_with(variant, 1, {column: str(float(good[1][column]) + step)})
    found = broken(rows, variant)
    assert set(found) == {1}
    assert reason in found[1]


@pytest.mark.parametrize("variant", FUTURES, ids=ids)
def test_reportable_totals_are_held_by_their_percentage(variant):
    rows = weeks_with(variant, 1, {"tot_rept_positions_long_all": "9"})
    assert broken(rows, variant) == {1: {"percent"}}


@pytest.mark.parametrize(
    ("allowed", "variant"), [(2, "legacy_co"), (4, "disagg_co"), (5, "tff_co")]
)
@pytest.mark.parametrize("side", ["long", "short"])
def test_combined_rows_may_be_off_by_their_rounding_and_no_more(
    variant: str, allowed: int, side: str
):
    """Half the addends of a side, rounded up: ⌊(k+1)/2⌋ = 2, 4, 5; the published percentage moves by less than its own tolerance."""
    v = VARIANTS[variant]
    stem = v.report.groups[0].stem
    column = f"{stem}_positions_{side}_all"
    rows = series(v, [100_000])
    value = int(rows[0][column])
    off = {
        f"{stem}_positions_{side}_{crop}": str(value + allowed)
        for crop in ("all", "old")
        if v.report.has_crop_years or crop == "all"
    }
    assert broken([rows[0] | off], v) == {}
    off = {name: str(value + allowed + 1) for name in off}
    assert broken([rows[0] | off], v) == {0: {f"{side}_side"}}


def test_a_consolidated_code_has_the_tolerance_of_a_combined_row():
    """An ordinary row has a code without "+" and stands in a futures-only report."""
    v = VARIANTS["tff_fo"]
    rows = series(v, [100_000], code="13874+")
    value = int(rows[0]["dealer_positions_long_all"])
    assert broken([rows[0] | {"dealer_positions_long_all": str(value + 5)}], v) == {}
    assert broken([rows[0] | {"dealer_positions_long_all": str(value + 6)}], v) == {
        0: {"long_side"}
    }
    ordinary = series(v, [100_000])
    assert broken([ordinary[0] | {"dealer_positions_long_all": str(value + 1)}], v) == {
        0: {"long_side"}
    }


def test_a_combined_change_may_be_off_by_one():
    v = VARIANTS["disagg_co"]
    good = weeks_with(v, 1, {})
    change = int(good[1]["change_in_swap_long_all"])
    assert broken(weeks_with(v, 1, {"change_in_swap_long_all": str(change + 1)}), v) == {}
    assert broken(weeks_with(v, 1, {"change_in_swap_long_all": str(change + 2)}), v) == {
        1: {"change"}
    }


def test_combined_crop_years_may_be_off_by_one_and_spreads_by_two():
    v = VARIANTS["disagg_co"]
    old = int(weeks_with(v, 1, {})[1]["prod_merc_positions_long_old"])
    assert broken(weeks_with(v, 1, {"prod_merc_positions_long_old": str(old + 1)}), v) == {}
    assert broken(weeks_with(v, 1, {"prod_merc_positions_long_old": str(old + 2)}), v) == {
        1: {"crop"}
    }
    spread = int(weeks_with(v, 1, {})[1]["swap_positions_spread_old"])
    assert broken(weeks_with(v, 1, {"swap_positions_spread_old": str(spread + 2)}), v) == {}
    assert broken(weeks_with(v, 1, {"swap_positions_spread_old": str(spread + 3)}), v) == {
        1: {"crop"}
    }


def test_spreads_between_crop_years_explain_what_old_and_other_lack():
    """A spread with one leg in each crop year is long in one, short in the other, and in neither's spreads."""
    v = VARIANTS["legacy_fo"]
    good = row(v)
    moved = {
        "noncomm_positions_long_other": "7",
        "noncomm_positions_short_other": "7",
        "noncomm_positions_spread_old": str(int(good["noncomm_positions_spread_all"]) - 7),
    }
    assert broken([good | moved], v) == {}


@pytest.mark.parametrize(
    "cells",
    [
        {"conc_gross_le_8_tdr_long_all": "20.4"},
        {"conc_net_le_8_tdr_short_all": "10.4"},
        {"conc_net_le_4_tdr_long_all": "20.6", "conc_net_le_8_tdr_long_all": "20.6"},
        {"conc_gross_le_8_tdr_short_all": "100.1"},
        {"conc_net_le_4_tdr_short_all": "-0.1"},
        {"conc_gross_le_8_tdr_long_old": "20.4"},
    ],
)
def test_concentrations_are_ordered_and_within_0_and_100(cells: dict[str, str]):
    """The printed gauges are gross 20.5 and 30.5, net 10.5 and 15.5."""
    v = VARIANTS["disagg_fo"]
    assert broken(weeks_with(v, 1, cells), v) == {1: {"concentration"}}


@pytest.mark.parametrize("variant", FUTURES, ids=ids)
def test_no_group_has_more_traders_than_there_are(variant):
    """Every trader column in turn; there are 60 traders."""
    names = [
        c
        for f, c in columns.fact_columns(variant).items()
        if "traders" in f and f != "traders_total"
    ]
    assert len(names) == {"legacy": 7, "disagg": 13, "tff": 14}[variant.type]
    for name in names:
        assert broken(weeks_with(variant, 1, {name: "61"}), variant) == {1: {"negative"}}, name
        assert broken(weeks_with(variant, 1, {name: "60"}), variant) == {}, name


def test_negative_positions_are_refused():
    v = VARIANTS["tff_fo"]
    assert "negative" in broken(weeks_with(v, 0, {"lev_money_positions_long_all": "-1"}), v)[0]


@pytest.mark.parametrize(
    "day", [date(2026, 11, 24), date(1985, 12, 31), date(2024, 1, 6), date(2024, 1, 7)]
)
def test_a_report_date_in_the_future_too_early_or_on_a_weekend_is_bad(day: date):
    """Today is 2026-11-22."""
    v = VARIANTS["disagg_fo"]
    early = {columns.SHORT_DATE: "."} if day.year == 1985 else {}
    assert broken([row(v, day=day, cells=early)], v) == {0: {"bad_date"}}


@pytest.mark.parametrize(
    "day", [date(2024, 12, 31), date(2007, 1, 3), date(2018, 12, 24), date(2026, 11, 20)]
)
def test_any_other_weekday_up_to_today_is_fine(day: date):
    v = VARIANTS["disagg_fo"]
    assert broken([row(v, day=day)], v) == {}


def test_a_row_without_open_interest_or_positions_cannot_be_checked():
    v = VARIANTS["disagg_fo"]
    assert broken(weeks_with(v, 0, {"open_interest_all": "."}), v)[0] >= {"bad_number"}
    assert broken(weeks_with(v, 0, {"swap_positions_long_all": "."}), v)[0] >= {"bad_number"}


def test_the_change_across_a_longer_gap_proves_nothing():
    """Only where the reports are at most 8 days apart: a printed number is kept as printed."""
    v = VARIANTS["disagg_fo"]
    rows = series(v, [100, 120])
    far = rows[1] | {
        columns.DATE: "2024-01-16",
        columns.SHORT_DATE: "240116",
        "change_in_swap_long_all": "7",
    }
    assert broken([rows[0], far], v) == {}
    near = rows[1] | {"change_in_swap_long_all": "7"}
    assert broken([rows[0], near], v) == {1: {"change"}}


def test_a_row_set_aside_does_not_pull_down_the_next_one():
    """The week after a broken row has nothing to be measured against, and passes."""
    v = VARIANTS["disagg_fo"]
    rows = weeks_with(v, 1, {})
    rows[1] = rows[1] | {"swap_positions_long_all": "999"}
    assert set(broken(rows, v)) == {1}


def test_the_stored_row_is_asked_when_the_file_has_none():
    """The row before it in the same file first, then every stored version; one that agrees is enough."""
    v = VARIANTS["disagg_fo"]
    rows = series(v, [100, 120])
    facts = {f: float(rows[0][c]) for f, c in columns.fact_columns(v).items() if rows[0][c] != "."}
    asked = []

    def stored(*versions):
        def answer(code: str, day: date):
            asked.append((code, day))
            return iter(versions)

        return answer

    assert broken(rows[1:], v, stored=stored(facts)) == {}
    assert asked == [("001602", date(2024, 1, 9))]
    other = facts | {"g2_long": facts["g2_long"] + 1}
    assert broken(rows[1:], v, stored=stored(other)) == {0: {"change"}}
    assert broken(rows[1:], v, stored=stored(other, facts)) == {}


def test_a_failure_carries_both_sides():
    v = VARIANTS["tff_fo"]
    good = row(v)
    failures = check([good | {"open_interest_all": str(int(good["open_interest_all"]) + 3)}], v)
    sides = next(f for f in failures if f.reason == "long_side").details
    assert sides["left"] - sides["right"] == 3
    assert sides["allowed"] == 0


def test_a_null_change_is_no_failure():
    v = VARIANTS["legacy_fo"]
    rows = [row(v), row(v, day=date(2024, 1, 9), size=140)]
    assert date(2024, 1, 2) == TUESDAY
    assert broken(rows, v) == {}


def test_a_count_no_column_can_hold_sets_the_row_aside():
    """PostgreSQL's integers end at 2³¹−1; a change is negative as well."""
    v = VARIANTS["disagg_fo"]
    for cell, value in (
        ("traders_tot_all", "99999999999"),
        ("change_in_open_interest_all", "-3000000000"),
    ):
        assert "bad_number" in broken(weeks_with(v, 0, {cell: value}), v)[0]
