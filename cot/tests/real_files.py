"""Real archives read the plainest way there is, independently of the product's own parser."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from cot.catalogue import registry
from cot.measures.timeline import Seam, Timeline
from cot.variants import Variant, variant

_STEMS = {
    "disagg": ["Prod_Merc", "Swap", "M_Money", "Other_Rept", "NonRept"],
    "tff": ["Dealer", "Asset_Mgr", "Lev_Money", "Other_Rept", "NonRept"],
}


def _names(kind: Variant) -> dict[str, str]:
    """Column of the file, without regard to case and doubled underscores → our fact."""
    names = {"open_interest_all": "open_interest", "change_in_open_interest_all": "oi_change"}
    for k, stem in enumerate(_STEMS[kind.type], 1):
        for part in ("long", "short", "spread"):
            names[f"{stem}_positions_{part}_all".lower()] = f"g{k}_{part}"
            names[f"change_in_{stem}_{part}_all".lower()] = f"g{k}_{part}_change"
            names[f"traders_{stem}_{part}_all".lower()] = f"g{k}_traders_{part}"
    for basis in ("gross", "net"):
        for top in ("4", "8"):
            for side in ("long", "short"):
                names[f"conc_{basis}_le_{top}_tdr_{side}_all"] = f"conc_{basis}{top}_{side}"
    return names | {
        "tot_rept_positions_long_all": "rept_long",
        "tot_rept_positions_short_all": "rept_short",
    }


@cache
def frame(folder: Path, report_type: str, subtype: str, years: tuple[int, ...]) -> pd.DataFrame:
    """All rows of those yearly archives: `code`, `date` and the facts as float64, sorted by market and date."""
    parts = [_year(folder, variant(report_type, subtype), year) for year in years]
    return pd.concat(parts).sort_values(["code", "date"]).reset_index(drop=True)


@cache
def _year(folder: Path, kind: Variant, year: int) -> pd.DataFrame:
    facts = _names(kind)
    wanted = {*facts, "cftc_contract_market_code"}
    raw = pd.read_csv(
        folder / kind.yearly_path(year),
        dtype=str,
        skipinitialspace=True,
        usecols=lambda name: _plain(name) in wanted or _plain(name).startswith("report_date_as"),
    )
    raw.columns = [_plain(name) for name in raw.columns]
    when = next(name for name in raw.columns if name.startswith("report_date_as"))
    found = {
        "code": raw["cftc_contract_market_code"].str.strip(),
        "date": pd.to_datetime(raw[when], format="mixed"),
    }
    for column in raw.columns.intersection(list(facts)):
        found[facts[column]] = pd.to_numeric(raw[column].str.strip().replace(".", None)).astype(
            float
        )
    return pd.DataFrame(found)


def _plain(name: str) -> str:
    return name.strip().lower().replace("__", "_")


def timeline(
    rows: pd.DataFrame, report_type: str, code: str, seams: tuple[Seam, ...] = ()
) -> Timeline:
    own = rows[rows.code == code]
    kind = variant(report_type, "fo")
    absent = np.full(len(own), np.nan)
    facts = {field: own[field].to_numpy(float) if field in own else absent for field in kind.fields}
    spec, comm = registry.spec_group(report_type), registry.comm_group(report_type, "")
    return Timeline(
        own.date.to_numpy().astype("datetime64[D]"), facts, kind.report.groups, seams, spec, comm
    )
