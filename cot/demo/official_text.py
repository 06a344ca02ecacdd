"""Writing a report as the CFTC writes it: column order, odd header names, quotes, padding, points for nulls.

Rows of one market are set as one block of bytes; a field is a comma and blanks before a number of fixed width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cot.demo.simulator import LONG, SHORT, SPREAD, Counts, Crop, DemoMarket, Simulation
from cot.variants import LONGEST_WEEK, Report, Variant

Text = NDArray[np.uint8]

LINE_END: Final = b"\r\n"
_MEMBERS: Final = {
    "legacy_fo": "annual.txt",
    "legacy_co": "annualof.txt",
    "disagg_fo": "f_year.txt",
    "disagg_co": "c_year.txt",
    "tff_fo": "FinFutYY.txt",
    "tff_co": "FinComYY.txt",
}
_BLANK, _COMMA, _MINUS, _ZERO = b" ,-0"
# The groups of the legacy report hold these groups of the others: noncommercial, commercial, the rest.
_LEGACY_GROUPS: Final = ((2, 3), (0, 1), (4,))
# so few traders could be recognised: legacy prints them, the others do not
_SUPPRESSED: Final = (1, 2, 3)
_LARGEST_COUNT: Final = 9999


def member(variant: Variant) -> str:
    """Name of the text inside the archive; it is the same every year."""
    return _MEMBERS[variant.key]


@cache
def header(report: Report) -> bytes:
    """The official first line, line end included."""
    names = _legacy_header() if report.type == "legacy" else _group_header(report)
    return ",".join(f'"{name}"' for name in names).encode() + LINE_END


def _legacy_header() -> Iterator[str]:
    yield from (
        "Market and Exchange Names",
        "As of Date in Form YYMMDD",
        "As of Date in Form YYYY-MM-DD",
    )
    yield from (
        "CFTC Contract Market Code",
        "CFTC Market Code in Initials",
        "CFTC Region Code",
        "CFTC Commodity Code",
    )
    columns = [
        f"{group}{{}}-{side}"
        for group, sides in (
            ("Noncommercial", ("Long", "Short", "Spreading")),
            ("Commercial", ("Long", "Short")),
            ("Total Reportable", ("Long", "Short")),
            ("Nonreportable", ("Long", "Short")),
        )
        for side in sides
    ]
    for crop in ("All", "Old", "Other"):
        yield f"Open Interest ({crop})"
        for column in columns:
            name = f"{column.format(' Positions')} ({crop})"
            yield f" {name}" if name == "Total Reportable Positions-Long (All)" else name
    yield "Change in Open Interest (All)"
    yield from (f"Change in {column.format('')} (All)" for column in columns)
    for crop in ("All", "Old", "Other"):
        yield f"% of Open Interest (OI){'' if crop == 'Old' else ' '}({crop})"
        yield from (f"% of OI-{column.format('')} ({crop})" for column in columns)
    for crop in ("All", "Old", "Other"):
        yield f"Traders-Total ({crop})"
        yield from (f"Traders-{column.format('')} ({crop})" for column in columns[:-2])
    for crop in ("All", "Old", "Other"):
        yield from _legacy_concentration(crop)
    yield from (
        "Contract Units",
        "CFTC Contract Market Code (Quotes)",
        "CFTC Market Code in Initials (Quotes)",
    )
    yield "CFTC Commodity Code (Quotes)"


def _legacy_concentration(crop: str) -> Iterator[str]:
    for basis in ("Gross", "Net"):
        for top in ("4", "8"):
            for side in ("Long", "Short"):
                sign = "= " if (basis, top, side, crop) == ("Gross", "4", "Long", "All") else "="
                gap = "" if (basis, side, crop) == ("Gross", "Short", "Other") else " "
                yield f"Concentration-{basis} LT {sign}{top} TDR-{side}{gap}({crop})"


def _group_header(report: Report) -> Iterator[str]:
    yield from (
        "Market_and_Exchange_Names",
        "As_of_Date_In_Form_YYMMDD",
        "Report_Date_as_YYYY-MM-DD",
    )
    yield from (
        "CFTC_Contract_Market_Code",
        "CFTC_Market_Code",
        "CFTC_Region_Code",
        "CFTC_Commodity_Code",
    )
    crops = ("All", "Old", "Other") if report.has_crop_years else ("All",)
    columns = [
        (_stem(group.stem), side)
        for group in report.groups[:-1]
        for side in ("Long", "Short", "Spread")[: 3 if group.has_spread else 2]
    ]
    reportable = [("Tot_Rept", "Long"), ("Tot_Rept", "Short")]
    everyone = [*columns, *reportable, ("NonRept", "Long"), ("NonRept", "Short")]
    for crop in crops:
        yield f"Open_Interest_{crop}"
        for stem, side in everyone:
            twice = "_" if stem == "Swap" and side != "Long" else ""
            yield f"{stem}{twice}_Positions_{side}_{crop}"
    yield "Change_in_Open_Interest_All"
    yield from (f"Change_in_{stem}_{side}_All" for stem, side in everyone)
    for crop in crops:
        yield f"Pct_of_Open_Interest_{crop}"
        yield from (f"Pct_of_OI_{stem}_{side}_{crop}" for stem, side in everyone)
    for crop in crops:
        yield f"Traders_Tot_{crop}"
        yield from (f"Traders_{stem}_{side}_{crop}" for stem, side in [*columns, *reportable])
    for crop in crops:
        for basis in ("Gross", "Net"):
            yield from (
                f"Conc_{basis}_LE_{top}_TDR_{side}_{crop}"
                for top in (4, 8)
                for side in ("Long", "Short")
            )
    yield from ("Contract_Units", "CFTC_Contract_Market_Code_Quotes", "CFTC_Market_Code_Quotes")
    yield from ("CFTC_Commodity_Code_Quotes", "CFTC_SubGroup_Code", "FutOnly_or_Combined")


def _stem(stem: str) -> str:
    return "_".join(part.capitalize() for part in stem.split("_"))


@dataclass(frozen=True, slots=True)
class MarketText:
    """Rows of one market, oldest first: line `i` of the market is `lines[i]`, all equally wide."""

    dates: Sequence[date]
    lines: Text

    def newest_first(self, start: int, stop: int) -> bytes:
        """The rows start … stop as the file holds them: newest on top, nulls as a bare point."""
        block = self.lines[start:stop][::-1].tobytes()
        return block.replace(b",       .", b",.").replace(b",      .", b",.")


def market_text(
    variant: Variant, market: DemoMarket, dates: Sequence[date], simulation: Simulation
) -> MarketText:
    """All rows of a market in one variant."""
    report = variant.report
    crops = (simulation.all, simulation.old, simulation.other)
    tables = [_table(report, crop) for crop in crops[: 3 if report.has_crop_years else 1]]
    fields: list[NDArray[np.bytes_] | Text] = [
        _head(market, dates),
        *(_numbers(table) for table in tables),
        _changes(tables[0], dates),
        *(_percentages(table) for table in tables),
        *(_traders(report, crop) for crop in crops[: len(tables)]),
        *(_tenths(8).take(crop.concentration) for crop in crops[: len(tables)]),
        _tail(variant, market, len(dates)),
    ]
    return MarketText(dates, np.concatenate([_bytes(part, len(dates)) for part in fields], axis=1))


def _bytes(fields: NDArray[np.bytes_] | Text, rows: int) -> Text:
    return np.ascontiguousarray(fields).view(np.uint8).reshape(rows, -1)


def _groups(report: Report, cells: Counts) -> Counts:
    """The groups of this report out of those of the market's own one."""
    if report.type != "legacy":
        return cells
    return np.stack([cells[:, list(members)].sum(axis=1) for members in _LEGACY_GROUPS], axis=1)


def _table(report: Report, crop: Crop) -> Counts:
    """Open interest and positions in the order of the columns: groups, total reportable, non-reportable."""
    contracts = _groups(report, crop.contracts).copy()
    for place, group in enumerate(report.groups):
        if not group.has_spread:  # a spread is a long and a short
            contracts[:, place, :SPREAD] += contracts[:, place, SPREAD:]
            contracts[:, place, SPREAD] = 0
    sides = [
        contracts[:, i, side]
        for i, group in enumerate(report.groups[:-1])
        for side in _sides(group.has_spread)
    ]
    spread = contracts[..., SPREAD].sum(1)
    totals = [contracts[:, :-1, side].sum(1) + spread for side in (LONG, SHORT)]
    rest = [contracts[:, -1, side] for side in (LONG, SHORT)]
    return np.stack([totals[LONG] + rest[LONG], *sides, *totals, *rest], axis=1)


def _sides(has_spread: bool) -> tuple[int, ...]:
    return (LONG, SHORT, SPREAD) if has_spread else (LONG, SHORT)


def _head(market: DemoMarket, dates: Sequence[date]) -> NDArray[np.bytes_]:
    start = f'"{market.name} - {market.exchange_name}",'
    end = (
        f",{market.code},{market.exchange_code:<4},{market.region_code},{market.commodity_code:<4}"
    )
    return np.array(
        [f"{start}{day:%y%m%d},{day.isoformat()}{end}".encode("latin-1") for day in dates]
    )


def _tail(variant: Variant, market: DemoMarket, rows: int) -> NDArray[np.bytes_]:
    texts = [
        f"({market.units})",
        market.code,
        f"{market.exchange_code:<4}",
        f"{market.commodity_code:<4}",
    ]
    if variant.type != "legacy":
        texts += [market.subgroup_code, "FutOnly" if variant.subtype == "fo" else "Combined"]
    else:
        texts[0] = texts[0][:40]
    return np.array(["".join(f',"{text}"' for text in texts).encode("latin-1") + LINE_END] * rows)


def _numbers(values: Counts, width: int = 8) -> Text:
    """Whole numbers right-aligned after a comma, as `%8d`."""
    field = np.full((*values.shape, width + 1), _BLANK, dtype=np.uint8)
    field[..., 0] = _COMMA
    rest = np.abs(values).astype(np.int32)
    sign = np.where(values < 0, _MINUS, _BLANK).astype(np.uint8)
    field[..., width] = _ZERO + rest % 10
    for place in range(width - 1, 0, -1):
        rest, before = rest // 10, rest
        field[..., place] = np.where(
            rest > 0, _ZERO + rest % 10, np.where(before > 0, sign, _BLANK)
        )
    return field


def _changes(table: Counts, dates: Sequence[date]) -> Text:
    """Each number less that of the week before; a point where there was none."""
    field = _numbers(np.diff(table, axis=0, prepend=table[:1]))
    days = np.array([day.toordinal() for day in dates])
    alone = np.diff(days, prepend=days[0] - LONGEST_WEEK - 1) > LONGEST_WEEK
    field[alone] = np.frombuffer(b",       .", dtype=np.uint8)
    return field


def _percentages(table: Counts) -> NDArray[np.bytes_]:
    tenths = np.rint(1000 * table / np.maximum(table[:, :1], 1)).astype(np.int64)
    return _tenths(7).take(tenths)


def _traders(report: Report, crop: Crop) -> NDArray[np.bytes_]:
    """Total, groups, reportable long and short. A trader with longs and shorts is counted once in the total."""
    cells = crop.traders
    groups = _groups(report, cells)
    sides = [
        groups[:, i, side]
        for i, group in enumerate(report.groups[:-1])
        for side in _sides(group.has_spread)
    ]
    reportable = [np.maximum(cells[..., side], cells[..., SPREAD]).sum(1) for side in (LONG, SHORT)]
    counts = np.stack([cells.max(axis=2).sum(1), *sides, *reportable], axis=1)
    return _counts(report.type != "legacy").take(counts)


@cache
def _tenths(width: int) -> NDArray[np.bytes_]:
    """Every share from 0.0 to 100.0 as printed."""
    return np.array([f",{share / 10:{width}.1f}".encode() for share in range(1001)])


@cache
def _counts(suppressed: bool) -> NDArray[np.bytes_]:
    """Every number of traders as printed; one to three as a point where the report hides them."""
    texts = [f",{count:7d}" for count in range(_LARGEST_COUNT + 1)]
    for count in _SUPPRESSED if suppressed else ():
        texts[count] = ",      ."
    return np.array([text.encode() for text in texts])
