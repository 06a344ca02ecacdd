"""The weeks of many markets as one table to be written to a file: the numbers of the API, as they are read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from core import versions
from core.exports import Kind, Record, Table
from core.series.cells import Labels, Numbers
from cot.errors import ExportTooLarge
from cot.measures.indicators import Computed
from cot.models import Observation
from cot.selectors import history
from cot.selectors.thresholds import thresholds
from cot.selectors.weeks import Weeks, WeeksQuery, weeks
from cot.variants import Variant

MOST_ROWS: Final = 250_000
STAMPS: Final[dict[str, Kind]] = {
    "code": "text",
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


def _tables(selection: Selection) -> Iterator[tuple[Weeks, list[bool]]]:
    """Market by market the weeks with all columns, and which of them are asked for."""
    codes = selection.rows().order_by("market_id").values_list("market_id", flat=True).distinct()
    for code in codes:
        known = history.of_market(selection.variant, code, as_of=selection.asked.as_of)
        if known:
            yield weeks(known, thresholds(), selection.asked.fields), selection.asked.mask(known)


def records(table: Weeks, mask: list[bool]) -> Iterator[Record]:
    """One market's weeks as tuples in the order of `table`, newest last."""
    known = table.history
    for stamp, keep, *values in zip(known.stamps, mask, *table.columns().values(), strict=True):
        if keep:
            yield (
                known.code, stamp.report_date, stamp.release_at, stamp.release_source, stamp.known_at, stamp.version,
                *values,
            )  # fmt: skip


def table(selection: Selection) -> Table:
    """The selection as columns and records, market by market."""
    empty = weeks(history.empty(selection.variant), thresholds(), selection.asked.fields)
    return Table(
        columns=STAMPS | {name: _kind(cell) for name, cell in empty.cells.items()},
        batches=lambda: (records(each, mask) for each, mask in _tables(selection)),
        about={
            "data_version": str(versions.current("cot")["cot"]),
            "variant": selection.variant.key,
        },
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
