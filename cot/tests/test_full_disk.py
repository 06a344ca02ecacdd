"""A disk that takes nothing more: what it costs, and what it does not."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from cot.models import Observation, ReleaseNotice, ReviewItem, SourceFile
from cot.pipeline import calendar_pages, update
from cot.pipeline.folder import FolderSource
from cot.pipeline.plan import Options
from cot.tests.cftc_text import archive, market_codes, series, text
from cot.tests.test_calendar_pages import TABLE
from cot.variants import VARIANTS

DISAGG = VARIANTS["disagg_fo"]
MARKETS = 120  # their archive is larger than the disk
Disk = Callable[..., Path]


@pytest.fixture(autouse=True)
def own_var(settings: Any, tmp_path: Path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of that size in kB, or one that cannot be written."""
    mounted: list[Path] = []

    def mount(place: Path, kilobytes: int, *, read_only: bool = False) -> Path:
        place.mkdir(parents=True)
        how = f"size={kilobytes}k" + (",ro" if read_only else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", how, "tmpfs", str(place)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip("needs the right to mount a file system")
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def put(site: Path, years: range, markets: int) -> None:
    for year in years:
        tuesday = date(year, 1, 14 - date(year, 1, 7).weekday() + 1)
        tuesday = tuesday.replace(day=tuesday.day - 7) if tuesday.day > 7 else tuesday
        rows = [
            each
            for code in market_codes(markets)
            for each in series(DISAGG, [100, 110], code=code, first=tuesday)
        ]
        path = site / DISAGG.yearly_path(year)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(archive(text(rows)))


@pytest.fixture
def site(tmp_path: Path) -> Path:
    put(tmp_path / "site", range(2024, 2026), MARKETS)
    return tmp_path / "site"


def stored_from(site: Path) -> Any:
    return update.run(options=Options(variants=(DISAGG,), source=str(site), years=(2024, 2025)))


@pytest.mark.django_db
@pytest.mark.parametrize("read_only", [False, True], ids=["full", "read-only"])
def test_a_folder_that_takes_nothing_costs_the_copies_and_a_warning_never_the_update(
    site: Path, disk: Disk, settings: Any, caplog: pytest.LogCaptureFixture, read_only: bool
):
    copies = disk(settings.VAR_DIR / "cot", 4, read_only=read_only)
    with caplog.at_level(logging.WARNING, "cot"):
        summary = stored_from(site)
    assert (summary.status, Observation.objects.count()) == ("ok", 4 * MARKETS)
    assert set(SourceFile.objects.values_list("status", "path")) == {("stored", "")}
    assert sum("is not kept" in line for line in caplog.messages) == 2
    assert not [path for path in copies.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_a_calendar_page_that_cannot_be_kept_is_read_all_the_same(
    tmp_path: Path, disk: Disk, settings: Any
):
    """…and asks nobody whether it changed: that can only be told from the text that was kept."""
    for path, content in (
        (calendar_pages.SCHEDULE, TABLE),
        (calendar_pages.ANNOUNCEMENTS, "<p>" + "no consequence " * 1000 + "</p>"),
    ):
        (tmp_path / "pages" / path).parent.mkdir(parents=True)
        (tmp_path / "pages" / path).write_text(content)
    disk(settings.VAR_DIR / "cot", 4)
    for _ in range(2):
        calendar_pages.read_pages(FolderSource(tmp_path / "pages"), date(2024, 1, 2))
    assert ReleaseNotice.objects.filter(release_at__gte=datetime(2024, 1, 1, tzinfo=UTC)).exists()
    assert not ReviewItem.objects.exists()


def manage_on(
    database: Path, *words: str, logs: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    own = {"DATABASE_URL": "", "DB_PATH": str(database), "COT_KEEP_FILES": "false"}
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env=os.environ | own | {"LOG_DIR": str(logs), "LOG_LEVEL": "ERROR"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def all_rows(database: Path) -> str:
    """Everything a database holds, as statements that would make it anew."""
    with closing(sqlite3.connect(database)) as session:
        session.create_function("REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text)))
        assert session.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return "\n".join(session.iterdump())


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [8, 48, 700])
def test_on_a_disk_that_is_full_migrate_and_up_say_so_in_one_sentence(
    tmp_path: Path, disk: Disk, kilobytes: int
):
    """No room for the lock, for the database, for its tables. What was there before is there after."""
    place = disk(tmp_path / "disk", kilobytes)
    for words in (["migrate"], ["up", "--no-demo", "--port", "0"]):
        done = manage_on(place / "app.db", *words, logs=place)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("CommandError: The d")
        assert re.search(r"database or disk is full|No space left|disk I/O error", done.stderr)
        assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.slow
def test_a_migration_for_which_there_is_no_room_leaves_the_database_as_it_was(
    tmp_path: Path, disk: Disk
):
    place = disk(tmp_path / "disk", 4_000)
    manage = partial(manage_on, place / "app.db", logs=tmp_path)
    assert manage("migrate", "core").returncode == 0
    before = all_rows(place / "app.db")
    filler = place / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(4096)):
            pass
    done = manage("migrate")
    assert done.returncode == 1
    assert re.fullmatch(r"CommandError: The (database|disk) .*\n", done.stderr)
    filler.unlink()
    assert all_rows(place / "app.db") == before
    assert manage("migrate").returncode == 0


@pytest.mark.slow
def test_a_database_that_cannot_grow_says_so_in_one_sentence_and_keeps_what_it_had(
    tmp_path: Path, disk: Disk
):
    place = disk(tmp_path / "disk", 6_000)
    put(tmp_path / "small", range(2024, 2025), 2)
    put(tmp_path / "large", range(2019, 2026), 400)

    manage = partial(manage_on, place / "app.db", logs=tmp_path)

    def first() -> list[Any]:
        with closing(sqlite3.connect(place / "app.db")) as session:
            session.create_function(
                "REGEXP", 2, lambda pattern, text: bool(re.search(pattern, text))
            )
            assert session.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return session.execute(
                "SELECT * FROM cot_observation WHERE report_date >= '2024' ORDER BY id LIMIT 4"
            ).fetchall()

    only = ("--type", "disagg", "--subtype", "fo", "--json", "--source")
    assert manage("migrate", "--verbosity", "0").returncode == 0
    done = manage("update_cot", "--years", "2024", *only, str(tmp_path / "small"))
    assert done.returncode == 0, done.stderr
    before = first()
    assert len(before) == 4
    done = manage("update_cot", "--years", "2019-2025", *only, str(tmp_path / "large"))
    assert done.returncode == 1
    assert "database or disk is full" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert first() == before
