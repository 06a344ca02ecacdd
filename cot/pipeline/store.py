"""How observations go in and out of their table in bulk: arrays here, rows there."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv
from django.db import connection
from django.db.models import FloatField
from django.db.models.functions import Cast

from cot.models import CropSplit, Observation, SourceFile
from cot.pipeline.report_table import Facts, Floats, Objects, ReportTable, as_facts, fields_of
from cot.variants import CONCENTRATION, Variant

CHUNK: Final = 4000  # rows
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


def stored_rows(variant: Variant, first: date, last: date, *, crops_from: date) -> Stored:
    """Every stored observation of the variant between two report dates, withdrawn ones included.

    Crop years, which cost more than all the rest, only of reports from a date on.
    """
    fields = fields_of(variant)
    decimals = {f"{name}_": Cast(name, FloatField()) for name in CONCENTRATION}
    names = [f"{name}_" if name in CONCENTRATION else name for name in fields]
    found = (
        Observation.objects.filter(
            report_type=variant.type, subtype=variant.subtype, report_date__range=(first, last)
        )
        .annotate(**decimals)
        .order_by("market_id", "report_date")
        .values_list(*_HEAD, *names)
    )
    rows: list[StoredRow] = []
    blocks: list[Floats] = [np.empty((0, len(fields)))]
    for chunk in _chunks(found.iterator(chunk_size=CHUNK)):
        rows += [StoredRow(*row[: len(_HEAD)]) for row in chunk]
        blocks.append(np.array([row[len(_HEAD) :] for row in chunk], dtype=np.float64))
    with_crops = (
        [row.id for row in rows if row.report_date >= crops_from]
        if variant.report.has_crop_years
        else []
    )
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


def insert_observations(
    table: ReportTable, origin: SourceFile, by_day: Mapping[date, Mapping[str, Any]]
) -> None:
    """Insert rows whose keys are new; `by_day` has for every report date what all of its rows share."""
    shared = {
        "report_type": table.variant.type,
        "subtype": table.variant.subtype,
        "version": 1,
        "quality": Observation.Quality.OK.value,
        "source_file_id": origin.pk,
    }
    days, places = np.unique(table.dates.astype("datetime64[D]"), return_inverse=True)
    shared_by_day = [{"report_date": day} | dict(by_day[day]) for day in days.astype(object)]
    rows = {name: np.full(len(table), value, dtype=object) for name, value in shared.items()}
    rows |= {
        name: np.array([_as_text(each[name]) for each in shared_by_day], dtype=object)[places]
        for name in shared_by_day[0]
    }
    rows |= {"market_id": table.codes, "source_line": table.lines} | table.facts()
    _insert(Observation._meta.db_table, rows)


def _insert(table: str, rows: Mapping[str, npt.NDArray[Any]]) -> None:
    """Rows by columns, NaN for null: by COPY into PostgreSQL, by one prepared statement into SQLite.

    Piece by piece: Python's numbers take five times the room of arrays, and the server reads while we write the next.
    """
    names = ", ".join(connection.ops.quote_name(name) for name in rows)
    size = len(next(iter(rows.values())))
    pieces = (
        {name: values[start : start + CHUNK] for name, values in rows.items()}
        for start in range(0, size, CHUNK)
    )
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            copy = f"COPY {table} ({names}) FROM STDIN (FORMAT csv)"
            with connection.wrap_database_errors, cursor.copy(copy) as lines:
                for piece in pieces:
                    lines.write(_csv(piece))
            return
        insert = f"INSERT INTO {table} ({names}) VALUES ({', '.join(['%s'] * len(rows))})"  # noqa: S608 (no input inside)
        for piece in pieces:
            cursor.executemany(
                insert, list(zip(*(values.tolist() for values in piece.values()), strict=True))
            )


def _csv(rows: Mapping[str, npt.NDArray[Any]]) -> memoryview:
    """The rows as PostgreSQL reads them: counts without a decimal point, nothing for null."""
    text = io.BytesIO()
    arrays = {name: pa.array(values, from_pandas=True) for name, values in rows.items()}
    counts = {
        name: array.cast(pa.int32())
        for name, array in arrays.items()
        if array.type == pa.float64() and name not in CONCENTRATION
    }
    pa_csv.write_csv(pa.table(arrays | counts), text, pa_csv.WriteOptions(include_header=False))
    return text.getbuffer()


def _as_text(value: Any) -> str:
    """What rows of one day share, in a form both databases read; SQLite's is the one in which it keeps a moment."""
    return str(int(value) if isinstance(value, bool) else _adapted(value))


def insert_crops(table: ReportTable) -> None:
    """The crop years of rows just stored; piece by piece, because as Python's numbers they are large."""
    table = table.take(table.has_other_crops)
    if not len(table):
        return
    stored = Observation.objects.filter(
        report_type=table.variant.type,
        subtype=table.variant.subtype,
        market__in=set(table.codes),
        report_date__range=(table.first_day, table.last_day),
    )
    ids = {
        (code, day): pk for code, day, pk in stored.values_list("market_id", "report_date", "pk")
    }
    for start in range(0, len(table), CHUNK):
        piece = table.take(np.s_[start : start + CHUNK])
        printed = piece.crops().values()
        rows = {
            "observation_id": np.array(
                [ids[key] for key in zip(piece.codes, piece.days, strict=True)]
            )
        }
        for name in ("old", "other"):
            rows[name] = np.array(
                [json.dumps(list(crop[name].values())) for crop in printed], dtype=object
            )
        _insert(CropSplit._meta.db_table, rows)


def crop_split(observation: int, crop: Mapping[str, Facts]) -> CropSplit:
    return CropSplit(
        observation_id=observation, **{name: list(facts.values()) for name, facts in crop.items()}
    )


def crop_facts(variant: Variant, kept: Sequence[float | int | None]) -> Facts:
    """A crop year by our field names."""
    return dict(zip(variant.crop_fields, kept, strict=True))


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
