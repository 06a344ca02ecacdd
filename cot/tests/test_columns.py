"""Names of columns in headers of every kind, and the official order of each report."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest

from cot.pipeline import columns
from cot.variants import REPORTS, VARIANTS


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("Noncommercial Positions-Long (All)", "noncomm_positions_long_all"),
        (" Total Reportable Positions-Long (All)", "tot_rept_positions_long_all"),
        ("Total Reportable Positions-Long (All) ", "tot_rept_positions_long_all"),
        ("% of OI-Noncommercial-Spreading (All)", "pct_of_oi_noncomm_spread_all"),
        ("Concentration-Gross LT = 4 TDR-Long (All)", "conc_gross_le_4_tdr_long_all"),
        ("Concentration-Gross LT =4 TDR-Short(Other)", "conc_gross_le_4_tdr_short_other"),
        ("Swap__Positions_Short_All", "swap_positions_short_all"),
        ("OPEN_INTEREST_ALL", "open_interest_all"),
        ("NonComm_Postions_Spread_All", "noncomm_positions_spread_all"),
        ("Change_NonComm_Spead_All_NoCIT", "change_in_noncomm_spread_all"),
        ("Other_Rept_Positions_Spread_Othr", "other_rept_positions_spread_other"),
        ("Change_in_Open_Interest_All", "change_in_open_interest_all"),
        ("Pct_OI_Dealer_Long_All", "pct_of_oi_dealer_long_all"),
        ("Pct_Open_Interest_All", "pct_of_open_interest_all"),
        ("As of Date in Form YYYY-MM-DD", "report_date"),
        ("Report_Date_as_MM_DD_YYYY", "report_date"),
        ("As_of_Date_Form_MM/DD/YYYY", "report_date"),
        ("As_of_Date_In_Form_YYMMDD", "yymmdd"),
        ("CFTC Market Code in Initials", "cftc_market_code"),
        ("CFTC_Contract_Market_Code", "cftc_contract_market_code"),
    ],
)
def test_every_spelling_of_a_header_has_one_name(printed: str, name: str):
    assert columns.canonical(printed) == name


@pytest.mark.parametrize("report", REPORTS.values(), ids=lambda report: report.type)
def test_the_official_text_has_its_width_and_no_column_twice(report):
    """Legacy 129, disagg 191, tff 87."""
    names = columns.official(report)
    assert len(names) == len(set(names)) == {"legacy": 129, "disagg": 191, "tff": 87}[report.type]


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda variant: variant.key)
def test_every_fact_has_a_column_of_its_own_in_the_official_text(variant):
    printed = columns.fact_columns(variant)
    assert set(printed.values()) <= set(columns.official(variant.report))
    assert len(set(printed.values())) == len(printed)
    assert columns.missing(variant, columns.official(variant.report)) == []


def test_a_missing_and_a_doubled_column_are_both_named():
    """Either one rejects the file."""
    header = [name for name in columns.official(REPORTS["tff"]) if name != "open_interest_all"]
    header.append("dealer_positions_long_all")
    assert columns.missing(VARIANTS["tff_fo"], header) == [
        "open_interest_all",
        "dealer_positions_long_all",
    ]


@pytest.mark.real
def test_the_header_of_every_real_archive_is_the_official_order(shared_data: Path):
    """A headerless weekly file has the column order of the yearly text."""
    by_width = {report.width: report for report in REPORTS.values()}
    archives = sorted((shared_data / "cftc/files/dea/history").glob("*.zip"))
    assert len(archives) == 21
    for path in archives:
        with zipfile.ZipFile(path) as file, file.open(file.namelist()[0]) as member:
            header = next(csv.reader(io.TextIOWrapper(member, "utf-8")))
        assert tuple(map(columns.canonical, header)) == columns.official(by_width[len(header)]), (
            path.name
        )
