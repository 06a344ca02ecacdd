"""Rows on their way out as CSV, JSON or Parquet, batch by batch, so that nothing is held as a whole."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any, Final, Literal

from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from core.api import instant

Kind = Literal["text", "day", "instant", "whole", "number", "flag"]
Record = tuple[Any, ...]

TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class SpreadsheetText(str):
    """Text that a spreadsheet keeps as it is: in CSV `="001602"`, because it takes 001602 and 1170E1 for numbers."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by name with their kind, and the records in batches; `about` is kept with a Parquet file."""

    columns: Mapping[str, Kind]
    batches: Callable[[], Iterator[Iterable[Record]]]
    about: Mapping[str, str] = field(default_factory=dict)


def plain(value: Any) -> Any:
    """A value as JSON has it; CSV writes the same characters."""
    if isinstance(value, datetime):
        return instant(value)
    return value.isoformat() if isinstance(value, date) else value


def as_csv(table: Table) -> Iterator[str]:
    """The table as lines of text."""
    return csv_lines(table.columns, table.batches())


def csv_lines(head: Iterable[object], batches: Iterable[Iterable[Record]]) -> Iterator[str]:
    """Comma, header, ISO dates, empty for null; no text is taken for a formula by a spreadsheet."""
    writer = csv.writer(_Echo(), lineterminator="\n")
    yield writer.writerow(head)
    for batch in batches:
        yield "".join(writer.writerow(map(_csv_value, record)) for record in batch)


class _Echo:
    """A file that hands back what is written, so that `csv.writer` can stream."""

    def write(self, text: str) -> str:
        return text


def _csv_value(value: Any) -> Any:
    if isinstance(value, SpreadsheetText):
        return f'="{value}"'
    if isinstance(value, str):
        return harmless(value)
    return str(value).lower() if isinstance(value, bool) else plain(value)


def harmless(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def as_json(table: Table) -> Iterator[str]:
    """An array of objects."""
    comma = ""
    yield "["
    for batch in table.batches():
        for record in batch:
            body = dict(zip(table.columns, map(plain, record), strict=True))
            yield comma + json.dumps(body, allow_nan=False, separators=(",", ":"))
            comma = ",\n"
    yield "]"


def write_parquet(table: Table, file: IO[bytes]) -> None:
    """A typed file, batch by batch; the caller owns it and finds it complete."""
    # A third of a second and 60 MB, only where Parquet is asked for.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = _schema(table)
    with pq.ParquetWriter(file, schema) as writer:
        for batch in table.batches():
            if records := list(batch):
                columns = zip(*records, strict=True)
                arrays = [
                    pa.array(column, kind)
                    for column, kind in zip(columns, schema.types, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _schema(table: Table) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    kinds = {
        "text": pa.string(),
        "day": pa.date32(),
        "instant": pa.timestamp("us", "UTC"),
        # counts of contracts fit into 32 bits, sums over markets do not
        "whole": pa.int64(),
        "number": pa.float64(),
        "flag": pa.bool_(),
    }
    fields = [(name, kinds[kind]) for name, kind in table.columns.items()]
    return pa.schema(fields).with_metadata(dict(table.about))


TEXTS: Final[dict[str, Callable[[Table], Iterator[str]]]] = {"csv": as_csv, "json": as_json}


def write(table: Table, form: str, out: IO[bytes]) -> None:
    """The whole table into `out`, in one of the forms of TYPES."""
    if text := TEXTS.get(form):
        out.writelines(part.encode() for part in text(table))
    else:
        write_parquet(table, out)


def csv_file(head: Iterable[object], rows: Iterable[Record], name: str) -> HttpResponse:
    """The few rows of a page as a file, made at once; `name` has no ending yet."""
    answer = HttpResponse("".join(csv_lines(head, [rows])), content_type=TYPES["csv"])
    answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def download(table: Table, form: str, name: str) -> HttpResponseBase:
    """The file, sent while it is made; `name` has no ending yet."""
    if text := TEXTS.get(form):
        # Nothing is held as a whole: forty years of all markets are hundreds of megabytes of text.
        answer: HttpResponseBase = StreamingHttpResponse(text(table), content_type=TYPES[form])
        answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
        return answer
    # Parquet writes its index last and needs a place to seek in; the file has no name to be left behind.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it when it is sent
    write_parquet(table, file)
    file.seek(0)
    return FileResponse(
        file, as_attachment=True, filename=f"{name}.{form}", content_type=TYPES[form]
    )
