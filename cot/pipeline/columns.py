"""How the columns of a CFTC text are called: one canonical name per column in every dialect.

Pure. Headers differ by report, by decade and by the CFTC's own typing errors; the canonical name does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Final

from cot.variants import Report, Variant

_TOKENS: Final = {
    "noncommercial": "noncomm",
    "ncomm": "noncomm",
    "commercial": "comm",
    "nonreportable": "nonrept",
    "reportable": "rept",
    "total": "tot",
    "concentration": "conc",
    "lt": "le",
    "othr": "other",
    "spreading": "spread",
    "spead": "spread",
    "postions": "positions",
}
_PREFIXES: Final = (
    (re.compile(r"^change_(?!in_)"), "change_in_"),
    (re.compile(r"^pct_oi_"), "pct_of_oi_"),
    (re.compile(r"^pct_open_interest"), "pct_of_open_interest"),
)
CROPS: Final = ("old", "other")
# The API of the CFTC's Public Reporting Environment cuts "All", "Old" and "Other" off many names and numbers what then
# became alike; one family begins with Old, because its All is spelt otherwise ("postions").
_NUMBERED: Final = re.compile(r"(.+_(?:long|short|spread))(?:_([12]))?")
_NUMBERED_CROPS: Final = {None: "all", "1": "old", "2": "other"}
_NUMBERED_OTHERWISE: Final = {
    "noncomm_positions_spread": "noncomm_positions_spread_old",
    "noncomm_positions_spread_1": "noncomm_positions_spread_other",
}

NAME: Final = "market_and_exchange_names"
CODE: Final = "cftc_contract_market_code"
CODE_QUOTES: Final = f"{CODE}_quotes"  # the same once more, at the end of the line
COMMODITY: Final = "cftc_commodity_code"
REGION: Final = "cftc_region_code"
SUBGROUP: Final = "cftc_subgroup_code"
UNITS: Final = "contract_units"
SUBTYPE: Final = "futonly_or_combined"
DATE: Final = "report_date"
SHORT_DATE: Final = "yymmdd"
EXCHANGE: Final = "cftc_market_code"
REQUIRED_TEXTS: Final = (NAME, DATE, CODE, EXCHANGE, COMMODITY)
LONGEST: Final = {
    NAME: 120,
    EXCHANGE: 8,
    COMMODITY: 8,
    REGION: 8,
    SUBGROUP: 8,
    UNITS: 160,
}  # of market and exchange each
TEXTS: Final = (*REQUIRED_TEXTS, SHORT_DATE, REGION, SUBGROUP, UNITS, SUBTYPE, CODE_QUOTES)
_DIGITS: Final = {COMMODITY: 3, REGION: 2}


def canonical(header: str) -> str:
    """The canonical name of a column, whatever blanks, case, signs and typing errors the header has."""
    words = re.split(r"[^a-z0-9]+", header.strip().lower().replace("%", "pct "))
    name = "_".join(_TOKENS.get(word, word) for word in words if word)
    name = name.removesuffix("_nocit")
    for pattern, prefix in _PREFIXES:
        name = pattern.sub(prefix, name)
    return _identity(_with_crop(name))


def _with_crop(name: str) -> str:
    if name in _NUMBERED_OTHERWISE:
        return _NUMBERED_OTHERWISE[name]
    match = _NUMBERED.fullmatch(name)
    return f"{match[1]}_{_NUMBERED_CROPS[match[2]]}" if match else name


def _identity(name: str) -> str:
    """The columns that say which row this is go by one name; the value's shape decides how a date is read."""
    if name.startswith(("as_of_date", "report_date_as")):
        return SHORT_DATE if name.endswith("yymmdd") else DATE
    return EXCHANGE if name == "cftc_market_code_in_initials" else name


def _positions(report: Report) -> Iterator[str]:
    for group in report.groups:
        stem = "" if group.stem == "nonrept" else group.stem
        for part in ("long", "short", "spread") if group.has_spread else ("long", "short"):
            if stem:
                yield f"{stem}_{part}"
    yield from ("tot_rept_long", "tot_rept_short", "nonrept_long", "nonrept_short")


def _position_column(key: str, crop: str) -> str:
    stem, part = key.rsplit("_", 1)
    return f"{stem}_positions_{part}_{crop}"


@cache
def official(report: Report) -> tuple[str, ...]:
    """Canonical columns of the yearly text of this report, in file order; headerless weekly files have the same."""
    crops = ("all", *CROPS) if report.has_crop_years else ("all",)
    keys = tuple(_positions(report))
    traders = ("tot", *(key for key in keys if not key.startswith("nonrept")))
    percent_total = "pct_of_open_interest_oi" if report.type == "legacy" else "pct_of_open_interest"
    columns = [NAME, SHORT_DATE, DATE, CODE, EXCHANGE, REGION, COMMODITY]
    for crop in crops:
        columns += [f"open_interest_{crop}", *(_position_column(key, crop) for key in keys)]
    columns += ["change_in_open_interest_all", *(f"change_in_{key}_all" for key in keys)]
    for crop in crops:
        columns += [f"{percent_total}_{crop}", *(f"pct_of_oi_{key}_{crop}" for key in keys)]
    for crop in crops:
        columns += [f"traders_{key}_{crop}" for key in traders]
    for crop in crops:
        columns += [_concentration(basis, top, side, crop) for basis, top, side in _GAUGES]
    quotes = [
        CODE,
        "cftc_market_code_in_initials" if report.type == "legacy" else EXCHANGE,
        COMMODITY,
    ]
    columns += [UNITS, *(f"{name}_quotes" for name in quotes)]
    return tuple(columns if report.type == "legacy" else [*columns, SUBGROUP, SUBTYPE])


_GAUGES: Final = tuple(
    (basis, top, side) for basis in ("gross", "net") for top in (4, 8) for side in ("long", "short")
)


def _concentration(basis: str, top: int, side: str, crop: str) -> str:
    return f"conc_{basis}_le_{top}_tdr_{side}_{crop}"


@cache
def fact_columns(variant: Variant, crop: str = "all") -> dict[str, str]:
    """Our field → the canonical column it is printed in. Changes exist for all crop years together only."""
    columns = {"open_interest": f"open_interest_{crop}"}
    if crop == "all":
        columns["oi_change"] = "change_in_open_interest_all"
    for group in variant.report.groups:
        for part in ("long", "short", "spread") if group.has_spread else ("long", "short"):
            columns[f"{group.key}_{part}"] = f"{group.stem}_positions_{part}_{crop}"
            if crop == "all":
                columns[f"{group.key}_{part}_change"] = f"change_in_{group.stem}_{part}_all"
            if group.has_trader_counts:
                columns[f"{group.key}_traders_{part}"] = f"traders_{group.stem}_{part}_{crop}"
    for side in ("long", "short"):
        columns[f"rept_{side}"] = f"tot_rept_positions_{side}_{crop}"
        columns[f"traders_rept_{side}"] = f"traders_tot_rept_{side}_{crop}"
    columns["traders_total"] = f"traders_tot_{crop}"
    for basis, top, side in _GAUGES:
        columns[f"conc_{basis}{top}_{side}"] = _concentration(basis, top, side, crop)
    return columns


@cache
def percent_columns(variant: Variant) -> dict[str, str]:
    """Our field → the column of its published percentage of open interest."""
    columns = {}
    for group in variant.report.groups:
        for part in ("long", "short", "spread") if group.has_spread else ("long", "short"):
            columns[f"{group.key}_{part}"] = f"pct_of_oi_{group.stem}_{part}_all"
    columns |= {f"rept_{side}": f"pct_of_oi_tot_rept_{side}_all" for side in ("long", "short")}
    return columns


@cache
def number_columns(variant: Variant) -> tuple[str, ...]:
    """Every numeric column that is stored or checked; a file without one of them is refused."""
    columns = [*fact_columns(variant).values(), *percent_columns(variant).values()]
    if variant.report.has_crop_years:
        columns += [column for crop in CROPS for column in fact_columns(variant, crop).values()]
    return tuple(columns)


def is_decimal(column: str) -> bool:
    """Percentages and concentrations carry one decimal; everything else counts contracts or traders."""
    return column.startswith(("pct_", "conc_"))


def is_header(names: Sequence[str]) -> bool:
    """Whether a line's canonical names are those of columns; which of them comes first means nothing."""
    return len({*names} & {*REQUIRED_TEXTS}) > 1


def missing(variant: Variant, header: Sequence[str], may_lack: Collection[str] = ()) -> list[str]:
    """Needed columns that are absent or doubled in a canonical header; empty when the header can be read."""
    seen = Counter(header)
    return [
        name
        for name in (*REQUIRED_TEXTS, *number_columns(variant))
        if seen[name] != 1 and not (name in may_lack and not seen[name])
    ]


@cache
def nullable(variant: Variant) -> frozenset[str]:
    """Columns the CFTC prints no number in where there was no week before or, legacy apart, where traders are few."""
    prefixes = ("change_in_",) if variant.type == "legacy" else ("change_in_", "traders_")
    return frozenset(
        name
        for name in number_columns(variant)
        if name.startswith(prefixes) and name != "traders_tot_all"
    )


def clean_text(column: str, printed: str) -> str:
    """A text without doubled blanks, a code of digits with the leading zeros that spreadsheets take away.

    A region is a number: the Public Reporting Environment has the city in its place.
    """
    value = " ".join(printed.split())
    if column not in _DIGITS:
        return value
    if value.isascii() and value.isdigit():
        return value.zfill(_DIGITS[column])
    return "" if column == REGION else value
