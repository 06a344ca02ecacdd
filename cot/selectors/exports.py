"""The weeks of many markets as one table to be written to a file: the numbers of the API, as they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from core import versions
from core.exports import Kind, Record, SpreadsheetText, Table
from core.series.cells import Labels, Numbers
from cot.errors import ExportTooLarge
from cot.measures.indicators import Computed
from cot.models import Market, Observation
from cot.selectors import crops, history
from cot.selectors.thresholds import thresholds
from cot.selectors.weeks import Weeks, WeeksQuery, weeks
from cot.variants import CONCENTRATION, Report, Variant

MOST_ROWS: Final = 250_000
STAMPS: Final[dict[str, Kind]] = {
    "report_date": "day",
    "release_at": "instant",
    "release_source": "text",
    "known_at": "instant",
    "version": "whole",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export: these codes (all when there are none), of these categories, these weeks."""

    variant: Variant
    asked: WeeksQuery
    codes: Collection[str] = ()
    categories: Collection[str] = ()
    spreadsheet: bool = False  # whether codes are written so that a spreadsheet keeps them

    @property
    def crops(self) -> bool:
        """Whether old and other crop years are among the columns."""
        return self.asked.with_crops(self.variant)

    def rows(self) -> QuerySet[Observation]:
        """The stored rows of the selection, whatever was known when."""
        rows = Observation.objects.filter(
            report_type=self.variant.type, subtype=self.variant.subtype
        )
        given = {
            "market_id__in": self.codes,
            "market__category__in": self.categories,
            "report_date__gte": self.asked.date_from,
            "report_date__lte": self.asked.date_to,
        }
        return rows.filter(**{lookup: value for lookup, value in given.items() if value})

    def check_size(self) -> None:
        """Raises ExportTooLarge above 250,000 rows; the command has no such bound."""
        if (count := self.rows().order_by().count()) > MOST_ROWS:
            raise ExportTooLarge(count, MOST_ROWS)


def described(market: Market, report: Report) -> dict[str, str]:
    """What every line of a market's weeks says of it: its code and names, what a contract is, who its groups are."""
    about = {
        "code": market.code,
        "name": market.name,
        "exchange": market.exchange_name,
        "units": market.units,
        "category": market.category,
    }
    return about | {f"{group.key}_name": group.name for group in report.groups}


def _batches(selection: Selection) -> Iterator[Iterator[Record]]:
    """Market by market."""
    asked, of = selection.asked, selection.variant
    codes = selection.rows().order_by("market_id").values_list("market_id", flat=True).distinct()
    for market in Market.objects.filter(code__in=list(codes)).order_by("code"):
        known = history.of_market(of, market.code, as_of=asked.as_of)
        if known:
            yield _records(selection, market, weeks(known, thresholds(), asked.fields))


def _records(selection: Selection, market: Market, table: Weeks) -> Iterator[Record]:
    """One market's weeks as tuples in the order of the columns, newest last."""
    known, of = table.history, selection.variant
    code, *about = described(market, of.report).values()
    about.insert(0, SpreadsheetText(code) if selection.spreadsheet else code)
    rows = zip(*table.columns().values(), strict=True)
    splits = (
        crops.of_weeks(known, as_of=selection.asked.as_of)
        if selection.crops
        else [None] * len(known)
    )
    for stamp, keep, row, split in zip(
        known.stamps, selection.asked.mask(known), rows, splits, strict=True
    ):
        if keep:
            yield (
                *about,
                stamp.report_date, stamp.release_at, stamp.release_source, stamp.known_at, stamp.version,
                *row,
                *(crops.values(split, of) if selection.crops else ()),
            )  # fmt: skip


def table(selection: Selection) -> Table:
    """The selection as columns and records, market by market."""
    of = selection.variant
    empty = weeks(history.empty(of), thresholds(), selection.asked.fields)
    about: dict[str, Kind] = dict.fromkeys(described(Market(), of.report), "text")
    printed: dict[str, Kind] = {
        name: "number" if fact in CONCENTRATION else "whole"
        for name, fact in (crops.columns(of) if selection.crops else {}).items()
    }
    return Table(
        columns=about
        | STAMPS
        | {name: _kind(cell) for name, cell in empty.cells.items()}
        | printed,
        batches=lambda: _batches(selection),
        about={"data_version": str(versions.current("cot")["cot"]), "variant": of.key},
    )


def _kind(cell: Computed) -> Kind:
    match cell:
        case Numbers():
            return "number" if cell.digits else "whole"
        case Labels():
            return "text"
    return "flag"


def name(selection: Selection) -> str:
    """What a file of the selection is called, without its ending."""
    return "-".join([selection.variant.key, *sorted(selection.codes)[:1], selection.asked.fields])
