"""Files of the CFTC's Public Reporting Environment: other names, other forms, the same reports."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.forms.models import model_to_dict

from cot.models import (  # fmt: skip
    CropSplit,
    Market,
    MarketName,
    Observation,
    ObservationVersion,
    QuarantinedRow,
    ReviewItem,
)
from cot.pipeline import columns, update
from cot.pipeline.plan import Options
from cot.tests import cftc_text, portal_text
from cot.tests.portal_text import Row, api_csv, api_json, export
from cot.variants import VARIANTS, Variant

DISAGG, LEGACY = VARIANTS["disagg_fo"], VARIANTS["legacy_fo"]
FORMS = {"api.csv": api_csv, "api.json": api_json, "export.csv": export}
TABLES = (CropSplit, Market, MarketName, Observation, ObservationVersion, QuarantinedRow, ReviewItem)  # fmt: skip
HELD = {
    "legacy_fo": 2025,
    "legacy_co": 2026,
    "disagg_fo": 2024,
    "disagg_co": 2026,
    "tff_fo": 2024,
    "tff_co": 2024,
}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.COT_KEEP_FILES = False


@pytest.fixture
def load(tmp_path: Path):
    def load(name: str, content: bytes, *variants: Variant):
        file = tmp_path / name
        file.write_bytes(content)
        chosen = variants or tuple(VARIANTS.values())
        return update.run(options=Options(variants=chosen, files=(str(file),)))

    return load


def dump() -> dict[str, list]:
    return {
        model.__name__: [
            model_to_dict(row) | {"pk": row.pk} for row in model.objects.order_by("pk")
        ]
        for model in TABLES
    }


def said() -> list:
    """What is stored, whichever file brought it."""
    facts = Observation.objects.order_by("report_type", "subtype", "market", "report_date")
    crops = CropSplit.objects.order_by("observation__market", "observation__report_date")
    return [
        [model_to_dict(row, exclude=("id", "source_file", "source_line")) for row in facts],
        [(row.old, row.other) for row in crops],
        [
            model_to_dict(row, exclude=("id", "region_code"))
            for model in (Market, MarketName)
            for row in model.objects.order_by(
                *(["market", "first_date"], ["code"])[model is Market]
            )
        ],
    ]


def real_rows(shared_data: Path, variant: Variant, every: int = 40) -> list[dict[str, str]]:
    """All weeks of some markets of a real archive, by canonical column."""
    with zipfile.ZipFile(shared_data / "cftc" / variant.yearly_path(HELD[variant.key])) as archive:
        lines = archive.read(archive.namelist()[0]).decode("latin-1")
    names = columns.official(variant.report)
    rows = [dict(zip(names, line, strict=True)) for line in [*csv.reader(io.StringIO(lines))][1:]]
    codes = sorted({row[columns.CODE] for row in rows})
    chosen = {*codes[::every], "088691", "13874+", "002602"}
    return [row for row in rows if row[columns.CODE] in chosen]


@pytest.mark.real
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", VARIANTS)
def test_the_same_report_from_both_sources_is_the_same(key: str, form: str, shared_data, load):
    """After the official text a file of the portal changes nothing; alone it stores the very same."""
    variant = VARIANTS[key]
    rows = real_rows(shared_data, variant)
    official = cftc_text.text(rows)
    assert load("official.txt", official, variant).status == "ok"
    before, all_said = dump(), said()
    summary = load(form, FORMS[form](variant, rows))
    assert (summary.status, summary.variants[key].unchanged) == ("ok", len(rows))
    assert dump() == before
    for model in (CropSplit, Observation, MarketName, ReviewItem, Market):
        model.objects.all().delete()
    again = load(f"again-{form}", FORMS[form](variant, rows) + b"\n")
    assert (again.status, again.variants[key].inserted) == ("ok", len(rows))
    assert said() == all_said


def gold(weeks: int = 3, variant: Variant = DISAGG) -> list[dict[str, str]]:
    return cftc_text.series(variant, [1000 + 100 * week for week in range(weeks)], code="088691")


def without(content: bytes, lacks: Callable[[str], bool]) -> bytes:
    """JSON in which no row has the columns."""
    rows = [
        {name: value for name, value in row.items() if not lacks(name)}
        for row in json.loads(content)
    ]
    return json.dumps(rows).encode()


def test_a_column_that_no_row_of_json_has_never_replaces_a_known_number(load):
    """Null is left out of JSON, and so is what was not asked for: the file says neither."""
    rows = gold()
    for row in rows:  # both crop years, so that their counts are at stake, too
        for name in [name for name in row if name.endswith("_old")]:
            row[name.removesuffix("_old") + "_other"], row[name] = row[name], "0"
    load("official.txt", cftc_text.text(rows), DISAGG)
    before = dump()
    assert Observation.objects.filter(g3_traders_long__isnull=False).count() == 3
    silent = without(api_json(DISAGG, rows), lambda name: name.startswith("traders_m_money"))
    summary = load("silent.json", silent)
    assert (summary.status, summary.variants["disagg_fo"].unchanged) == ("ok", 3)
    assert dump() == before


def test_a_number_that_is_printed_for_every_market_does_not_become_none(load):
    """A concentration left out of one row of thirty sets that row aside, and the stored one stays."""
    rows = [cftc_text.row(DISAGG, code=code) for code in cftc_text.market_codes(30)]
    load("official.txt", cftc_text.text(rows), DISAGG)
    rows[3]["conc_net_le_4_tdr_long_all"] = "."
    for form, make in FORMS.items():
        summary = load(form, make(DISAGG, rows))
        counts = summary.variants["disagg_fo"]
        assert (counts.updated, counts.unchanged, counts.quarantined) == (0, 29, 1)
    assert not Observation.objects.filter(conc_net4_long=None).exists()
    rows = QuarantinedRow.objects.values_list("line", "reasons")
    assert all(row == (5, ["bad_number"]) for row in rows)


def test_a_number_that_one_row_of_json_leaves_out_is_null_there(load):
    rows = gold()
    load("official.txt", cftc_text.text(rows), DISAGG)
    rows[1]["traders_m_money_long_all"] = "."
    assert load("api.json", api_json(DISAGG, rows)).variants["disagg_fo"].updated == 1
    counts = Observation.objects.order_by("report_date").values_list("g3_traders_long", flat=True)
    assert [count is None for count in counts] == [False, True, False]


@pytest.mark.parametrize(
    "column", ["open_interest_all", "traders_tot_all", "conc_net_le_4_tdr_long_all"]
)
def test_json_without_a_column_that_is_never_null_is_refused_by_its_name(load, column: str):
    summary = load("api.json", without(api_json(DISAGG, gold()), column.__eq__))
    assert summary.status == "failed"
    assert f"unknown_header {{'missing': ['{column}']}}" in summary.error
    assert not Observation.objects.exists()


def test_csv_without_a_column_is_refused_even_where_it_may_be_null(load):
    text = api_csv(DISAGG, gold()).replace(b"traders_swap_long_all", b"something_else", 1)
    assert "traders_swap_long_all" in load("api.csv", text).error


def test_json_without_changes_is_refused_where_it_has_the_week_before(load):
    """They are null for a market's first week alone: elsewhere they were not asked for."""
    lacks = without(api_json(DISAGG, gold()), lambda name: name.startswith("change_in_swap"))
    summary = load("api.json", lacks)
    assert "too_many_failures" in summary.variants["disagg_fo"].error
    assert [*QuarantinedRow.objects.values_list("reasons", flat=True)] == [["change"]] * 2
    assert load("first.json", api_json(DISAGG, gold(1))).status == "ok"


@pytest.mark.parametrize(
    "content",
    [
        b'{"message": "No such column: a, b", "errorCode": "query.soql.no-such-column"}',
        b"[]",
        b'[{"a": "1", "b": "2"}, 7]',
        b'[{"a": {"b": 1}}]',
        b'[{"market_and_exchange_names": "GOLD, cut',
        b"[" * 100_000,
        b'[{"a": "1"}] and, more',
    ],
    ids=["an error", "no rows", "a number for a row", "nested", "cut short", "a well", "a rest"],
)
def test_json_that_is_no_list_of_rows_is_refused(load, content: bytes):
    summary = load("api.json", content)
    assert summary.status == "failed"
    assert "not_a_report" in summary.error
    assert not Observation.objects.exists()


def test_rows_of_json_with_ever_other_names_are_refused(load):
    rows = [{f"market_{row}_{column}": "1" for column in range(100)} for row in range(50)]
    assert "unknown_header" in load("api.json", json.dumps(rows).encode()).error


def test_every_check_holds_for_a_row_of_the_portal(load):
    """One row whose longs do not add up is set aside with its line; the others are stored."""
    rows = [
        row for code in cftc_text.market_codes(30) for row in [cftc_text.row(DISAGG, code=code)]
    ]
    rows[4]["open_interest_all"] = "7"
    for form, make in FORMS.items():
        load(form, make(DISAGG, rows))
        aside = QuarantinedRow.objects.filter(source_file__url__endswith=form)
        assert {(row.line, row.code) for row in aside} == {(6, rows[4][columns.CODE])}
    assert Observation.objects.count() == 29


def printed(load, cells: dict[str, str]) -> Sequence[Row]:
    rows = [cftc_text.row(DISAGG, code=code) for code in cftc_text.market_codes(30)]
    content = export(DISAGG, rows).decode().splitlines()
    line = next(csv.reader([content[1]]))
    names = [name.lower() for name in next(csv.reader([content[0]]))]
    for name, value in cells.items():
        line[names.index(name)] = value
    out = io.StringIO()
    csv.writer(out).writerow(line)
    content[1] = out.getvalue().strip()
    load("export.csv", "\n".join(content).encode())
    return [(row.line, reason) for row in QuarantinedRow.objects.all() for reason in row.reasons]


@pytest.mark.parametrize("value", ["1,23", "1234,567", "1,2345", ",123", "1,23,456", "12,34"])
def test_commas_that_do_not_part_thousands_are_no_number(load, value: str):
    assert printed(load, {"open_interest_all": value}) == [(2, "bad_number")]


def test_a_folder_of_such_files_is_read(tmp_path: Path):
    """Legacy too says what it is: the portal has the column that the official text lacks."""
    folder = tmp_path / "files"
    folder.mkdir()
    for key in ("legacy_fo", "legacy_co", "disagg_co"):
        variant = VARIANTS[key]
        rows = gold(variant=variant)
        (folder / f"{key[::-1]}.json").write_bytes(api_json(variant, rows))
        (folder / f"{key[::-1]}.csv").write_bytes(export(variant, rows))
    summary = update.run(options=Options(source=str(folder)))
    assert summary.status == "ok"
    found = {key: counts.rows for key, counts in summary.variants.items() if counts.rows}
    assert set(found) == {"legacy_fo", "legacy_co", "disagg_co"}


def test_the_portals_report_of_index_traders_is_refused_by_its_name(load):
    names = [
        "id",
        "market_and_exchange_names",
        "report_date_as_yyyy_mm_dd",
        "CIT_Positions_Long_All",
    ]
    row = dict(zip(names, ["260714001602C", "WHEAT-SRW - CBT", "2026-07-14", "5"], strict=True))
    assert "supplemental" in load("api.json", json.dumps([row]).encode()).error


def test_the_names_of_the_api_cover_every_number_of_the_official_text():
    for variant in VARIANTS.values():
        official = portal_text.numbers(variant.report)
        names = [portal_text.api_name(variant.report, column) for column in official]
        assert len(set(names)) == len(official)
        needed = set(columns.number_columns(variant))
        found = {columns.canonical(name) for name in names}
        assert needed <= found
