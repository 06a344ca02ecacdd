"""The weeks of many markets as CSV, JSON or Parquet: the numbers of the API, written as they are read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Final

from django.db.models import QuerySet

from core.api import instant
from cot.errors import ExportTooLarge
from cot.measures.cells import Column, Labels
from cot.models import Observation
from cot.selectors import history, screener
from cot.selectors.weeks import Weeks, WeeksQuery, weeks
from cot.variants import Variant

MOST_ROWS: Final = 250_000
STAMPS: Final = ("code", "report_date", "release_at", "release_source", "known_at", "version")

Record = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export: these codes (all when there are none), of these categories, these weeks."""

    variant: Variant
    asked: WeeksQuery
    codes: Collection[str] = ()
    categories: Collection[str] = ()

    def rows(self) -> QuerySet[Observation]:
        """The stored rows of the selection, whatever was known when."""
        rows = Observation.objects.filter(report_type=self.variant.type, subtype=self.variant.subtype)
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


def tables(selection: Selection) -> Iterator[tuple[Weeks, list[bool]]]:
    """Market by market the weeks with all columns, and which of them are asked for."""
    codes = selection.rows().order_by("market_id").values_list("market_id", flat=True).distinct()
    for code in codes:
        known = history.load(selection.variant, code, as_of=selection.asked.as_of)
        if known:
            yield weeks(known, screener.thresholds(), selection.asked.fields), selection.asked.mask(known)


def header(selection: Selection) -> list[str]:
    """The columns, the same for every market of the variant."""
    empty = history.empty(selection.variant)
    return [*STAMPS, *weeks(empty, screener.thresholds(), selection.asked.fields).cells]


def records(table: Weeks, mask: list[bool]) -> Iterator[Record]:
    """One market's weeks as tuples in the order of `header`, newest last."""
    known = table.history
    for stamp, keep, *values in zip(known.stamps, mask, *table.columns().values(), strict=True):
        if keep:
            yield (
                known.code, stamp.report_date, stamp.release_at, stamp.release_source, stamp.known_at, stamp.version,
                *values,
            )  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON has it; CSV writes the same characters."""
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value


def as_csv(selection: Selection) -> Iterator[str]:
    """UTF-8, comma, header, ISO dates, empty for null."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield writer.writerow(header(selection))
    for table, mask in tables(selection):
        yield "".join(writer.writerow(map(_csv_value, record)) for record in records(table, mask))


class _Echo:
    """A file that hands back what is written, so that `csv.writer` can stream."""

    def write(self, text: str) -> str:
        return text


def _csv_value(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else plain(value)


def as_json(selection: Selection) -> Iterator[str]:
    """An array of objects."""
    names, comma = header(selection), ""
    yield "["
    for table, mask in tables(selection):
        for record in records(table, mask):
            body = dict(zip(names, map(plain, record), strict=True))
            yield comma + json.dumps(body, allow_nan=False, separators=(",", ":"))
            comma = ",\n"
    yield "]"


def write_parquet(selection: Selection, file: IO[bytes], *, data_version: int) -> None:
    """A typed file, market by market; the caller owns it and finds it complete."""
    import pyarrow as pa  # a third of a second and 60 MB, only where Parquet is asked for
    import pyarrow.parquet as pq

    schema = _schema(selection).with_metadata({"data_version": str(data_version), "variant": selection.variant.key})
    with pq.ParquetWriter(file, schema) as writer:
        for table, mask in tables(selection):
            if any(mask):
                columns = zip(*records(table, mask), strict=True)
                arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _schema(selection: Selection) -> Any:
    import pyarrow as pa

    stamp = pa.timestamp("us", "UTC")
    kinds: list[Any] = [pa.string(), pa.date32(), stamp, pa.string(), stamp, pa.int32()]
    for cell in weeks(history.empty(selection.variant), screener.thresholds(), selection.asked.fields).cells.values():
        match cell:
            case Column():
                kinds.append(pa.float64() if cell.digits else pa.int64())
            case Labels():
                kinds.append(pa.string())
            case _:
                kinds.append(pa.bool_())
    return pa.schema(list(zip(header(selection), kinds, strict=True)))


TEXTS: Final[dict[str, Callable[[Selection], Iterator[str]]]] = {"csv": as_csv, "json": as_json}
TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
