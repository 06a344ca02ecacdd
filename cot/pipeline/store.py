"""How observations go in and out of their table in bulk: arrays here, rows there.

SQLite gets one prepared statement and tuples, or a table it can copy from, PostgreSQL gets COPY; all take a `Batch`, so
nothing else knows which.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from itertools import chain, islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connection
from django.db.models import FloatField
from django.db.models.functions import Cast

from cot.models import CropSplit, Observation
from cot.pipeline import columns, scratch
from cot.pipeline.ahead import one_ahead
from cot.pipeline.parsing import Floats, Mask, Objects, ReportTable
from cot.variants import CONCENTRATION, Variant

CHUNK: Final = 4000  # rows
AT_ONCE: Final = 20  # rows in one statement
_HEAD: Final = (
    "id",
    "market_id",
    "report_date",
    "version",
    "known_at",
    "release_at",
    "withdrawn_at",
    "source_file_id",
    "source_line",
    "quality",
)

Facts = dict[str, float | int | None]


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What is known of one stored observation besides its facts."""

    id: int
    code: str
    report_date: date
    version: int
    known_at: datetime
    release_at: datetime
    withdrawn_at: datetime | None
    source_file_id: int
    source_line: int
    quality: str


@dataclass(frozen=True, slots=True)
class Stored:
    """Stored observations of one variant and span of dates: the n-th row belongs to the n-th line of `facts`."""

    variant: Variant
    rows: tuple[StoredRow, ...]
    facts: Floats
    crops: Mapping[int, Mapping[str, Facts]]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def codes(self) -> Objects:
        return np.array([row.code for row in self.rows], dtype=object)

    @property
    def dates(self) -> npt.NDArray[np.datetime64]:
        return np.array([row.report_date for row in self.rows], dtype="datetime64[D]")

    def facts_of(self, place: int) -> Facts:
        """The facts of one row as they are kept in a version."""
        return as_facts(fields_of(self.variant), self.facts[place])

    def numbers_of(self, place: int) -> dict[str, float]:
        """The facts of one row as floats; null is NaN."""
        return dict(zip(fields_of(self.variant), self.facts[place].tolist(), strict=True))


def as_facts(fields: Sequence[str], values: npt.NDArray[np.float64]) -> Facts:
    """One row by field name: whole numbers as integers, concentrations with their decimal, null as None."""
    pairs = zip(fields, values.tolist(), strict=True)
    return {field: None if value != value else _number(field, value) for field, value in pairs}


def _number(field: str, value: float) -> float | int:
    return round(value, 1) if field in CONCENTRATION else int(value)


def matrix(table: ReportTable) -> Floats:
    """The facts of a file, one line per row, in the order of `variant.fields`."""
    return np.column_stack(list(_facts(table).values()))


def _facts(table: ReportTable) -> dict[str, Floats]:
    column = columns.fact_columns(table.variant)
    return {field: _rounded(field, table.numbers[column[field]]) for field in fields_of(table.variant)}


@cache
def fields_of(variant: Variant) -> tuple[str, ...]:
    """The facts this variant prints, in the order of the table."""
    printed = columns.fact_columns(variant)
    return tuple(field for field in variant.fields if field in printed)


def _rounded(field: str, values: Floats) -> Floats:
    return np.round(values, 1) if field in CONCENTRATION else values


def load(variant: Variant, first: date, last: date, *, crops_from: date) -> Stored:
    """Every stored observation of the variant between two report dates, withdrawn ones included.

    Crop years, which cost more than all the rest, only of reports from a date on.
    """
    fields = fields_of(variant)
    decimals = {f"{name}_": Cast(name, FloatField()) for name in CONCENTRATION}
    names = [f"{name}_" if name in CONCENTRATION else name for name in fields]
    found = (
        Observation.objects.filter(report_type=variant.type, subtype=variant.subtype, report_date__range=(first, last))
        .annotate(**decimals)
        .order_by("market_id", "report_date")
        .values_list(*_HEAD, *names)
    )
    rows: list[StoredRow] = []
    blocks: list[Floats] = [np.empty((0, len(fields)))]
    for chunk in _chunks(found.iterator(chunk_size=CHUNK)):
        rows += [StoredRow(*row[: len(_HEAD)]) for row in chunk]
        blocks.append(np.array([row[len(_HEAD) :] for row in chunk], dtype=np.float64))
    with_crops = [row.id for row in rows if row.report_date >= crops_from] if variant.report.has_crop_years else []
    return Stored(variant, tuple(rows), np.concatenate(blocks), _crops(variant, with_crops))


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    chunk: list[tuple[Any, ...]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _crops(variant: Variant, ids: Sequence[int]) -> dict[int, Mapping[str, Facts]]:
    """By the key alone: right after a first load PostgreSQL has no statistics and would join row by row."""
    if not ids:
        return {}
    known = set(ids)
    found = CropSplit.objects.filter(observation_id__gte=min(known), observation_id__lte=max(known))
    return {
        row: {"old": crop_facts(variant, old), "other": crop_facts(variant, other)}
        for row, old, other in found.values_list("observation_id", "old", "other")
        if row in known
    }


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few distinct values: each row has the place of its own."""

    distinct: Sequence[Any]
    places: npt.NDArray[np.int64]

    def __getitem__(self, rows: slice) -> Coded:
        return Coded(self.distinct, self.places[rows])


@dataclass(frozen=True, slots=True)
class Batch:
    """New rows column by column: an array or a `Coded` per row-wise column, a plain value for what all rows share."""

    size: int
    values: Mapping[str, Any]

    def rowwise(self, start: int, size: int) -> dict[str, Any]:
        """The row-wise columns of `size` rows from `start` on."""
        columns = self.values.items()
        return {name: value[start : start + size] for name, value in columns if isinstance(value, np.ndarray | Coded)}

    @property
    def shared(self) -> dict[str, Any]:
        return {name: value for name, value in self.values.items() if not isinstance(value, np.ndarray | Coded)}


def printed(table: ReportTable) -> dict[str, Any]:
    """The columns of new rows that follow from their file alone. NaN becomes NULL."""
    days, places = np.unique(table.dates, return_inverse=True)
    return {
        "market_id": table.codes,
        "report_date": Coded(days.astype("datetime64[D]").astype(object).tolist(), places),
        "source_line": table.lines,
    } | _facts(table)


def pieces(table: ReportTable) -> Iterator[pa.RecordBatch]:
    """The same for `scratch`, which makes of them the table that `_take_over` finds."""
    batch = Batch(len(table), printed(table))
    for start in range(0, batch.size, CHUNK):
        rows = batch.rowwise(start, CHUNK)
        yield pa.record_batch({name: _arrow(name, values) for name, values in rows.items()})


def insert_observations(variant: Variant, rows: Mapping[str, Any], *, is_staged: bool = False) -> None:
    """Insert rows whose keys are new; what is `printed` of them is not needed again when it is staged."""
    shared = {"report_type": variant.type, "subtype": variant.subtype, "version": 1, "release_uncertain": False}
    batch = Batch(len(rows["id"]), shared | dict(rows))
    (_take_over if is_staged else _insert)(Observation._meta.db_table, batch)


def reserve_ids(count: int) -> npt.NDArray[np.int64]:
    """Keys for new observations, so that what belongs to them can be written without asking which keys they got.

    Nobody else inserts until this transaction ends: on SQLite there is one writer at a time, PostgreSQL is told so.
    """
    table = Observation._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            sequence = f"pg_get_serial_sequence('{table}', 'id')"
            cursor.execute(f"SELECT setval({sequence}, nextval({sequence}) + %s - 1)", [count])
            (last,) = cursor.fetchone()
            return np.arange(last - count + 1, last + 1, dtype=np.int64)
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        (last,) = cursor.fetchone() or (0,)
        return np.arange(last + 1, last + 1 + count, dtype=np.int64)


def insert_crops(ids: npt.NDArray[np.int64], old: Sequence[str], other: Sequence[str]) -> None:
    """Crop splits as JSON text, made by `crop_texts`; by COPY or in many statements, so past the model."""
    values = {"observation_id": ids, "old": np.array(old, object), "other": np.array(other, object)}
    _insert(CropSplit._meta.db_table, Batch(len(ids), values))


def has_crop(table: ReportTable) -> Mask:
    """Rows in which something belongs to the other crop years (cot §4, CropSplit)."""
    if not table.variant.report.has_crop_years:
        return np.zeros(len(table), dtype=bool)
    other: Mask = np.nan_to_num(table.numbers["open_interest_other"]) != 0
    return other


def crop_texts(table: ReportTable, rows: Mask, crop: str) -> list[str]:
    """The crop year's positions, traders and concentrations of these rows as JSON lists (`Variant.crop_fields`)."""
    column = columns.fact_columns(table.variant, crop)
    missing = np.full(int(rows.sum()), np.nan)
    printed = {
        field: table.numbers[column[field]][rows] if field in column else missing for field in table.variant.crop_fields
    }
    values = [_json_numbers(field, numbers) for field, numbers in printed.items()]
    template = f"[{','.join(['%s'] * len(values))}]"
    return [template % row for row in zip(*values, strict=True)]


def _json_numbers(field: str, values: Floats) -> list[object]:
    """Numbers that print as JSON does; rounding and dividing by ten gives the float nearest to the printed decimal."""
    numbers: list[object] = (np.round(values, 1) if field in CONCENTRATION else _whole(values)).tolist()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        numbers[place] = "null"
    return numbers


def _whole(values: Floats) -> npt.NDArray[np.int64]:
    """Counts as integers, 0 where there is none."""
    return np.nan_to_num(values).astype(np.int64)


def crop_facts(variant: Variant, kept: Sequence[float | int | None]) -> Facts:
    """A crop year by our field names."""
    return dict(zip(variant.crop_fields, kept, strict=True))


def _insert(table: str, batch: Batch) -> None:
    if batch.size == 0:
        return
    if connection.vendor == "postgresql":
        _copy(table, batch)
    else:
        _executemany(table, batch)


def _executemany(table: str, batch: Batch) -> None:
    """Many rows a statement: while SQLite works on one, the thread that reads the next file has the interpreter.

    Past Django's cursor, which keeps every row of a generator until the last is in: a tenth slower, and memory.
    """
    shared, rowwise = batch.shared, list(batch.rowwise(0, 0))
    names = ", ".join(connection.ops.quote_name(name) for name in (*shared, *rowwise))
    one = f"({', '.join([*(_literal(value) for value in shared.values()), *['?'] * len(rowwise)])})"
    insert = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 (no input inside)
    with connection.cursor() as cursor, connection.wrap_database_errors:
        for start in range(0, batch.size, CHUNK):  # piece by piece: Python's numbers take five times the room of arrays
            parameters = [_parameters(name, values) for name, values in batch.rowwise(start, CHUNK).items()]
            flat = chain.from_iterable(zip(*parameters, strict=True))
            whole, rest = divmod(min(CHUNK, batch.size - start), AT_ONCE)
            execute = cursor.cursor.connection.executemany
            if whole:
                many = insert + ", ".join([one] * AT_ONCE)
                execute(many, (tuple(islice(flat, AT_ONCE * len(rowwise))) for _ in range(whole)))
            execute(insert + one, (tuple(islice(flat, len(rowwise))) for _ in range(rest)))


def _take_over(table: str, batch: Batch) -> None:
    """The rows from the attached file, in its order; by report date what a day shares, the rest as in any statement."""
    by_day = {name: value for name, value in batch.values.items() if isinstance(value, Coded)}
    sources = {name: name for name in batch.rowwise(0, 0)}
    sources |= {name: _literal(value) for name, value in batch.shared.items()}
    sources["id"] = f"rows.rowid + {batch.values['id'][0] - 1}"
    with connection.cursor() as cursor:  # the statements hold names of columns and our own words, no input
        cursor.execute(f"CREATE TABLE {scratch.DAYS} ({', '.join(by_day)}, PRIMARY KEY (report_date))")
        days = list(zip(*(map(_bindable, value.distinct) for value in by_day.values()), strict=True))
        cursor.executemany(f"INSERT INTO {scratch.DAYS} VALUES ({', '.join(['%s'] * len(by_day))})", days)  # noqa: S608
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(sources)}) SELECT {', '.join(sources.values())} "  # noqa: S608
            f"FROM {scratch.ROWS} CROSS JOIN {scratch.DAYS} USING (report_date)"
        )
        assert cursor.rowcount == batch.size


def _literal(value: object) -> str:
    """A value all rows share, written into the statement: our own words and numbers, never input."""
    if isinstance(value, bool | int):
        return str(int(value))
    assert isinstance(value, str)
    assert value.replace("_", "").isalnum()
    return f"'{value}'"


def _parameters(name: str, values: npt.NDArray[Any] | Coded) -> list[Any]:
    """Python values of a column as SQLite's driver takes them fastest.

    For a bool or a None it looks for an adapter, which takes longer than storing it: so a bool goes as an integer, and
    a null as NaN, which SQLite stores as NULL.
    """
    if isinstance(values, Coded):
        adapted = [_bindable(value) for value in values.distinct]
        return [adapted[place] for place in values.places.tolist()]
    if values.dtype.kind == "f":
        numbers: list[Any] = (values if name in CONCENTRATION else _whole(values)).tolist()
        for place in np.flatnonzero(np.isnan(values)).tolist():
            numbers[place] = np.nan
        return numbers
    result: list[Any] = values.tolist()
    return result


def _bindable(value: Any) -> Any:
    """One value of a column, in the form the database keeps."""
    return _adapted(int(value) if isinstance(value, bool) else value)


def _copy(table: str, batch: Batch) -> None:
    """COPY as CSV, piece by piece: the next is written in the background while the server reads one."""
    names = ", ".join(connection.ops.quote_name(name) for name in batch.values)
    pieces = one_ahead(partial(_csv, batch), range(0, batch.size, CHUNK), thread="cot-copy")
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        closing(pieces),
        cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for text in pieces:
            copy.write(text)


def _csv(batch: Batch, start: int) -> memoryview:
    """The lines of a batch from `start` on, at most CHUNK of them."""
    size = min(CHUNK, batch.size - start)
    shared = {name: Coded([value], np.zeros(size, dtype=np.int64)) for name, value in batch.shared.items()}
    values = shared | batch.rowwise(start, size)
    text = io.BytesIO()
    table = pa.table({name: _arrow(name, values[name]) for name in batch.values})
    pa_csv.write_csv(table, text, pa_csv.WriteOptions(include_header=False))
    return text.getbuffer()


def _arrow(name: str, values: npt.NDArray[Any] | Coded) -> pa.Array:
    """A column for COPY, made from memory: Arrow's own way from Python's values imports pandas, for a second."""
    if isinstance(values, Coded):
        return _arrow_texts([_text(value) for value in values.distinct], values.places)
    if values.dtype.kind == "f":
        null = np.isnan(values)
        kind, whole = (pa.float64(), values) if name in CONCENTRATION else (pa.int32(), np.where(null, 0, values))
        known = pa.py_buffer(np.packbits(~null, bitorder="little"))
        return _arrow_numbers(kind, whole, known)
    if values.dtype.kind == "i":
        return _arrow_numbers(pa.int64(), values, None)
    return _arrow_texts([text.encode() for text in values.tolist()], np.arange(len(values)))


def _arrow_numbers(kind: pa.DataType, values: npt.NDArray[Any], known: pa.Buffer | None) -> pa.Array:
    numbers = np.ascontiguousarray(values, dtype=kind.to_pandas_dtype())
    return pa.Array.from_buffers(kind, len(numbers), [known, pa.py_buffer(numbers)])


def _arrow_texts(distinct: Sequence[bytes], places: npt.NDArray[np.int64]) -> pa.Array:
    """These texts, each at its places."""
    lengths = np.array([len(text) for text in distinct])[places]
    ends = np.append(0, np.cumsum(lengths)).astype(np.int32)
    joined = b"".join([distinct[place] for place in places.tolist()])
    return pa.Array.from_buffers(pa.string(), len(places), [None, pa.py_buffer(ends), pa.py_buffer(joined)])


def _text(value: object) -> bytes:
    """A value as PostgreSQL reads it."""
    return (value.isoformat() if isinstance(value, datetime) else str(value)).encode()


def update_observations(variant: Variant, changes: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    """Write new facts or a new version number to stored rows; every change names the same columns."""
    if not changes:
        return
    names = list(changes[0][1])
    assignments = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in names)
    rows = [(*(_adapted(change[name]) for name in names), row) for row, change in changes]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {Observation._meta.db_table} SET {assignments} WHERE id = %s",  # noqa: S608 (no input inside)
            rows,
        )


def _adapted(value: Any) -> Any:
    """A value as the driver takes it: a moment or a day in the form in which the database keeps it."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return connection.ops.adapt_datefield_value(value) if isinstance(value, date) else value
