"""Rows that go in through a SQLite file of their own: the same rows, and nothing left behind."""

from __future__ import annotations

import re
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from cot.models import CropSplit, Observation, SourceFile
from cot.pipeline import columns, scratch, store, update
from cot.pipeline.summary import Options
from cot.tests.cftc_text import archive, market_codes, series, text
from cot.variants import VARIANTS, Variant

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has COPY"),
]

DISAGG, LEGACY, TFF = VARIANTS["disagg_fo"], VARIANTS["legacy_fo"], VARIANTS["tff_fo"]
MARKETS, WEEKS = 52, 40


@pytest.fixture(autouse=True)
def temporary(settings, tmp_path: Path, monkeypatch) -> Path:
    """The folder in which every temporary file is made."""
    settings.COT_KEEP_FILES = False
    settings.VAR_DIR = tmp_path / "var"
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def taken(monkeypatch) -> list[int]:
    """How many rows each file gave that went in through a file of its own."""
    sizes: list[int] = []
    take_over = store._take_over

    def counted(table: str, batch: store.Batch) -> None:
        take_over(table, batch)
        sizes.append(batch.size)

    monkeypatch.setattr(store, "_take_over", counted)
    return sizes


def year(variant: Variant, first: date, weeks: int = WEEKS) -> list[dict[str, str]]:
    """Nulls in the first week of every market; concentrations with a decimal, without one, and none."""
    sizes = [100 + week for week in range(weeks)]
    found = [r for code in market_codes(MARKETS) for r in series(variant, sizes, code=code, first=first)]
    gauges = [name for name in columns.official(variant.report) if re.fullmatch("conc_net_.*_all", name)]
    old = [name for name in columns.official(variant.report) if name.endswith("_old")]
    for place, row in enumerate(found):
        row |= dict.fromkeys(gauges, ["  10.5", "  11.0", "."][place % 3])
        if variant.report.has_crop_years and place % 7 == 0:
            row |= {name.removesuffix("old") + "other": row[name] for name in old} | dict.fromkeys(old, "0")
    return found


def put(site: Path, path: str, rows: list[dict[str, str]]) -> None:
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_bytes(archive(text(rows)))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two archives of 2,080 rows."""
    put(tmp_path / "site", TFF.yearly_path(2023), year(TFF, date(2023, 1, 10)))
    put(tmp_path / "site", TFF.yearly_path(2024), year(TFF, date(2024, 1, 9)))
    return tmp_path / "site"


def run(site: Path, *variants: Variant, **options):
    return update.run(options=Options(variants=variants or (TFF,), source=str(site), **options))


def contents() -> dict[str, list[tuple]]:
    """Every value of every row with the kind in which SQLite keeps it."""
    found = {}
    with connection.cursor() as cursor:
        for model in (Observation, CropSplit):
            names = [f'"{field.column}", typeof("{field.column}")' for field in model._meta.concrete_fields]
            cursor.execute(f"SELECT {', '.join(names)} FROM {model._meta.db_table} ORDER BY 1")
            found[model.__name__] = cursor.fetchall()
    return found


def databases() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        return [name for _, name, _ in cursor.fetchall() if name != "temp"]


def load_both_ways(site: Path, variant: Variant, monkeypatch) -> tuple[dict, dict]:
    """What is stored through a file of its own, and row by row, with the same keys from 8 on."""
    found = []
    for enough in (scratch.ENOUGH, 10**9):
        monkeypatch.setattr(scratch, "ENOUGH", enough)
        with connection.cursor() as cursor:
            for table in (CropSplit._meta.db_table, Observation._meta.db_table, "sqlite_sequence"):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute("INSERT INTO sqlite_sequence VALUES (%s, 7)", [Observation._meta.db_table])
        SourceFile.objects.update(status=SourceFile.Status.REJECTED)  # so that it is read as if it had never been
        assert run(site, variant).status == "ok"
        found.append(contents())
    return found[0], found[1]


@pytest.mark.parametrize("variant", [DISAGG, LEGACY, TFF], ids=lambda variant: variant.key)
def test_both_ways_leave_the_same_bytes(variant, tmp_path: Path, taken, temporary, monkeypatch):
    site = tmp_path / "site"
    put(site, variant.bulk, year(variant, date(2013, 6, 4)))  # in October of 2013 nobody knows when it was published
    through, plain = load_both_ways(site, variant, monkeypatch)
    assert taken == [MARKETS * WEEKS]
    assert through == plain
    assert len(plain["Observation"]) == MARKETS * WEEKS
    assert bool(plain["CropSplit"]) is variant.report.has_crop_years
    assert set(Observation.objects.values_list("release_uncertain", flat=True)) == {False, True}
    kinds = {kind for row in plain["Observation"] for kind in row[1::2]}
    assert kinds == {"integer", "real", "text", "null"}


@pytest.mark.real
def test_both_ways_leave_the_same_bytes_of_a_real_archive(shared_data: Path, tmp_path: Path, taken, monkeypatch):
    path = tmp_path / "site" / DISAGG.yearly_path(2024)
    path.parent.mkdir(parents=True)
    shutil.copy(shared_data / "cftc" / DISAGG.yearly_path(2024), path)
    through, plain = load_both_ways(tmp_path / "site", DISAGG, monkeypatch)
    assert taken == [len(plain["Observation"])]
    assert through == plain


def test_nothing_stays_attached_and_no_file_stays(site: Path, taken, temporary):
    assert run(site).status == "ok"
    assert taken == [MARKETS * WEEKS] * 2
    assert databases() == ["main"]
    assert not list(temporary.iterdir())


def test_after_a_refused_file_the_next_one_goes_in(site: Path, taken, temporary):
    rows = year(TFF, date(2023, 1, 10))
    put(site, TFF.yearly_path(2023), rows + [row | {"open_interest_all": "many"} for row in rows[:300]])
    summary = run(site)
    assert summary.variants["tff_fo"].files == {"rejected": 1, "stored": 1}
    assert taken == [MARKETS * WEEKS]
    assert Observation.objects.count() == MARKETS * WEEKS
    assert databases() == ["main"]
    assert not list(temporary.iterdir())


def test_after_a_rollback_the_next_run_goes_in(site: Path, taken, temporary, monkeypatch):
    def fail(*_):
        raise DatabaseError("disk I/O error")

    with monkeypatch.context() as broken:
        broken.setattr("cot.pipeline.vintages.withdraw_what_newer_files_lack", fail)
        assert run(site).status == "failed"
    assert not Observation.objects.exists()
    assert databases() == ["main"]
    assert not list(temporary.iterdir())
    assert run(site).status == "ok"
    assert taken == [MARKETS * WEEKS] * 3
    assert Observation.objects.count() == 2 * MARKETS * WEEKS


def test_a_dry_run_makes_no_file_and_writes_nothing(site: Path, taken, temporary):
    summary = run(site, dry_run=True)
    assert summary.variants["tff_fo"].inserted == 2 * MARKETS * WEEKS
    assert taken == []
    assert not Observation.objects.exists()
    assert databases() == ["main"]
    assert not list(temporary.iterdir())


def test_a_file_that_is_not_all_new_goes_in_row_by_row(site: Path, taken, temporary):
    put(site, TFF.yearly_path(2024), year(TFF, date(2023, 10, 10), 60))  # its first weeks are those of the other one
    assert run(site, years=(2023,)).status == "ok"
    assert run(site).status == "ok"
    assert taken == [MARKETS * WEEKS]
    assert Observation.objects.values("report_date").distinct().count() == 99
    assert not list(temporary.iterdir())


def test_a_row_set_aside_is_not_stored_with_the_others(site: Path, taken):
    rows = year(TFF, date(2023, 1, 10))
    rows[100] |= {"open_interest_all": "1"}
    put(site, TFF.yearly_path(2023), rows)
    run(site, years=(2023,))
    assert taken == []
    assert Observation.objects.count() == MARKETS * WEEKS - 1


def test_loose_files_go_in_too_and_the_same_one_only_once(site: Path, taken, temporary, tmp_path: Path):
    one = site / TFF.yearly_path(2023)
    summary = update.run(options=Options(files=(str(one), str(one)), variants=(TFF,)))
    assert summary.status == "ok"
    assert taken == [MARKETS * WEEKS]
    assert not list(temporary.iterdir())


def test_a_full_disk_makes_it_slower_and_nothing_else(site: Path, taken, monkeypatch):
    write = scratch.write
    monkeypatch.setattr(scratch, "write", lambda folder, pieces: write(folder / "nowhere", pieces))
    assert run(site).status == "ok"
    assert taken == []
    assert Observation.objects.count() == 2 * MARKETS * WEEKS


def test_where_no_temporary_file_may_be_made_it_is_slower_and_nothing_else(
    site: Path, taken, monkeypatch, tmp_path: Path
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert run(site).status == "ok"
    assert taken == []
    assert Observation.objects.count() == 2 * MARKETS * WEEKS
