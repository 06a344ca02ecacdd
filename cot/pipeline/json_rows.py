"""Rows that come as JSON, as the API of the CFTC's Public Reporting Environment gives them, made lines of text. Pure.

A list of flat objects, one a row. What is null an object leaves out, so that no single one tells the columns.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from cot.pipeline.report_table import Rejection

MOST_COLUMNS: Final = 400  # twice as many as the widest report: every line has them all

_BETWEEN: Final = re.compile(r"\s*,?\s*")


def is_json(content: bytes) -> bool:
    return content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"[", b"{")


def as_lines(content: bytes) -> bytes:
    """A header of all names and a line for each object, in their order. Refuses what is no list of flat objects.

    One object at a time: all together are ten times as large as the file.
    """
    try:
        text = content.decode("utf-8-sig")
        names = {name: "" for row in _objects(text) for name in row}
        if len(names) > MOST_COLUMNS:
            raise Rejection("unknown_header", columns=len(names))
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(names)
        writer.writerows((names | row).values() for row in _objects(text))
    except (ValueError, RecursionError) as problem:
        raise Rejection("not_a_report", found=str(problem)) from problem
    return out.getvalue().encode()


def _objects(text: str) -> Iterator[dict[str, str]]:
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    place = _next(text, 0)
    if not text.startswith("[", place):
        raise ValueError(f"no list of rows: {text[:40]}")
    place = _next(text, place + 1)
    while not text.startswith("]", place):
        row, place = decoder.raw_decode(text, place)
        if not isinstance(row, dict):
            raise ValueError(f"no row: {str(row)[:40]}")
        yield {name: _plain(value) for name, value in row.items()}
        place = _next(text, place)
    if text[place + 1 :].strip():
        raise ValueError("something after the list of rows")


def _next(text: str, place: int) -> int:
    """Where the next value begins."""
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


def _plain(value: Any) -> str:
    """A value as it is printed, in one line; numbers are not touched, so that none is rounded."""
    if value is None:
        return ""
    if not isinstance(value, str | bool):
        raise ValueError(f"a value that is neither text nor number: {str(value)[:40]}")
    return " ".join(str(value).splitlines())
