"""Simulated reports are reports: same text, same identities."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from cot.catalogue import registry
from cot.demo import archive as demo
from cot.demo.official_text import header
from cot.pipeline import identities, parsing
from cot.pipeline.report_table import ReportTable
from cot.variants import VARIANTS, Variant

UNTIL = date(2026, 11, 17)
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The demo of all well-known markets over two calendar years."""
    folder = tmp_path_factory.mktemp("site")
    demo.write_demo(folder, until=UNTIL, years=2)
    return folder


def table(folder: Path, variant: Variant, year: int) -> ReportTable:
    _, text = parsing.unpack((folder / variant.yearly_path(year)).read_bytes(), is_archive=True)
    return parsing.parse(text, variant)


def lines(folder: Path, variant: Variant, year: int) -> list[dict[str, str]]:
    with zipfile.ZipFile(folder / variant.yearly_path(year)) as packed:
        text = packed.read(packed.namelist()[0]).decode("latin-1")
    return [{k: v.strip() for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]


@pytest.mark.real
@pytest.mark.parametrize(
    ("key", "year"),
    [("legacy_fo", 2021), ("legacy_co", 2026), ("disagg_fo", 2025), ("tff_co", 2024)],
)
def test_the_header_is_the_official_one(shared_data: Path, key: str, year: int):
    """Every odd blank and underscore of it."""
    variant = VARIANTS[key]
    with zipfile.ZipFile(shared_data / "cftc" / variant.yearly_path(year)) as packed:
        official = packed.read(packed.namelist()[0]).split(b"\n", 1)[0].rstrip(b"\r")
    assert header(variant.report).rstrip() == official


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_line_is_read_and_no_identity_is_broken(site: Path, variant: Variant):
    """Every identity on every row, by the functions that judge the real files."""
    for year in (2025, 2026):
        read = table(site, variant, year)
        assert read.rejected == ()
        assert identities.check(read, today=TODAY, stored=lambda code, day: iter(())) == []


def test_the_reports_are_those_the_calendar_expects(site: Path):
    """52 of 2025, the newest is the one asked for, and 2025-11-10 is a Monday."""
    days = {
        row["As of Date in Form YYYY-MM-DD"] for row in lines(site, VARIANTS["legacy_fo"], 2025)
    }
    assert (len(days), min(days), max(days)) == (52, "2025-01-07", "2025-12-30")
    assert "2025-11-10" in days
    newest = lines(site, VARIANTS["legacy_fo"], 2026)
    assert max(row["As of Date in Form YYYY-MM-DD"] for row in newest) == "2026-11-17"


@pytest.mark.parametrize("subtype", ["fo", "co"])
def test_the_legacy_report_sums_the_groups_of_the_disaggregated_one(site: Path, subtype: str):
    legacy = {
        (row["CFTC Contract Market Code"], row["As of Date in Form YYYY-MM-DD"]): row
        for row in lines(site, VARIANTS[f"legacy_{subtype}"], 2026)
    }
    rows = lines(site, VARIANTS[f"disagg_{subtype}"], 2026)
    for row in rows:
        old = legacy[row["CFTC_Contract_Market_Code"], row["Report_Date_as_YYYY-MM-DD"]]
        number = {name: int(value) for name, value in row.items() if "_Positions_" in name}
        for side, printed in (
            ("Long", "Commercial Positions-Long (All)"),
            ("Short", "Commercial Positions-Short (All)"),
        ):
            swap = "Swap_Positions_Long_All" if side == "Long" else "Swap__Positions_Short_All"
            commercial = (
                number[f"Prod_Merc_Positions_{side}_All"]
                + number[swap]
                + number["Swap__Positions_Spread_All"]
            )
            assert int(old[printed]) == commercial
        spread = number["M_Money_Positions_Spread_All"] + number["Other_Rept_Positions_Spread_All"]
        assert int(old["Noncommercial Positions-Spreading (All)"]) == spread
        assert old["Open Interest (All)"] == row["Open_Interest_All"]
        assert old["Nonreportable Positions-Long (All)"] == row["NonRept_Positions_Long_All"]
    assert len(rows) > 1000


@pytest.mark.parametrize("kind", ["legacy", "disagg", "tff"])
def test_options_only_add_to_the_futures(site: Path, kind: str):
    """Combined holds the futures and what options come to."""
    futures, combined = (
        lines(site, VARIANTS[f"{kind}_{subtype}"], 2026) for subtype in ("fo", "co")
    )
    stem = "Open Interest (All)" if kind == "legacy" else "Open_Interest_All"
    assert all(
        int(one[stem]) < int(both[stem]) for one, both in zip(futures, combined, strict=True)
    )


def test_few_traders_are_hidden_where_the_cftc_hides_them(site: Path):
    """Never 1 to 3 in disagg and tff, sometimes a point; legacy hides nothing."""
    for key, hides in (("disagg_fo", True), ("tff_fo", True), ("legacy_fo", False)):
        rows = lines(site, VARIANTS[key], 2025)
        counts = {row[name] for row in rows for name in row if name.startswith("Traders")}
        assert ("." in counts) is hides
        assert not hides or not counts & {"1", "2", "3"}


def test_old_and_other_crops_exist_only_where_there_are_harvests(site: Path):
    rows = lines(site, VARIANTS["disagg_fo"], 2026)
    split = {row["CFTC_Contract_Market_Code"] for row in rows if row["Open_Interest_Other"] != "0"}
    assert split == {m.code for m in demo.known_markets() if m.crop_month}


def test_speculators_change_their_minds_slowly(site: Path):
    """A net position resembles that of the week before, as real ones do (autocorrelation above 0.8)."""
    rows = [*lines(site, VARIANTS["disagg_fo"], 2025), *lines(site, VARIANTS["disagg_fo"], 2026)]
    similar = []
    for market in demo.known_markets():
        nets = [
            int(row["M_Money_Positions_Long_All"]) - int(row["M_Money_Positions_Short_All"])
            for row in sorted(rows, key=lambda row: row["Report_Date_as_YYYY-MM-DD"])
            if row["CFTC_Contract_Market_Code"] == market.code
        ]
        if nets:
            similar.append(float(np.corrcoef(nets[1:], nets[:-1])[0, 1]))
            assert len(set(nets)) > 90
    assert 0.8 < float(np.median(similar)) < 0.999


def test_a_week_later_the_past_is_the_same(tmp_path: Path):
    """A demo that grows restates nothing."""
    variant = VARIANTS["disagg_co"]
    for folder, until in (("one", UNTIL), ("two", UNTIL + timedelta(weeks=1))):
        demo.write_demo(tmp_path / folder, until=until, years=1, markets=3, variants=[variant])
    one, two = (lines(tmp_path / folder, variant, 2026) for folder in ("one", "two"))
    assert len(two) == len(one) + 3
    assert all(row in two for row in one)


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(tmp_path: Path):
    variant = VARIANTS["disagg_co"]
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        demo.write_demo(
            tmp_path / folder, until=UNTIL, years=1, markets=12, seed=seed, variants=[variant]
        )
    a, b, c = ((tmp_path / folder / variant.yearly_path(2026)).read_bytes() for folder in "abc")
    assert a == b != c


def test_the_folder_is_marked_and_laid_out_like_the_site(site: Path):
    """`files/dea/history/…`, `dea/newcot/…`; the weekly texts have no header and one week."""
    assert "invented" in (site / demo.MARK).read_text()
    for variant in VARIANTS.values():
        weekly = list(csv.reader(io.StringIO((site / variant.weekly).read_text())))
        assert {len(line) for line in weekly} == {variant.report.width}
        assert {line[2] for line in weekly} == {"2026-11-17"}
        assert (site / variant.yearly_path(2025)).exists()


def test_a_large_history_has_the_rows_asked_for_in_bulk_and_yearly_archives(tmp_path: Path):
    """1.3 million rows are made the same way."""
    written = demo.write_demo(
        tmp_path, until=UNTIL, years=41, rows=30_000, variants=[VARIANTS["legacy_fo"]]
    )
    assert 30_000 <= written < 32_200
    variant = VARIANTS["legacy_fo"]
    _, text = parsing.unpack((tmp_path / variant.bulk).read_bytes(), is_archive=True, is_bulk=True)
    bulk = parsing.parse(text, variant)
    assert bulk.rejected == ()
    assert identities.check(bulk, today=TODAY, stored=lambda code, day: iter(())) == []
    yearly = sum(len(lines(tmp_path, variant, year)) for year in range(2017, 2027))
    assert len(bulk) + yearly == written
    assert bulk.dates.min().astype(object) == date(1986, 1, 7)


def test_invented_markets_have_codes_of_their_own_that_classify():
    """By commodity code, and none is taken twice."""
    lives = [life for life, _ in zip(demo.lives(1), range(1200), strict=False)]
    codes = [life.market.code for life in lives]
    assert len(set(codes)) == 1200
    for life in lives[len(demo.known_markets()) :]:
        assert (
            registry.classify(life.market.code, life.market.commodity_code, "").basis == "commodity"
        )
    assert {life.market.category for life in lives} >= {
        "power_gas",
        "environmental",
        "energy",
        "indices",
    }


def test_the_first_row_of_a_listed_market_has_no_change_and_the_next_one_has(tmp_path: Path):
    variant = VARIANTS["legacy_fo"]
    demo.write_demo(tmp_path, until=UNTIL, years=9, markets=120, variants=[variant])
    rows = lines(tmp_path, variant, 2020)
    first = [
        a["CFTC Contract Market Code"] for a in rows if a["Change in Open Interest (All)"] == "."
    ]
    assert first
    assert all(code.startswith(("023", "064", "006", "067", "138")) for code in first)
    for newer, older in pairwise(rows):
        if newer["CFTC Contract Market Code"] == older["CFTC Contract Market Code"]:
            change = int(newer["Open Interest (All)"]) - int(older["Open Interest (All)"])
            assert int(newer["Change in Open Interest (All)"]) == change
