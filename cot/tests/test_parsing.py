"""What a reader of CFTC files must survive."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import numpy as np
import pytest

from cot.pipeline import columns, parsing
from cot.pipeline.report_table import Rejection, ReportTable
from cot.tests.cftc_text import archive, market_codes, row, series, text, weeks
from cot.variants import VARIANTS

LEGACY, DISAGG, TFF = VARIANTS["legacy_fo"], VARIANTS["disagg_fo"], VARIANTS["tff_fo"]


def parse(content: bytes, variant=DISAGG) -> ReportTable:
    return parsing.parse(parsing.as_text(content), variant)


def reasons(table: ReportTable) -> list[tuple[int, str]]:
    return [(line.line, reason) for line in table.rejected for reason in line.reasons]


def rows_of(variant=DISAGG, count: int = 3) -> list[dict[str, str]]:
    return series(variant, [100 + step for step in range(count)])


def test_header_and_weekly_form_give_the_same_table():
    """A file without header has the columns of the yearly text."""
    with_header, without = parse(text(rows_of())), parse(text(rows_of(), header=False))
    assert with_header.lines.tolist() == [2, 3, 4]
    assert without.lines.tolist() == [1, 2, 3]
    assert (
        with_header.numbers["open_interest_all"].tolist()
        == without.numbers["open_interest_all"].tolist()
    )


def test_legacy_headers_with_blanks_and_signs_are_read():
    """One header with a leading blank, one with a trailing one."""
    header = [name.replace("_", " ") for name in columns.official(LEGACY.report)]
    header[7] = "Open Interest (All) "
    header[13] = " Total Reportable Positions-Long (All)"
    table = parse(text(rows_of(LEGACY), header=header), LEGACY)
    assert table.numbers["tot_rept_positions_long_all"][0] > 0


def test_the_headers_own_typing_errors_do_not_matter():
    header = list(columns.official(DISAGG.report))
    header[header.index("swap_positions_short_all")] = "Swap__Positions_Short_ALL"
    header[header.index("other_rept_positions_spread_other")] = "Other_Rept_Positions_Spread_Othr"
    assert len(parse(text(rows_of(), header=header))) == 3


@pytest.mark.parametrize(
    "shape",
    ["2024-01-02", "2024-01-02T00:00:00.000", "1/2/2024", "01/02/2024", "01/02/2024 12:00:00 AM"],
)
def test_a_date_is_read_by_its_shape_whatever_the_header_says(shape: str):
    header = list(columns.official(DISAGG.report))
    header[2] = "Report_Date_as_MM_DD_YYYY"
    table = parse(text([row(DISAGG, cells={columns.DATE: shape})], header=header))
    assert table.dates.tolist() == [date(2024, 1, 2)]


def test_two_shapes_of_dates_in_one_file_refuse_it():
    """Refused as `mixed_dates`."""
    rows = [row(DISAGG), row(DISAGG, code="002602", cells={columns.DATE: "1/2/2024"})]
    with pytest.raises(Rejection, match="mixed_dates"):
        parse(text(rows))


def test_a_single_date_of_another_shape_costs_its_line_alone():
    """One line in forty: a slip of the pen, not a second file."""
    lines = [row(DISAGG, code=code) for code in market_codes(40)]
    lines[7] = row(DISAGG, code=market_codes(8)[-1], cells={columns.DATE: "1/2/2024"})
    table = parse(text(lines))
    assert (len(table), reasons(table)) == (39, [(9, "mixed_dates")])


def test_a_code_that_the_end_of_its_line_prints_otherwise_is_set_aside():
    """A spreadsheet reads 1170E1 as 11700; lost zeros are none, and an empty second code says nothing."""
    mangled = row(DISAGG, code="11700", cells={columns.CODE_QUOTES: "1170E1"})
    good = row(DISAGG, code="088691", cells={columns.CODE_QUOTES: "88691"})
    empty = row(DISAGG, code="002602", cells={columns.CODE_QUOTES: "  "})
    table = parse(text([mangled, good, empty]))
    assert table.codes.tolist() == ["088691", "002602"]
    assert reasons(table) == [(2, "code_conflict")]


def test_the_short_date_only_cross_checks():
    """Leading zeros lost is fine, another day rejects the line."""
    old = date(2004, 1, 6)
    good = row(DISAGG, day=old, cells={columns.SHORT_DATE: "40106"})
    bad = row(DISAGG, code="002602", day=old, cells={columns.SHORT_DATE: "40113"})
    table = parse(text([good, bad]))
    assert table.codes.tolist() == ["001602"]
    assert reasons(table) == [(3, "date_conflict")]


def test_two_digit_years_from_86_on_belong_to_the_last_century():
    assert parsing.read_short_date("860115") == date(1986, 1, 15)
    assert parsing.read_short_date("850115") == date(2085, 1, 15)
    assert parsing.read_short_date("40106") == date(2004, 1, 6)


@pytest.mark.parametrize("printed", ["  511022", "511022  ", "511022.0", "511022.", "+511022"])
def test_padding_and_a_decimal_zero_do_not_change_a_number(printed: str):
    table = parse(text([row(DISAGG, cells={"open_interest_all": printed})]))
    assert table.numbers["open_interest_all"].tolist() == [511022]


@pytest.mark.parametrize("printed", [".", "", " ", "     ."])
def test_null_is_null_and_never_zero(printed: str):
    """A point, nothing, a blank."""
    table = parse(
        text([row(DISAGG, cells={"traders_swap_short_all": printed}), row(DISAGG, code="002602")])
    )
    values = table.numbers["traders_swap_short_all"]
    assert np.isnan(values[0])
    assert values[1] > 0


@pytest.mark.parametrize(
    ("printed", "code"),
    [("001602", "001602"), ("0063CA", "0063CA"), ("C13801", "C13801"), ("13874+", "13874+"), ("88691", "088691"), ("001602 ", "001602")],
)  # fmt: skip
def test_contract_codes_are_text_with_their_zeros(printed: str, code: str):
    assert parse(text([row(DISAGG, code=printed)])).codes.tolist() == [code]


@pytest.mark.parametrize("printed", ["00160", "0016O2 X", "abc123", "1387++", "", "0016-2"])
def test_anything_else_as_a_code_rejects_the_line(printed: str):
    """Five digits are a code that lost a zero."""
    table = parse(text([row(DISAGG, code=printed), row(DISAGG, code="002602")]))
    if printed == "00160":
        assert table.codes.tolist() == ["000160", "002602"]
    else:
        assert table.codes.tolist() == ["002602"]
        assert reasons(table) == [(2, "bad_code")]


def test_a_blank_after_the_closing_quote_is_forgiven():
    """As printed until 2014, codes padded."""
    content = text([row(DISAGG, name="WHEAT, SRW - CHICAGO")]).replace(
        b'"WHEAT, SRW - CHICAGO",', b'"WHEAT, SRW - CHICAGO" ,'
    )
    table = parse(content)
    assert table.labels[columns.NAME].rows().tolist() == ["WHEAT, SRW - CHICAGO"]
    assert table.labels[columns.EXCHANGE].rows().tolist() == ["CBT"]


def test_names_keep_commas_and_lose_double_blanks():
    table = parse(text([row(DISAGG, name="NO. 2  HEATING OIL, #1 (NY) - NEW YORK")]))
    assert table.labels[columns.NAME].rows().tolist() == ["NO. 2 HEATING OIL, #1 (NY) - NEW YORK"]


def test_line_order_means_nothing():
    """Newest first, market by market."""
    rows = rows_of(count=4)
    one, other = parse(text(rows)), parse(text(rows[::-1]))
    assert sorted(one.dates.tolist()) == sorted(other.dates.tolist()) == weeks(4)


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_byte_order_marks_and_quoting_are_all_accepted(
    newline: str, quoting: int, mark: bytes
):
    table = parse(mark + text(rows_of(), newline=newline, quoting=quoting))
    assert len(table) == 3
    assert not table.rejected
    assert table.numbers["open_interest_all"][0] == int(rows_of()[0]["open_interest_all"])


def test_bare_carriage_returns_end_lines_too():
    """A whole file of them, or a few among ordinary line ends: no row is lost, no line shifts a column."""
    lines = text(rows_of(count=4), newline="\n").splitlines()
    assert len(parse(b"\r".join(lines))) == 4
    mixed = parse(
        lines[0] + b"\n" + lines[1] + b"\r" + lines[2] + b"\n" + lines[3] + b"\r\n" + lines[4]
    )
    assert mixed.lines.tolist() == [2, 2, 3, 4]
    damaged = parse(b"\n".join([lines[0], b"a\rb,c", *lines[2:]]))
    assert (len(damaged), {line.reasons for line in damaged.rejected}) == (3, {("field_count",)})


def test_a_carriage_return_inside_a_quoted_name_is_a_blank():
    """Also where another line of the file has to be set aside."""
    lines = text(rows_of(count=3), quoting=csv.QUOTE_ALL).splitlines()
    lines[1] = lines[1].replace(b"CHICAGO BOARD", b"CHICAGO\rBOARD")
    table = parse(b"\n".join([*lines, b"a,b"]))
    assert (len(table), reasons(table)) == (3, [(5, "field_count")])
    assert set(table.labels[columns.NAME].values) == {"WHEAT-SRW - CHICAGO BOARD OF TRADE"}


def test_a_line_without_end_is_no_report():
    """More text in one field than the reader takes."""
    with pytest.raises(Rejection):
        parse(b"x" * 200_000 + b"," + b"\x00" * 200_000)


def test_latin_1_is_read_when_it_is_not_utf_8():
    content = text([row(DISAGG, name="CAFE - BORSA")]).replace(b"CAFE", b"CAF\xc9")
    assert parse(content).labels[columns.NAME].rows().tolist() == ["CAFÉ - BORSA"]


def test_a_file_without_any_contract_code_is_refused():
    """The interleaved files of another exchange."""
    with pytest.raises(Rejection, match="no_contract_code"):
        parse(text([row(DISAGG, code="  "), row(DISAGG, code="")]))


def test_a_futures_only_file_offered_as_combined_is_refused():
    with pytest.raises(Rejection, match="wrong_variant"):
        parse(text(rows_of()), VARIANTS["disagg_co"])


def test_a_comma_turned_into_a_point_costs_one_line_and_shifts_nothing():
    """ "00.090" for "00,090" leaves 190 fields."""
    rows = [row(TFF, code=code) for code in market_codes(30)]
    lines = text(rows).split(b"\r\n")
    lines[7] = lines[7].replace(b",00,001 ,", b",00.001 ,")
    table = parse(b"\r\n".join(lines), TFF)
    assert reasons(table) == [(8, "field_count")]
    assert table.rejected[0].code == "001608"
    assert table.rejected[0].report_date == date(2024, 1, 2)
    assert dict(table.rejected[0].details) == {"fields": 86, "expected": 87}
    assert len(table) == 29
    assert set(table.numbers["open_interest_all"]) == {int(rows[0]["open_interest_all"])}


def test_blank_lines_are_skipped_and_numbers_of_lines_stay_right():
    lines = text([row(DISAGG, code=code) for code in market_codes(4)]).split(b"\r\n")
    lines[2:2] = [b"", b"   ", b",,,,,,"]
    table = parse(b"\r\n".join(lines) + b"\x1a")
    assert table.lines.tolist() == [2, 6, 7, 8]
    assert not table.rejected


def test_a_truncated_last_line_is_set_aside():
    content = text([row(DISAGG, code=code) for code in market_codes(4)])
    table = parse(content[: len(content) - 300])
    assert len(table) == 3
    assert reasons(table) == [(5, "field_count")]
    assert table.rejected[0].raw.startswith("WHEAT-SRW")


def test_a_repeated_row_is_ignored_and_counted():
    """Same values."""
    table = parse(text([row(DISAGG), row(DISAGG), row(DISAGG, code="002602")]))
    assert (len(table), table.duplicates, reasons(table)) == (2, 1, [])


def test_a_repeated_key_with_other_values_sets_both_aside():
    """Set aside as `duplicate_conflict`."""
    table = parse(text([row(DISAGG), row(DISAGG, code="002602"), row(DISAGG, size=101)]))
    assert table.codes.tolist() == ["002602"]
    assert reasons(table) == [(2, "duplicate_conflict"), (4, "duplicate_conflict")]


@pytest.mark.parametrize(
    "value", ["12a4", "nan", "inf", "1e3", "1,5", "12.5", "--", "5\x00", "0x10", "0X1F"]
)
def test_letters_in_a_number_cost_that_line_alone(value: str):
    """Every other line is stored."""
    rows = [row(DISAGG, code=code) for code in market_codes(5)]
    rows[3]["m_money_positions_long_all"] = value
    table = parse(text(rows))
    assert reasons(table) == [(5, "bad_number")]
    assert table.rejected[0].details["column"] == "m_money_positions_long_all"
    assert len(table) == 4


@pytest.mark.parametrize("value", ["nan", "inf", "0x1F", "abc"])
def test_letters_in_a_percentage_cost_that_line_alone(value: str):
    rows = [row(DISAGG, code=code) for code in market_codes(5)]
    rows[2]["pct_of_oi_swap_long_all"] = value
    assert reasons(parse(text(rows))) == [(4, "bad_number")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (columns.NAME, "W" * 121 + " - CHICAGO BOARD OF TRADE"),
        (columns.NAME, "WHEAT - " + "C" * 121),
        (columns.COMMODITY, "001001001"),
        (columns.UNITS, "u" * 161),
    ],
)
def test_a_text_longer_than_its_column_costs_that_line_alone(column: str, value: str):
    """PostgreSQL would refuse the whole file."""
    table = parse(text([row(DISAGG, cells={column: value}), row(DISAGG, code="002602")]))
    assert (table.codes.tolist(), reasons(table)) == (["002602"], [(2, "bad_text")])


def test_zero_bytes_are_read_as_unreadable():
    """In a name, in a number, in place of a whole line, in a file that is Latin-1 otherwise: PostgreSQL stores none."""
    lines = text(rows_of(count=4)).splitlines()
    lines[1] = lines[1].replace(b"WHEAT", b"WHE\x00T")
    lines[2] = lines[2].replace(b",   ", b",\x00 ", 1)
    lines[3] = b"\x00" * 300
    table = parse(b"\n".join([*lines, b"\xff"]))
    assert table.labels[columns.NAME].values[0].startswith("WHE\ufffdT")
    assert reasons(table) == [(3, "bad_number"), (4, "field_count"), (6, "field_count")]
    assert not any("\x00" in line.raw + str(line.details) for line in table.rejected)


def test_an_unbalanced_quote_swallows_its_own_line_only():
    lines = text([row(DISAGG, code=code) for code in market_codes(5)]).split(b"\r\n")
    lines[2] = b'"' + lines[2]
    table = parse(b"\r\n".join(lines))
    assert reasons(table) == [(3, "field_count")]
    assert table.lines.tolist() == [2, 4, 5, 6]


@pytest.mark.parametrize("printed", ["2024-13-02", "2024-02-30", "Tuesday", ""])
def test_a_bad_date_costs_that_line_alone(printed: str):
    table = parse(text([row(DISAGG), row(DISAGG, code="002602", cells={columns.DATE: printed})]))
    assert reasons(table) == [(3, "bad_date")]


def test_an_incomplete_header_names_what_is_missing():
    """It names what is missing."""
    rows = [
        {name: value for name, value in row(DISAGG).items() if name != "swap_positions_long_all"}
    ]
    with pytest.raises(Rejection) as refusal:
        parse(text(rows))
    assert refusal.value.reason == "unknown_header"
    assert refusal.value.details["missing"] == ["swap_positions_long_all"]


def test_the_text_of_another_report_is_an_unknown_header():
    """A wrong member."""
    with pytest.raises(Rejection, match="unknown_header"):
        parse(text(rows_of(TFF)))
    with pytest.raises(Rejection, match="unknown_header"):
        parse(text(rows_of(TFF), header=False))


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html><html>Service unavailable, sorry</html>",
        b"  \r\n",
        b"",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"no comma",
    ],
)
def test_what_is_no_report_says_so(content: bytes):
    """Refused as `not_a_report`, also under the name of an archive."""

    def read() -> None:
        parse(parsing.unpack(content, is_archive=False)[1])

    with pytest.raises(Rejection, match="not_a_report"):
        read()


def test_a_page_in_place_of_an_archive_is_not_a_report():
    page = b"<html><body>We moved, twice</body></html>"
    with pytest.raises(Rejection, match="not_a_report"):
        parse(parsing.unpack(page, is_archive=True)[1])


def members(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return out.getvalue()


def test_what_a_mac_adds_to_an_archive_is_no_member():
    packed = members(**{"f_year.txt": b"1,2", "__MACOSX/._f_year.txt": b"x", ".DS_Store": b"y"})
    assert parsing.unpack(packed, is_archive=True) == ("f_year.txt", b"1,2")


@pytest.mark.parametrize(
    "content",
    [members(), members(a=b"1,2", b=b"3,4"), members(bomb=b"0" * 10_000_000), b"not a zip, at all", archive(b"a,b\n" * 9999)[:80], members(a=b"1,2")[:-6] + b"\x7f" * 6],
    ids=["no member", "two members", "a bomb", "no zip", "cut off", "a directory before the beginning"],
)  # fmt: skip
def test_a_bad_archive_is_refused(content: bytes):
    with pytest.raises(Rejection, match="bad_archive"):
        parsing.unpack(content, is_archive=True)


def test_an_archive_larger_than_200_megabytes_unpacked_is_refused(monkeypatch: pytest.MonkeyPatch):
    """The limit is lowered here, so that the test needs no such file."""
    assert parsing.MAX_UNPACKED == 200 * 2**20
    monkeypatch.setattr(parsing, "MAX_UNPACKED", 1000)
    noise = bytes(range(256)) * 4
    with pytest.raises(Rejection, match="bad_archive"):
        parsing.unpack(members(large=noise), is_archive=True)


def test_the_name_of_the_member_does_not_matter():
    name, content = parsing.unpack(archive(text(rows_of()), "whatever.txt"), is_archive=True)
    assert name == "whatever.txt"
    assert len(parse(content)) == 3
