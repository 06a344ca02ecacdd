"""What kind of market a code is: decided by codes, never by words in a name.

Order: contract code (T1), CFTC commodity code (T2), CFTC subgroup code (T3), else `other`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Final


@dataclass(frozen=True, slots=True)
class Classification:
    """Where a market stands, and by which code (`contract`, `commodity`, `subgroup`, or `none`) that was decided."""

    category: str
    sector: str
    basis: str


# T1: contracts whose commodity code says too little: 023 is Henry Hub and hundreds of regional basis swaps.
_CONTRACTS: Final = {
    ("energy", "natgas"): (
        "023391 023392 023651 023655 02365U 023A55 023A56 023A84 023B41 023B98 023P01 023P02 023P03 03565B 03565C"
    ),
    ("rates", "credit"): "221605 221606 221607",
    ("rates", "short_rates"): "032741",
    ("indices", "dividends"): "43874A 43874Q 239750",
    ("indices", "equity_sectors"): (
        "138747 138748 138749 13874C 13874E 13874F 13874H 13874I 13874J 13874P 13874R 124606"
    ),
    ("crypto", "altcoins"): "133LM5",
}
# T1 by prefix: every other contract so named, whatever commodity code it was filed under that week.
_PREFIXES: Final = {"133": ("crypto", "bitcoin"), "146": ("crypto", "ether")}

# T2: 109 commodity codes found in real files.
_COMMODITIES: Final = {
    ("currencies", "g10_fx"): "090 092 096 097 099 112 232",
    ("currencies", "em_fx"): "082 089 095 102 122",
    ("currencies", "dollar_index"): "098",
    ("rates", "treasuries"): "020 042 043 044",
    ("rates", "short_rates"): "045 047 132 134 157 597",
    ("rates", "swaps"): "246 342 343 344",
    ("indices", "us_equity"): "124 138 209 239",
    ("indices", "intl_equity"): "240 244",
    ("indices", "volatility"): "117",
    ("indices", "dividends"): "438",
    ("crypto", "bitcoin"): "133",
    ("crypto", "ether"): "146",
    ("crypto", "altcoins"): "167 168 169 170 171 172 173 174 176 177 180 183",
    ("metals", "precious"): "075 076 084 088",
    ("metals", "base"): "085 191",
    ("metals", "ferrous"): "192 195 257",
    ("metals", "battery"): "188 189",
    ("energy", "crude"): "067",
    ("energy", "refined"): "021 022 032 111 262 863 864 865 866 867 868 869 967",
    ("energy", "ngl"): "066",
    ("energy", "ethanol"): "025",
    ("energy", "coal"): "024",
    ("power_gas", "gas_basis"): "023",
    ("power_gas", "power"): "064",
    ("environmental", "carbon_rec"): "006",
    ("grains", "wheat"): "001",
    ("grains", "corn"): "002",
    ("grains", "soy_complex"): "005 007 026",
    ("grains", "other_grains"): "004 039",
    ("grains", "other_oil_crops"): "037 135",
    ("softs", "cocoa"): "073",
    ("softs", "coffee"): "083",
    ("softs", "sugar"): "080",
    ("softs", "fibres"): "033",
    ("softs", "orange_juice"): "040",
    ("softs", "lumber"): "058",
    ("livestock", "cattle"): "057 061",
    ("livestock", "hogs"): "054 056",
    ("dairy", "dairy"): "050 052 063",
    ("other", "commodity_index"): "221 256",
    ("other", "freight"): "261",
    ("other", "fertiliser"): "251",
    ("other", "petrochemicals"): "405 406",
    ("other", "event"): "Z000",
}

# T3, subgroups: right in 87 % of the cases whose answer is known, so every use of it is looked at by a person.
_SUBGROUPS: Final = {
    "grains": "A10 A30",
    "livestock": "A20",
    "dairy": "A25",
    "softs": "A40 A50 N30",
    "currencies": "F10 F15",
    "indices": "F20 F25",
    "rates": "F30 F33 F50",
    "crypto": "F84 F85",
    "energy": "N10 N13",
    "power_gas": "N16",
    "metals": "N20 N25",
    "environmental": "N60",
    "other": "A70 A90 F40 F90 N40",
}

CATEGORIES: Final = tuple(_SUBGROUPS)
SECTORS: Final = tuple(sorted({sector for _, sector in [*_CONTRACTS, *_COMMODITIES]}))

# Power and regional gas basis are two thirds of the rows and a fifth of the open interest.
OUTSIDE_CORE: Final = ("power_gas", "environmental")
CORE: Final = tuple(category for category in CATEGORIES if category not in OUTSIDE_CORE)

_SPEC_GROUPS: Final = {"legacy": "g1", "disagg": "g3", "tff": "g3"}
_COMM_GROUPS: Final = {"legacy": "g2", "disagg": "g1"}
_TFF_COMM_GROUPS: Final = {"currencies": "g1", "rates": "g1", "indices": "g2", "crypto": "g4"}


def _by_code(table: dict[tuple[str, str], str]) -> dict[str, tuple[str, str]]:
    return {code: place for place, codes in table.items() for code in codes.split()}


_BY_CONTRACT: Final = _by_code(_CONTRACTS)
_BY_COMMODITY: Final = _by_code(_COMMODITIES)
_BY_SUBGROUP: Final = {
    code: category for category, codes in _SUBGROUPS.items() for code in codes.split()
}


@cache
def classify(code: str, commodity_code: str, subgroup_code: str) -> Classification:
    """Category and sector: by contract code (T1), else by commodity (T2), else by subgroup (T3), else `other`.

    An empty commodity code is unreadable: then the first three characters of the contract code stand for it.
    """
    if place := _BY_CONTRACT.get(code) or _PREFIXES.get(code[:3]):
        return Classification(*place, basis="contract")
    if place := _BY_COMMODITY.get(commodity_code or code[:3]):
        return Classification(*place, basis="commodity")
    if category := _BY_SUBGROUP.get(subgroup_code):
        return Classification(category, "", basis="subgroup")
    return Classification("other", "", basis="none")


SPECULATORS: Final = ("noncomm", "m_money", "lev_money")  # the same by their stems


def spec_group(report_type: str) -> str:
    """The group that follows prices: large speculators, managed money, leveraged funds."""
    return _SPEC_GROUPS[report_type]


def comm_group(report_type: str, category: str) -> str:
    """The counterpart of the speculators; empty where no group is their natural opposite."""
    if report_type == "tff":
        return _TFF_COMM_GROUPS.get(category, "")
    return _COMM_GROUPS[report_type]


def primary_report(report_types: Collection[str]) -> str:
    """The most telling report among those a market occurs in: tff, else disagg, else legacy."""
    return next(kind for kind in ("tff", "disagg", "legacy") if kind in report_types)
