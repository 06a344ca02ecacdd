"""How bytes of a CFTC file become one typed table and a list of lines that could not be read.

Pure. One converter (Arrow's CSV reader) makes every number; when it refuses a file, or anything about the file looks
odd, a slow inspector finds the odd lines one by one, takes them out with a reason, and the same converter reads the
rest. So a damaged line costs that line alone and never shifts a column.
"""

from __future__ import annotations

import csv
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from cot.pipeline import columns, json_rows
from cot.pipeline.report_table import (
    MAX_FAILING,
    Floats,
    Mask,
    RejectedLine,
    Rejection,
    ReportTable,
    Texts,
    keys_of,
)
from cot.variants import Variant

Columns = dict[str, pa.ChunkedArray]

MAX_UNPACKED: Final = 200 * 2**20
MAX_BULK_UNPACKED: Final = 3 * MAX_UNPACKED  # thirty years of one report in one archive
MAX_RATIO: Final = 100
PADDING: Final = 16

_ADDED_BY_A_MAC: Final = re.compile(r"^__MACOSX/|(^|/)\.DS_Store$")
_NULLS: Final = ["", "."]
# reading with these is slower by a third
_PADDED_NULLS: Final = [" " * blanks + sign for blanks in range(PADDING) for sign in _NULLS]
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_CODE_WIDTH: Final = 6
_CODE: Final = re.compile(r"[0-9A-Z]{6}|[0-9]{5}\+")
_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(T[0:.]*Z?)?", re.ASCII)
_AMERICAN: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})( 12:00:00 AM)?", re.ASCII)


def unpack(content: bytes, *, is_archive: bool, is_bulk: bool = False) -> tuple[str, bytes]:
    """Member name and text of a download; the name is kept for the log only."""
    if not content[:4096].strip():
        raise Rejection("not_a_report", found="nothing")
    if not content.startswith(b"PK"):
        if is_archive and not _looks_like_page(content):
            raise Rejection("bad_archive", found="not a zip")
        return "", content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _only_member(archive, MAX_BULK_UNPACKED if is_bulk else MAX_UNPACKED)
    except (
        zipfile.BadZipFile,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        lzma.LZMAError,
        struct.error,
        zlib.error,
    ) as problem:
        raise Rejection("bad_archive", found=str(problem)) from problem


def _only_member(archive: zipfile.ZipFile, limit: int) -> tuple[str, bytes]:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not _ADDED_BY_A_MAC.search(member.filename)
    ]
    if len(members) != 1:
        raise Rejection("bad_archive", members=len(members))
    member = members[0]
    if member.file_size > limit or member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise Rejection("bad_archive", unpacked=member.file_size, packed=member.compress_size)
    return member.filename, archive.read(member)


def _looks_like_page(content: bytes) -> bool:
    head = content[:2000].lstrip().lower()
    return head.startswith(b"<") or b"<html" in head


def as_text(content: bytes) -> bytes:
    """The file as UTF-8 without a byte-order mark; what is not UTF-8 is Latin-1. Refuses pages, images, nothing.

    Rows in JSON become lines. A zero byte becomes the sign for an unreadable one: PostgreSQL takes none in a text.
    """
    if json_rows.is_json(content):
        content = json_rows.as_lines(content)
    content = content.removeprefix(b"\xef\xbb\xbf")
    if _looks_like_page(content) or b"," not in content[:65536]:
        raise Rejection("not_a_report", found=content[:40].decode("latin-1"))
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    try:
        if not content.isascii():
            content.decode("utf-8")
    except UnicodeDecodeError:
        content = content.decode("latin-1").encode()
    return content.replace(b"\x00", "\ufffd".encode()) if b"\x00" in content else content


def split_line(line: str) -> list[str]:
    """The fields of one line; what the reader refuses (a line end in it, endless text) is one field."""
    try:
        return next(csv.reader([line]), [""])
    except csv.Error:
        return [line]


def split_header(text: bytes) -> tuple[list[str] | None, int]:
    """Canonical header, or None when the file has none, and where the lines below it begin."""
    end = text.find(b"\n") + 1 or len(text)
    fields = split_line(text[:end].decode("utf-8").rstrip("\r\n"))
    names = [columns.canonical(name) for name in fields]
    return (names, end) if columns.is_header(names) else (None, 0)


def parse(text: bytes, variant: Variant, *, omits_nulls: bool = False) -> ReportTable:
    """Typed table of a report's text. Raises `Rejection` when the file as a whole is not this variant's report.

    Of rows that omit nulls, a column that may be null may be missing: then the file says nothing of it.
    """
    header, start = split_header(text)
    silent: frozenset[str] = frozenset()
    if header is not None:
        silent = columns.nullable(variant).difference(header) if omits_nulls else silent
        if missing := columns.missing(variant, header, silent):
            raise Rejection("unknown_header", missing=missing)
    names = tuple(header or columns.official(variant.report))
    layout = _Layout(variant, names, header is not None, silent)
    columns_read, lines, rejected = _read(text, start, layout)
    if not len(lines):
        raise Rejection(
            "unknown_header" if rejected and header is None else "not_a_report", lines=len(rejected)
        )
    return _checked(_typed(columns_read, lines, rejected, layout, lambda: text))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Which column stands where in this file."""

    variant: Variant
    header: tuple[str, ...]
    has_header: bool
    silent: frozenset[str]

    @property
    def first_line(self) -> int:
        return 2 if self.has_header else 1

    @property
    def numbers(self) -> tuple[str, ...]:
        names = columns.number_columns(self.variant)
        return tuple(name for name in names if name not in self.silent)

    @property
    def texts(self) -> list[str]:
        return [name for name in columns.TEXTS if name in self.header]


def _read(
    text: bytes, start: int, layout: _Layout
) -> tuple[Columns, npt.NDArray[np.int64], list[RejectedLine]]:
    """Every readable row by columns, its line number in the file, and the lines that are not readable."""
    count = text.count(b"\n", start) + (not text.endswith(b"\n"))
    body = pa.py_buffer(text).slice(start)  # not a copy: files are large
    plain = count and not _has_hexadecimals(text)
    for nulls in (_NULLS, _PADDED_NULLS) if plain else ():
        with suppress(pa.ArrowInvalid):
            table = _convert(body, layout, pa.int64(), nulls)
            if table.num_rows == count and _numbers_are_finite(table, layout):
                return _columns(table), np.arange(count, dtype=np.int64) + layout.first_line, []
    return _read_carefully(text[start:], layout)


def _columns(table: pa.Table) -> Columns:
    """The columns of their own, so that each can be given back as soon as it is typed."""
    return dict(zip(table.column_names, table.columns, strict=True))


def _read_carefully(
    body: bytes, layout: _Layout
) -> tuple[Columns, npt.NDArray[np.int64], list[RejectedLine]]:
    good, numbers, rejected = _inspect(body.decode("utf-8"), layout)
    try:
        table = _convert(pa.py_buffer(good), layout, pa.float64(), _NULLS)
    except pa.ArrowInvalid as problem:
        raise Rejection("not_a_report", found=str(problem)) from problem
    return _columns(table), np.array(numbers, dtype=np.int64), rejected


def _convert(
    body: pa.Buffer, layout: _Layout, count_type: pa.DataType, nulls: list[str]
) -> pa.Table:
    """The one converter from text to numbers; ArrowInvalid when a line or a number does not fit."""
    types: dict[str, pa.DataType] = {
        name: pa.float64() if columns.is_decimal(name) else count_type for name in layout.numbers
    }
    types |= {name: pa.dictionary(pa.int32(), pa.string()) for name in layout.texts}
    unique = [
        name if name in types else f"{name}#{place}" for place, name in enumerate(layout.header)
    ]
    if not body.size:
        return pa.table({name: pa.array([], kind) for name, kind in types.items()})
    return pa_csv.read_csv(
        body,
        read_options=pa_csv.ReadOptions(column_names=unique, block_size=_block(body.size)),
        convert_options=pa_csv.ConvertOptions(
            column_types=types, null_values=nulls, include_columns=list(types)
        ),
        memory_pool=pa.system_memory_pool(),  # gives the memory of one file back before the next
    )


def _block(size: int) -> int:
    """Bytes read at once: small enough for all processors, large enough that what is freed goes back to the system."""
    return min(max(size // 4, 2 << 20), 32 << 20)


def _numbers_are_finite(table: pa.Table, layout: _Layout) -> bool:
    """False when a number reads as "nan" or "inf": the converter accepts the words, we do not."""
    decimals = [table.column(name) for name in layout.numbers if columns.is_decimal(name)]
    return all(
        np.isfinite(column.to_numpy()).sum() == len(column) - column.null_count
        for column in decimals
    )


def _has_hexadecimals(text: bytes) -> bool:
    """Whether "0x" stands anywhere: the converter would read 0x10 as sixteen. From x to x: zeros are everywhere."""
    for letter in (b"x", b"X"):
        place = text.find(letter)
        while place >= 0:
            if place and text[place - 1] == ord("0"):
                return True
            place = text.find(letter, place + 1)
    return False


def _inspect(body: str, layout: _Layout) -> tuple[bytes, list[int], list[RejectedLine]]:
    """Line by line: the good lines with blanks stripped, their numbers, and the bad lines with reasons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    good: list[int] = []
    rejected: list[RejectedLine] = []
    numeric = [(layout.header.index(name), name) for name in layout.numbers]
    for line, raw in _lines(body, layout):
        if not raw.strip("\r\x1a \t,;"):
            continue
        fields = [value.replace("\r", " ").strip() for value in split_line(raw.rstrip("\r"))]
        _ungroup(fields, numeric)
        problem = _problem(fields, numeric, len(layout.header))
        if problem is None:
            good.append(line)
            writer.writerow(fields)
        else:
            rejected.append(_rejected(line, raw, fields, problem, layout))
    return out.getvalue().encode(), good, rejected


def _lines(body: str, layout: _Layout) -> Iterator[tuple[int, str]]:
    """Every line with its number. Lines that a bare carriage return glues together share one number."""
    for number, raw in enumerate(body.split("\n"), layout.first_line):
        is_glued = "\r" in raw.rstrip("\r") and len(split_line(raw.rstrip("\r"))) != len(
            layout.header
        )
        for line in raw.split("\r") if is_glued else [raw]:
            yield number, line


def _ungroup(fields: list[str], numeric: Sequence[tuple[int, str]]) -> None:
    """Takes the commas between thousands out of a number; only a quoted one has any."""
    for place, _name in numeric:
        if "," in _at(fields, place) and _GROUPED.fullmatch(fields[place]):
            fields[place] = fields[place].replace(",", "")


def _problem(
    fields: list[str], numeric: Sequence[tuple[int, str]], width: int
) -> tuple[str, dict[str, object]] | None:
    if len(fields) != width:
        return "field_count", {"fields": len(fields), "expected": width}
    for place, name in numeric:
        value = fields[place]
        if value in ("", "."):
            continue
        if not _NUMBER.fullmatch(value) or (not columns.is_decimal(name) and float(value) % 1):
            return "bad_number", {"column": name, "value": value[:40]}
    return None


def _rejected(
    line: int, raw: str, fields: list[str], problem: tuple[str, dict[str, object]], layout: _Layout
) -> RejectedLine:
    """A line set aside. Where its fields may be cut or shifted, only a code printed whole names its key."""
    reason, details = problem
    printed = _at(fields, layout.header.index(columns.CODE)).strip()
    code = (
        "" if reason == "field_count" and len(printed) < _CODE_WIDTH else clean_code(printed) or ""
    )
    day, _ = read_date(_at(fields, layout.header.index(columns.DATE)))
    return RejectedLine(line, raw.rstrip("\r")[:4096], (reason,), details, code, day)


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


def clean_code(printed: str) -> str | None:
    """A contract code with its leading zeros back; None when it cannot be one."""
    code = printed.strip()
    code = code.zfill(_CODE_WIDTH) if code.isascii() and code.isdigit() else code
    return code if _CODE.fullmatch(code) else None


def read_date(printed: str) -> tuple[date | None, str]:
    """The date and the shape it was printed in (`iso` or `american`); judged by the value, never by the header."""
    value = printed.strip()
    try:
        if match := _ISO.fullmatch(value):
            return date(int(match[1]), int(match[2]), int(match[3])), "iso"
        if match := _AMERICAN.fullmatch(value):
            return date(int(match[3]), int(match[1]), int(match[2])), "american"
    except ValueError:
        pass
    return None, ""


def read_short_date(printed: str) -> date | None:
    """YYMMDD with its lost leading zeros; 86 to 99 belong to the last century."""
    value = printed.strip().zfill(6)
    if not (value.isascii() and value.isdigit()) or len(value) != 6:
        return None
    year = int(value[:2])
    try:
        return date(year + (1900 if year >= 86 else 2000), int(value[2:4]), int(value[4:]))
    except ValueError:
        return None


def _typed(
    read: Columns,
    lines: npt.NDArray[np.int64],
    rejected: list[RejectedLine],
    layout: _Layout,
    text: Callable[[], bytes],
) -> ReportTable:
    """The typed table; empties `read` on its way."""
    labels = {name: _labels(name, read.pop(name)) for name in layout.texts}
    codes = labels[columns.CODE]
    cleaned = np.array([clean_code(value) or "" for value in codes.values], dtype=object)
    return ReportTable(
        variant=layout.variant,
        codes=cleaned[codes.index],
        dates=_dates(labels[columns.DATE]),
        lines=lines,
        numbers=_numbers(read, layout.numbers, len(lines))
        | {name: np.full(len(lines), np.nan) for name in layout.silent},
        silent=layout.silent,
        labels=labels,
        rejected=tuple(rejected),
        duplicates=0,
        text=text,
    )


def _numbers(read: Columns, names: Sequence[str], rows: int) -> dict[str, Floats]:
    """The columns with NaN for null, in one block of memory that is given back as one."""
    block = np.empty((len(names), rows))
    for line, name in zip(block, names, strict=True):
        line[:] = read.pop(name).to_numpy()
    return dict(zip(names, block, strict=True))


def _labels(name: str, column: pa.ChunkedArray) -> Texts:
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):  # no rows at all
        return Texts((), np.zeros(0, dtype=np.int64))
    values = tuple(columns.clean_text(name, value or "") for value in whole.dictionary.to_pylist())
    return Texts(values, whole.indices.to_numpy().astype(np.int64))


def _dates(printed: Texts) -> npt.NDArray[np.datetime64]:
    days = [read_date(value)[0] for value in printed.values]
    return np.array(days, dtype="datetime64[D]")[printed.index]


def _in_another_shape(printed: Texts) -> Mask:
    """Rows whose date has another shape than the rest; refuses a file in which that is no mere slip."""
    shape = np.array([read_date(value)[1] for value in printed.values])[printed.index]
    iso, american = shape == "iso", shape == "american"
    odd: Mask = american if iso.sum() >= american.sum() else iso
    if odd.sum() > MAX_FAILING * len(shape):
        raise Rejection("mixed_dates", found=sorted(printed.values)[:4])
    return odd


def _checked(table: ReportTable) -> ReportTable:
    """The table without lines whose key is unreadable or doubled; refuses another exchange's or variant's file."""
    if not any(table.codes) and not any(table.labels[columns.CODE].values):
        raise Rejection("no_contract_code")
    wrong = {"fo": "combined", "co": "futonly"}[table.variant.subtype]
    if columns.SUBTYPE in table.labels and wrong in _present(table.labels[columns.SUBTYPE]):
        raise Rejection("wrong_variant", found=wrong)
    table = _without(table, table.codes == "", "bad_code")
    table = _without(table, _code_conflicts(table), "code_conflict")
    table = _without(table, _in_another_shape(table.labels[columns.DATE]), "mixed_dates")
    table = _without(table, np.isnat(table.dates), "bad_date")
    table = _without(table, _overlong(table), "bad_text")
    table = _without(table, _date_conflicts(table), "date_conflict")
    return _without_duplicates(table)


def _present(label: Texts) -> set[str]:
    return {label.values[place].lower() for place in np.unique(label.index)}


def _without(table: ReportTable, bad: Mask, reason: str) -> ReportTable:
    if not bad.any():
        return table
    return replace(table.take(~bad), rejected=table.rejected + table.set_aside(bad, reason))


def _overlong(table: ReportTable) -> Mask:
    """Rows with a name or code that no column of the database holds; the CFTC prints none half as long."""
    found = np.zeros(len(table), dtype=bool)
    for name, most in columns.LONGEST.items():
        if label := table.labels.get(name):
            parts = (
                value.rpartition(" - ")[::2] if name == columns.NAME else (value,)
                for value in label.values
            )
            is_long = np.array([max(map(len, each)) > most for each in parts])
            if is_long.any():
                found |= is_long[label.index]
    return found


def _code_conflicts(table: ReportTable) -> Mask:
    """Rows whose two codes differ: a spreadsheet reads 1170E1 as 11700, and would make a market of it."""
    if columns.CODE_QUOTES not in table.labels:
        return np.zeros(len(table), dtype=bool)
    printed = table.labels[columns.CODE_QUOTES]
    again = np.array([clean_code(value) or "" for value in printed.values], dtype=object)
    again = again[printed.index]
    return np.asarray((again != "") & (again != table.codes), dtype=bool)


def _date_conflicts(table: ReportTable) -> Mask:
    if columns.SHORT_DATE not in table.labels:
        return np.zeros(len(table), dtype=bool)
    printed = table.labels[columns.SHORT_DATE]
    short = np.array([read_short_date(value) for value in printed.values], dtype="datetime64[D]")[
        printed.index
    ]
    empty = np.array([value in ("", ".") for value in printed.values])[printed.index]
    return np.asarray(~empty & (short != table.dates))


def _without_duplicates(table: ReportTable) -> ReportTable:
    """A repeated row is ignored and counted; rows of one key that differ are all set aside."""
    order = {code: place for place, code in enumerate(dict.fromkeys(table.codes))}
    keys = keys_of(table.codes, table.dates, order)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if len(first) == len(keys):
        return table
    origin = first[inverse]
    differs = np.zeros(len(table), dtype=bool)
    for values in table.numbers.values():
        differs |= ~((values == values[origin]) | (np.isnan(values) & np.isnan(values[origin])))
    conflict = np.isin(inverse, inverse[differs])
    repeated = (origin != np.arange(len(keys))) & ~conflict
    table = replace(table, duplicates=int(repeated.sum()))
    return _without_both(table, conflict, repeated)


def _without_both(table: ReportTable, conflict: Mask, repeated: Mask) -> ReportTable:
    set_aside = table.set_aside(conflict, "duplicate_conflict")
    return replace(table.take(~conflict & ~repeated), rejected=table.rejected + set_aside)
