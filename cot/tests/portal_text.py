"""Rows of the CFTC's own text in the forms of its Public Reporting Environment: the API's CSV and JSON, the export.

Names of the API: the data sets' own pages on publicreporting.cftc.gov. They are written down here by family, apart from
how the product reads them.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date

from cot.pipeline import columns
from cot.variants import Report, Variant

Row = Mapping[str, str]

# Families whose names lost their crop year: "" stands for all, _1 for old, _2 for other.
_CUT = {
    "legacy": r"tot_rept_positions_short|change_in_tot_rept_short|pct_of_oi_(noncomm_spread|tot_rept_short)",
    "disagg": r"(prod_merc|other_rept)_positions_\w+|(m_money_positions_spread|tot_rept_positions_short)"
    r"|(change_in|pct_of_oi)_(prod_merc_\w+|other_rept_\w+|m_money_spread|tot_rept_short)"
    r"|traders_other_rept_(short|spread)",
    "tff": r"(asset_mgr|lev_money|other_rept)_positions_\w+|tot_rept_positions_short"
    r"|(change_in|pct_of_oi)_(asset_mgr_\w+|lev_money_\w+|other_rept_\w+|tot_rept_short)"
    r"|traders_(asset_mgr_spread|lev_money_spread|other_rept_short|other_rept_spread)",
}
_CUT_EVERYWHERE = r"conc_gross_le_\d_tdr_\w+"
_ORDINAL = {"all": "", "old": "_1", "other": "_2"}
_ODD = {
    "noncomm_positions_spread_all": "noncomm_postions_spread_all",
    "noncomm_positions_spread_old": "noncomm_positions_spread",
    "noncomm_positions_spread_other": "noncomm_positions_spread_1",
    "change_in_noncomm_spread_all": "change_in_noncomm_spead_all",
    "traders_noncomm_spread_old": "traders_noncomm_spead_old",
}
_HEAD = (columns.NAME, columns.CODE, columns.EXCHANGE, columns.REGION, columns.COMMODITY)


def api_name(report: Report, column: str) -> str:
    """How the API calls a number of the official text."""
    if column in _ODD:
        return _ODD[column]
    family, crop = column.rsplit("_", 1)
    if re.fullmatch(f"{_CUT[report.type]}|{_CUT_EVERYWHERE}", family):
        return family + _ORDINAL[crop]
    return re.sub(r"^swap_positions_(short|spread)", r"swap__positions_\1", column)


def numbers(report: Report) -> list[str]:
    """The columns of numbers, in the order of the official text."""
    official = columns.official(report)
    return [*official[len(official[:7]) : official.index(columns.UNITS)]]


def _value(printed: str) -> str:
    """A number as a data base gives it: no padding, no needless decimal; nothing for null."""
    value = printed.strip()
    return "" if value in ("", ".") else f"{float(value):.10g}"


def record(variant: Variant, row: Row) -> dict[str, str]:
    """One row of the API, nulls as empty texts."""
    day = date.fromisoformat(row[columns.DATE].strip())
    market = row[columns.NAME].rpartition(" - ")[0].strip()
    code = row[columns.CODE].strip()
    found = {
        "id": f"{day:%y%m%d}{code}{'F' if variant.subtype == 'fo' else 'C'}",
        "market_and_exchange_names": row[columns.NAME].strip(),
        "report_date_as_yyyy_mm_dd": f"{day}T00:00:00.000",
        "yyyy_report_week_ww": f"{day:%Y} Report Week {day:%W}",
        "contract_market_name": market,
        "cftc_contract_market_code": code,
        "cftc_market_code": row[columns.EXCHANGE].strip(),
        "cftc_region_code": "NYC",
        "cftc_commodity_code": row[columns.COMMODITY].strip(),
        "commodity_name": market,
    }
    found |= {api_name(variant.report, name): _value(row[name]) for name in numbers(variant.report)}
    found["contract_units"] = row[columns.UNITS].strip()
    if columns.SUBGROUP in row:
        found["cftc_subgroup_code"] = row[columns.SUBGROUP].strip()
    return found | {
        "commodity": market,
        "commodity_group_name": "NATURAL RESOURCES",
        "futonly_or_combined": {"fo": "FutOnly", "co": "Combined"}[variant.subtype],
    }


def api_csv(variant: Variant, rows: Sequence[Row]) -> bytes:
    """Every field quoted."""
    out = io.StringIO()
    records = [record(variant, row) for row in rows]
    writer = csv.DictWriter(out, [*records[0]], quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue().encode()


def api_json(variant: Variant, rows: Sequence[Row]) -> bytes:
    """One object a line; what is null is not there."""
    records = (
        {name: value for name, value in record(variant, row).items() if value} for row in rows
    )
    return ("[" + "\n,".join(json.dumps(each) for each in records) + "]\n").encode()


def export(variant: Variant, rows: Sequence[Row]) -> bytes:
    """The portal's own export: full names, American dates, commas between thousands, a column ID before all."""
    out = io.StringIO()
    writer = csv.writer(out)
    full = {api_name(variant.report, name): name.title() for name in numbers(variant.report)}
    for place, row in enumerate(rows):
        found = record(variant, row)
        if not place:
            writer.writerow(full.get(name, name.upper()) for name in found)
        day = date.fromisoformat(row[columns.DATE].strip())
        found["report_date_as_yyyy_mm_dd"] = f"{day:%m/%d/%Y} 12:00:00 AM"
        found["cftc_commodity_code"] = found["cftc_commodity_code"].lstrip("0")
        writer.writerow(
            f"{float(value):,.10g}" if name in full and value else value
            for name, value in found.items()
        )
    return out.getvalue().encode()
