"""The CFTC's reports as data: which variants exist, where their files lie, which groups of traders they hold.

A variant is a report type and a subtype: `fo` futures only, `co` futures and options combined.
Addresses: https://www.cftc.gov/MarketReports/CommitmentsofTraders/HistoricalCompressed/index.htm
Data sets: https://publicreporting.cftc.gov
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

ReportType = Literal["legacy", "disagg", "tff"]
Subtype = Literal["fo", "co"]
GroupRole = Literal["commercial", "speculative", "small"]

# days; reports further apart are no neighbours, and nothing is differenced across
LONGEST_WEEK: Final = 8
LAST_BULK_YEAR: Final = 2016  # one bulk archive holds every year up to and including this one


@dataclass(frozen=True, slots=True)
class Group:
    """One class of trader. `stem` is the canonical column stem, `key` its place in our tables: g1…g5."""

    key: str
    stem: str
    name: str
    short: str
    role: GroupRole
    has_spread: bool

    @property
    def has_trader_counts(self) -> bool:
        """Non-reportable traders are nobody in particular: the CFTC counts none of them."""
        return self.role != "small"


@dataclass(frozen=True, slots=True)
class Report:
    """What both subtypes of a report type share. `width` is the number of columns of the official text."""

    type: ReportType
    name: str
    groups: tuple[Group, ...]
    width: int
    has_crop_years: bool

    def group(self, key: str) -> Group:
        return next(group for group in self.groups if group.key == key)


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the six official series of files. Paths are relative to the base address."""

    report: Report
    subtype: Subtype
    yearly: str
    weekly: str
    bulk: str
    first_year: int
    dataset: str  # its rows in the Public Reporting Environment

    @property
    def key(self) -> str:
        """`disagg_fo`, as in summaries and file names."""
        return f"{self.report.type}_{self.subtype}"

    @property
    def type(self) -> ReportType:
        return self.report.type

    def yearly_path(self, year: int) -> str:
        return self.yearly.format(year=year)

    @property
    def fields(self) -> tuple[str, ...]:
        """The facts this variant can carry, in the order of `FACTS`."""
        absent = {
            field
            for field in FACTS
            if field[0] == "g" and field[:2] not in {g.key for g in self.report.groups}
        }
        return tuple(field for field in FACTS if field not in absent)

    @property
    def crop_fields(self) -> tuple[str, ...]:
        """What a crop year can carry, in the order in which a `CropSplit` keeps it: every fact that is no change."""
        return tuple(field for field in self.fields if not field.endswith("_change"))


LEGACY: Final = Report(
    "legacy",
    "Legacy",
    (
        Group("g1", "noncomm", "Large Speculators", "L.S", "speculative", True),
        Group("g2", "comm", "Commercials", "Comm", "commercial", False),
        Group("g3", "nonrept", "Small Traders", "ST", "small", False),
    ),
    width=129,
    has_crop_years=True,
)
DISAGG: Final = Report(
    "disagg",
    "Disaggregated",
    (
        Group("g1", "prod_merc", "Producer/Merchant", "PM", "commercial", False),
        Group("g2", "swap", "Swap Dealers", "SD", "commercial", True),
        Group("g3", "m_money", "Managed Money", "MM", "speculative", True),
        Group("g4", "other_rept", "Other Reportables", "OR", "speculative", True),
        Group("g5", "nonrept", "Non-Reportable", "NR", "small", False),
    ),
    width=191,
    has_crop_years=True,
)
TFF: Final = Report(
    "tff",
    "Traders in Financial Futures",
    (
        Group("g1", "dealer", "Dealer/Intermediary", "Dealer", "commercial", True),
        Group("g2", "asset_mgr", "Asset Manager", "AM", "speculative", True),
        Group("g3", "lev_money", "Leveraged Funds", "LevFn", "speculative", True),
        Group("g4", "other_rept", "Other Reportables", "OR", "speculative", True),
        Group("g5", "nonrept", "Non-Reportable", "NR", "small", False),
    ),
    width=87,
    has_crop_years=False,
)
REPORTS: Final[dict[str, Report]] = {report.type: report for report in (LEGACY, DISAGG, TFF)}
SUBTYPE_NAMES: Final[dict[str, str]] = {"fo": "Futures Only", "co": "Futures + Options Combined"}

_HISTORY: Final = "files/dea/history/"
_WEEKLY: Final = "dea/newcot/"


def _variant(
    report: Report,
    subtype: Subtype,
    yearly: str,
    weekly: str,
    bulk: str,
    first_year: int,
    dataset: str,
) -> Variant:
    return Variant(
        report, subtype, _HISTORY + yearly, _WEEKLY + weekly, _HISTORY + bulk, first_year, dataset
    )


_ALL: Final = (
    _variant(
        LEGACY, "fo", "deacot{year}.zip", "deafut.txt", "deacot1986_2016.zip", 1986, "6dca-aqww"
    ),
    _variant(
        LEGACY,
        "co",
        "deahistfo{year}.zip",
        "deacom.txt",
        "deahistfo_1995_2016.zip",
        1995,
        "jun7-fc8e",
    ),
    _variant(
        DISAGG,
        "fo",
        "fut_disagg_txt_{year}.zip",
        "f_disagg.txt",
        "fut_disagg_txt_hist_2006_2016.zip",
        2006,
        "72hh-3qpy",
    ),
    _variant(
        DISAGG,
        "co",
        "com_disagg_txt_{year}.zip",
        "c_disagg.txt",
        "com_disagg_txt_hist_2006_2016.zip",
        2006,
        "kh3c-gbw2",
    ),
    _variant(
        TFF,
        "fo",
        "fut_fin_txt_{year}.zip",
        "FinFutWk.txt",
        "fin_fut_txt_2006_2016.zip",
        2006,
        "gpe5-46if",
    ),
    _variant(
        TFF,
        "co",
        "com_fin_txt_{year}.zip",
        "FinComWk.txt",
        "fin_com_txt_2006_2016.zip",
        2006,
        "yw9f-hn96",
    ),
)
VARIANTS: Final[dict[str, Variant]] = {variant.key: variant for variant in _ALL}


def variant(report_type: str, subtype: str) -> Variant:
    """The variant of that name; KeyError when there is none."""
    return VARIANTS[f"{report_type}_{subtype}"]


def _facts() -> Iterator[str]:
    yield "open_interest"
    yield "oi_change"
    for k in range(1, 6):
        for part in ("long", "short", "spread"):
            yield f"g{k}_{part}"
        for part in ("long", "short", "spread"):
            yield f"g{k}_{part}_change"
        for part in ("long", "short", "spread"):
            yield f"g{k}_traders_{part}"
    yield from (
        "rept_long",
        "rept_short",
        "traders_total",
        "traders_rept_long",
        "traders_rept_short",
    )
    for basis in ("gross", "net"):
        for top in (4, 8):
            yield f"conc_{basis}{top}_long"
            yield f"conc_{basis}{top}_short"


# Every published fact of an observation, in the order of the table's columns.
FACTS: Final[tuple[str, ...]] = tuple(_facts())
CONCENTRATION: Final = tuple(field for field in FACTS if field.startswith("conc_"))
