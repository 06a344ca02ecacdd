"""Files of rows: what each form writes of every kind of value, null included."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest

from core.exports import SpreadsheetText, Table, as_csv, as_json, csv_file, harmless, write

ROW = ("001602", date(2026, 2, 3), datetime(2026, 2, 6, 20, 30, tzinfo=UTC), 7, 37.5, True)
NULLS = ("13874+", date(2026, 2, 10), None, None, None, None)
TABLE = Table(
    columns={
        "code": "text",
        "report_date": "day",
        "release_at": "instant",
        "net": "whole",
        "index": "number",
        "full": "flag",
    },
    batches=lambda: iter([[ROW], [], [NULLS]]),
    about={"variant": "disagg_fo"},
)


def test_csv_keeps_codes_as_text_and_leaves_the_undefined_empty():
    lines = list(csv.reader(io.StringIO("".join(as_csv(TABLE)))))
    assert lines == [
        ["code", "report_date", "release_at", "net", "index", "full"],
        ["001602", "2026-02-03", "2026-02-06T20:30:00Z", "7", "37.5", "true"],
        ["13874+", "2026-02-10", "", "", "", ""],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_text_is_run_as_a_formula_by_a_spreadsheet(text):
    table = Table({"name": "text", "net": "whole"}, lambda: iter([[(text, -5)]]))
    rows = list(csv.reader(io.StringIO("".join(as_csv(table)))))
    assert rows[1] == [f"'{text}", "-5"]
    assert harmless("GOLD - COMEX") == "GOLD - COMEX"


def test_a_code_for_a_spreadsheet_is_text_there_and_plain_elsewhere():
    """A spreadsheet makes 1602 of 001602 and 1.17E+03 of 1170E1, unless it is told in its own words."""
    rows = [(SpreadsheetText("001602"),), (SpreadsheetText("1170E1"),)]
    table = Table({"code": "text"}, lambda: iter([rows]))
    assert "".join(as_csv(table)) == 'code\n"=""001602"""\n"=""1170E1"""\n'
    assert json.loads("".join(as_json(table))) == [{"code": "001602"}, {"code": "1170E1"}]


def test_json_says_null_and_is_an_array_of_objects():
    found = json.loads("".join(as_json(TABLE)))
    assert found[0] == {
        "code": "001602", "report_date": "2026-02-03", "release_at": "2026-02-06T20:30:00Z",
        "net": 7, "index": 37.5, "full": True,
    }  # fmt: skip
    assert [name for name, value in found[1].items() if value is None] == [
        "release_at",
        "net",
        "index",
        "full",
    ]


def test_nothing_is_a_file_with_a_header():
    empty = Table(TABLE.columns, lambda: iter([]))
    assert "".join(as_csv(empty)).count("\n") == 1
    assert json.loads("".join(as_json(empty))) == []


def test_parquet_is_typed_and_says_what_it_is(tmp_path):
    path = tmp_path / "table.parquet"
    with path.open("wb") as file:
        write(TABLE, "parquet", file)
    found = pq.read_table(path)
    assert [str(kind) for kind in found.schema.types] == [
        "string", "date32[day]", "timestamp[us, tz=UTC]", "int64", "double", "bool",
    ]  # fmt: skip
    assert [tuple(row.values()) for row in found.to_pylist()] == [ROW, NULLS]
    assert found.schema.metadata[b"variant"] == b"disagg_fo"


def test_the_rows_of_a_page_are_a_file_by_the_same_rules():
    answer = csv_file(
        ["code", "name", "net"], [("001602", "=WHEAT", -1709), ("x", None, None)], "board"
    )
    assert answer.text == "code,name,net\n001602,'=WHEAT,-1709\nx,,\n"
    assert answer["Content-Disposition"] == 'attachment; filename="board.csv"'
