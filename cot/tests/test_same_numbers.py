"""The page, the endpoint and the CSV of one number are the same, on random cells of real rows."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest
from django.test import Client, override_settings
from django.utils.html import escape
from rest_framework.test import APIClient

from cot.models import Observation
from cot.pages import board_columns, table_columns
from cot.pipeline import update
from cot.pipeline.plan import Options
from cot.tests.real_files import frame
from cot.variants import VARIANTS, Variant
from cot.words import NULL_REASONS

pytestmark = [pytest.mark.real, pytest.mark.django_db]
YEARS = (2025, 2026)
DISAGG, TFF = VARIANTS["disagg_fo"], VARIANTS["tff_fo"]
CELLS = 40  # of each market's table; of each board ten times as many
WHOLE = {"spec_rank_1y", "spec_rank_change_1w", "spec_rank_change_4w"}  # percentiles on the board
IN_WORDS = {"category", "spec_group", "state_severity", "date"}  # not numbers on the page
REASON_OF = {
    str(words): reason for reason, words in NULL_REASONS.items()
}  # a board of one report names none itself

Cell = tuple[str, str]  # the number as characters of a program, or the reason in words


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "cftc"


@pytest.fixture(scope="module")
def real(folder: Path, module_database):
    """Two real years of two reports, through the pipeline."""
    with module_database(), override_settings(COT_KEEP_FILES=False):
        update.run(options=Options(source=str(folder), years=YEARS, variants=(DISAGG, TFF)))


def markets(dice: random.Random) -> Iterator[tuple[Variant, str]]:
    """Of each report six markets at random, and one with a plus in its code or with gaps."""
    for of, chosen in ((DISAGG, "023A55"), (TFF, "13874+")):
        codes = Observation.objects.filter(report_type=of.type).values_list("market_id", flat=True)
        yield from ((of, code) for code in [*dice.sample(sorted(set(codes)), 6), chosen])


def read(attributes: str, html: str) -> Cell:
    """A cell of a page: what it says without the marks beside it, and the reason where it is undefined."""
    text = (
        re.sub(r"<(sup|b)\b.*?</\1>|<svg.*?</svg>", "", html)
        .strip()
        .replace("\u202f", "")
        .replace("\u2212", "-")
    )
    title = re.search(r'title="([^"]*)"', attributes)
    if text == "—":
        return "", title[1] if title else ""
    return "0" if text == "·" else text.lstrip("+"), ""


def table_of(client: Client, of: Variant, code: str) -> dict[tuple[str, str], Cell]:
    """(week, column) → cell of the report table with all columns."""
    html = client.get(f"/cot/{code}/table/?report={of.type}&basis={of.subtype}&columns=full").text
    fields = [
        column.field
        for span in table_columns.spans(of.report, "full", of.report.groups)
        for column in span.columns
    ]
    found = {}
    for day, cells in re.findall(
        r'<th scope="row" title="Released[^"]*">(\d+ \w+ \d+).*?</th>(.*?)</tr>', html
    ):
        shown = re.findall(r"<td([^>]*)>(.*?)(?=<td|$)", cells)
        assert len(shown) == len(fields)
        week = datetime.strptime(f"{day} +0000", "%d %b %Y %z").date().isoformat()
        found |= {(week, field): read(*cell) for field, cell in zip(fields, shown, strict=True)}
    return found


def exact(text: str) -> dict:
    """JSON whose numbers are still the characters that were sent."""
    return json.loads(text, parse_int=str, parse_float=str)


def same(
    shown: Cell, sent: str | None, written: str, reason: str | None, *, is_whole: bool = False
) -> bool:
    """CSV and endpoint have the same characters; the page the same number, or the reason that the endpoint gives."""
    if sent is None:
        return shown == ("", escape(str(NULL_REASONS[reason or ""]))) and written == ""
    number = Decimal(sent)
    if is_whole:
        number = number.quantize(Decimal(1), ROUND_HALF_UP)
    return sent == written and Decimal(shown[0]) == number


def reason_of(spans: list[dict[str, str]], week: str) -> str | None:
    return next((span["reason"] for span in spans if span["first"] <= week <= span["last"]), None)


def test_random_cells_of_report_tables(real, web, api, owner):
    dice, undefined = random.Random(16), 0
    browser, program = web(owner), api(owner)
    for of, code in markets(dice):
        address = f"{of.type}/{of.subtype}"
        body = exact(program.get(f"/api/v1/cot/markets/{address}/{code}", {"fields": "full"}).text)
        weeks, reasons = {week["date"]: week for week in body["weeks"]}, body["meta"]["reasons"]
        text = (
            program.get(f"/api/v1/cot/export/{address}", {"codes": code, "fields": "full"})
            .getvalue()
            .decode()
        )
        lines = {line["report_date"]: line for line in csv.DictReader(io.StringIO(text))}
        page = table_of(browser, of, code)
        assert {week for week, _field in page} == set(weeks) == set(lines)
        for (week, field), shown in dice.sample(sorted(page.items()), CELLS):
            sent = (
                weeks[week][field]["value"] if field.startswith("crowded_") else weeks[week][field]
            )
            why = reason_of(reasons.get(field, []), week)
            assert same(shown, sent, lines[week][field], why), (
                code,
                week,
                field,
                shown,
                sent,
                lines[week][field],
            )
            undefined += sent is None
    assert undefined >= 30


def test_random_facts_of_the_files(real, folder: Path, web, api, owner):
    """The CFTC's own numbers, read from the archive without this program, are those of page, endpoint and CSV."""
    dice, undefined = random.Random(17), 0
    browser, program = web(owner), api(owner)
    archives = {
        of: frame(folder, of.type, of.subtype, YEARS).set_index(["code", "date"])
        for of in (DISAGG, TFF)
    }
    for of, code in markets(dice):
        address, archive = f"{of.type}/{of.subtype}", archives[of].sort_index()
        weeks = exact(
            program.get(f"/api/v1/cot/markets/{address}/{code}", {"fields": "facts"}).text
        )["weeks"]
        text = program.get(f"/api/v1/cot/export/{address}", {"codes": code}).getvalue().decode()
        lines = {line["report_date"]: line for line in csv.DictReader(io.StringIO(text))}
        page = table_of(browser, of, code)
        held = [
            (week, name)
            for week in weeks
            if (code, week["date"]) in archive.index
            for name in archive.columns
        ]
        for week, name in dice.sample(held, CELLS):
            printed, day = archive.loc[(code, week["date"]), name], week["date"]
            number = None if printed != printed else Decimal(str(printed))
            undefined += number is None
            assert (week[name] and Decimal(week[name])) == number, (code, day, name)
            assert lines[day][name] == (week[name] or "")
            column = re.sub(r"_(long|short|spread)_change$", r"_change_\1", name)
            if (day, column) in page and page[day, column][1] != NULL_REASONS["size_seam"]:
                assert (
                    page[day, column][0] == ""
                    if number is None
                    else Decimal(page[day, column][0]) == number
                )
    assert undefined >= 30


def board_of(client: Client, query: str, preset: str, report: str) -> dict[tuple[str, str], Cell]:
    """(market, column) → cell of the board, but for those the page says in words."""
    fields = [column.field for column in board_columns.columns_of(preset, report)[1]]
    found = {}
    for line in (
        client.get(f"/cot/?{query}")
        .text.partition("<tbody>")[2]
        .partition("</tbody>")[0]
        .split("<tr")[1:]
    ):
        market = re.search(r'<th scope=row>\s*<a href="([^"/]+)/', line)
        if market is None:  # the head of a category
            continue
        code = market[1]
        *shown, _opener = re.findall(r"<td([^>]*)>(.*?)(?=<td|$)", line.partition("</th>")[2], re.S)
        assert len(shown) == len(fields) - 1
        found |= {(code, field): read(*cell) for field, cell in zip(fields[1:], shown, strict=True)}
    return found


def endpoint_of(program: APIClient, report: str) -> dict[str, dict]:
    path = "screener-v2" if report == "best" else f"screener/{report}/fo"
    items = exact(program.get(f"/api/v1/cot/{path}", {"universe": "all", "inactive": "true"}).text)[
        "items"
    ]
    return {row["code"]: row for row in items}


def test_random_cells_of_boards(real, web, api, owner):
    dice, undefined = random.Random(18), 0
    browser, program = web(owner), api(owner)
    for preset, report in (
        ("overview", "best"),
        ("windows", "best"),
        ("groups", "disagg"),
        ("groups", "tff"),
    ):
        query = f"columns={preset}&report={report}&universe=all"
        shown, sent = board_of(browser, query, preset, report), endpoint_of(program, report)
        text = browser.get(f"/cot/board.csv?{query}").text
        lines = {line["code"].strip('="'): line for line in csv.DictReader(io.StringIO(text))}
        assert set(lines) == {code for code, _field in shown}
        known = {
            cell
            for cell in shown
            if cell[1] in next(iter(lines.values())) and cell[1] not in IN_WORDS
        }
        for code, field in dice.sample(sorted(known), CELLS * 10):
            cell, value = shown[code, field], sent[code][field]
            why = (
                sent[code]["reasons"].get(field)
                if "reasons" in sent[code]
                else REASON_OF.get(cell[1])
            )
            assert same(cell, value, lines[code][field], why, is_whole=field in WHOLE), (
                code,
                field,
                cell,
                value,
                lines[code][field],
            )
            undefined += value is None
    assert undefined >= 30


def test_crop_years_are_those_of_the_official_file(real, folder, api, owner):
    """Wheat, read a second time the plainest way; old and other together are the week, and file and body agree."""
    program = api(owner)
    body = program.get("/api/v1/cot/markets/disagg/fo/001602", {"fields": "full"}).json()
    split = {week["date"]: week["crop_years"] for week in body["weeks"] if week["crop_years"]}
    query = {"codes": "001602", "fields": "full"}
    text = program.get("/api/v1/cot/export/disagg/fo", query).getvalue().decode()
    lines = {line["report_date"]: line for line in csv.DictReader(io.StringIO(text))}
    raw = pd.read_csv(folder / DISAGG.yearly_path(2025), dtype=str)
    wheat = raw[raw["CFTC_Contract_Market_Code"].str.strip() == "001602"]
    for _, row in wheat.iterrows():
        day = row["Report_Date_as_YYYY-MM-DD"]
        for crop, suffix in (("old", "Old"), ("other", "Other")):
            printed = (
                row[f"Open_Interest_{suffix}"].strip(),
                row[f"M_Money_Positions_Long_{suffix}"].strip(),
            )
            found = split[day][crop]
            assert (str(found["open_interest"]), str(found["g3_long"])) == printed
            assert (lines[day][f"{crop}_open_interest"], lines[day][f"{crop}_g3_long"]) == printed
    assert len(wheat) > 40
