"""A run of the pipeline over folders, addresses and loose files."""

from __future__ import annotations

import functools
import json
import os
import threading
from datetime import UTC, date, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.forms.models import model_to_dict

from core import runs, versions
from core.locks import named_lock
from core.models import JobRun
from cot.api import static_json
from cot.models import (
    BoardRow,
    CropSplit,
    Market,
    MarketName,
    Observation,
    ObservationVersion,
    QuarantinedRow,
    ReleaseNotice,
    ReviewItem,
    SourceFile,
)
from cot.pipeline import calendar_pages, deriving, update
from cot.pipeline.plan import Options
from cot.pipeline.source import WebSource
from cot.pipeline.summary import FileDone, Started
from cot.tests.cftc_text import archive, market_codes, row, series, text
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db

DISAGG, LEGACY, TFF = VARIANTS["disagg_fo"], VARIANTS["legacy_fo"], VARIANTS["tff_fo"]
TABLES = (BoardRow, CropSplit, Market, MarketName, Observation, ObservationVersion, QuarantinedRow, ReleaseNotice, ReviewItem, SourceFile)  # fmt: skip


@pytest.fixture(autouse=True)
def quick(settings, tmp_path: Path):
    settings.VAR_DIR = tmp_path / "var"
    settings.HTTP_RETRY_BACKOFF = 0
    settings.HTTP_TIMEOUT = 5
    settings.COT_SOURCE_DIR = ""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder laid out like the site: 25 markets, two years and a week of one variant."""
    folder = tmp_path / "site"
    put(folder, DISAGG.yearly_path(2024), archive(text(rows(date(2024, 12, 24), 2))))
    put(folder, DISAGG.yearly_path(2025), archive(text(rows(date(2025, 1, 7), 2))))
    put(folder, DISAGG.weekly, text(rows(date(2025, 1, 21), 1), header=False))
    return folder


def rows(first: date, weeks: int, variant=DISAGG, count=25):
    return [
        r
        for code in market_codes(count)
        for r in series(variant, [100 + 10 * w for w in range(weeks)], code=code, first=first)
    ]


def put(folder: Path, path: str, content: bytes, modified: datetime | None = None) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    if modified:
        os.utime(file, (modified.timestamp(), modified.timestamp()))
    return file


def run(source: Path | str, *variants, publish=static_json.publish, **options):
    return update.run(
        options=Options(variants=variants or (DISAGG,), source=str(source), **options),
        publish=publish,
    )


def dump() -> dict[str, list]:
    return {
        model.__name__: [model_to_dict(r) | {"pk": r.pk} for r in model.objects.order_by("pk")]
        for model in TABLES
    }


def test_a_folder_is_loaded_whole_and_counted(site: Path):
    summary = run(site)
    counts = summary.as_dict()["variants"]["disagg_fo"]
    assert summary.status == "ok"
    assert counts == {
        "files": {"stored": 3}, "rows": 125, "inserted": 125, "updated": 0, "unchanged": 0, "withdrawn": 0,
        "quarantined": 0, "rejected_lines": 0, "first_date": "2024-12-24", "last_date": "2025-01-21", "error": None,
    }  # fmt: skip
    assert Observation.objects.count() == 125
    assert BoardRow.objects.count() == 25
    assert versions.current("cot") == {"cot": 1}


def test_a_second_run_changes_nothing_but_the_list_of_runs(site: Path):
    run(site)
    before = dump()
    summary = run(site)
    counts = summary.variants["disagg_fo"]
    assert (counts.rows, counts.inserted, counts.updated, counts.unchanged) == (125, 0, 0, 125)
    assert dump() == before
    assert versions.current("cot") == {"cot": 1}
    assert JobRun.objects.count() == 2


def test_a_forced_run_reads_everything_again_and_writes_only_differences(site: Path):
    run(site)
    before = dump()
    assert run(site, force=True).variants["disagg_fo"].inserted == 0
    assert dump() == before


def test_a_closed_year_is_not_read_again_the_last_two_are(site: Path):
    """Seen from 2026, 2024 is closed and 2025 is not."""
    run(site)
    seen = []
    update.run(options=Options(variants=(DISAGG,), source=str(site)), on_progress=seen.append)
    read = {
        event.path.rsplit("_")[-1]: event.status for event in seen if isinstance(event, FileDone)
    }
    closed = [year for year in (2024, 2025) if year < datetime.now(UTC).year - 1]
    assert all(f"{year}.zip" not in read for year in closed)
    assert set(read.values()) == {"unchanged"}


def test_a_weekly_file_that_an_archive_covers_is_not_counted_twice(site: Path):
    """Rows of a variant are distinct."""
    put(site, DISAGG.weekly, text(rows(date(2025, 1, 7), 1), header=False))
    counts = run(site).variants["disagg_fo"]
    assert (counts.rows, counts.inserted, counts.unchanged) == (100, 100, 0)


def test_a_dry_run_says_what_would_change_and_writes_nothing(site: Path):
    """Not even the download log."""
    before = dump()
    summary = run(site, dry_run=True)
    assert summary.variants["disagg_fo"].inserted == 125
    assert summary.as_dict()["dry_run"] is True
    assert dump() == before
    assert not JobRun.objects.exists()


def test_one_broken_variant_leaves_the_others_alone(site: Path):
    """Partial, exit code 1, the reason in the run."""
    put(site, TFF.yearly_path(2025), b"<html>gone fishing</html>")
    summary = run(site, DISAGG, TFF)
    assert summary.status == "partial"
    assert "not_a_report" in (summary.variants["tff_fo"].error or "")
    assert Observation.objects.count() == 125
    assert "not_a_report" in JobRun.objects.get().error
    assert SourceFile.objects.get(status="rejected").report_type == "tff"


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<html>moved</html>", "not_a_report"),
        (b"", "not_a_report"),
        (archive(text([row(DISAGG)]))[:200], "bad_archive"),
        (archive(b"\0" * 30_000_000), "bad_archive"),
        (archive(text([row(TFF, day=date(2025, 1, 7))])), "unknown_header"),
        (archive(text([row(DISAGG, day=date(2023, 1, 3))])), "wrong_year"),
        (archive(text([row(VARIANTS["disagg_co"], day=date(2025, 1, 7))])), "wrong_variant"),
        (archive(b"hello, world\r\n"), "unknown_header"),
        (archive(text(rows(date(2025, 1, 7), 1)[:5])), "shrunken"),
    ],
    ids=["page", "empty", "cut off", "bomb", "wrong member", "other year", "combined", "prose", "shrunken"],
)  # fmt: skip
def test_a_broken_file_changes_nothing_and_says_why(site: Path, content: bytes, reason: str):
    run(site)
    before = dump()
    put(site, DISAGG.yearly_path(2025), content)
    summary = run(site)
    after = dump()
    assert summary.status == "partial"
    assert reason in summary.variants["disagg_fo"].error
    assert after.pop("SourceFile")[:-1] == before.pop("SourceFile")
    assert after == before
    assert SourceFile.objects.get(status="rejected").reason.startswith(reason)


def test_an_older_file_after_a_newer_one_does_not_become_the_present(site: Path):
    old, new = rows(date(2025, 1, 7), 2), rows(date(2025, 1, 7), 2)
    new[0] = row(DISAGG, code=market_codes(1)[0], day=date(2025, 1, 7), size=150)
    new[1] = row(DISAGG, code=market_codes(1)[0], day=date(2025, 1, 14), size=160, before=new[0])
    put(site, DISAGG.yearly_path(2025), archive(text(new)), datetime(2026, 2, 1, tzinfo=UTC))
    run(site)
    put(site, DISAGG.yearly_path(2025), archive(text(old)), datetime(2026, 1, 1, tzinfo=UTC))
    assert run(site).variants["disagg_fo"].updated == 0
    present = Observation.objects.get(market=market_codes(1)[0], report_date=date(2025, 1, 7))
    assert (present.g1_long, ObservationVersion.objects.filter(observation=present).count()) == (
        150,
        1,
    )


def test_content_that_comes_back_is_compared_again(site: Path):
    """A corrected archive that is put back as it was: the newest time stamp has the last word."""
    first = archive(text(rows(date(2025, 1, 7), 2)))
    other = rows(date(2025, 1, 7), 2)
    other[1] = row(
        DISAGG, code=market_codes(1)[0], day=date(2025, 1, 14), size=160, before=other[0]
    )
    for month, content in ((1, first), (2, archive(text(other))), (3, first)):
        put(site, DISAGG.yearly_path(2025), content, datetime(2026, month, 1, tzinfo=UTC))
        assert run(site).status == "ok"
    present = Observation.objects.get(market=market_codes(1)[0], report_date=date(2025, 1, 14))
    assert (present.g1_long, present.version) == (110, 3)


def test_a_state_of_a_file_that_comes_back_after_an_older_one_is_the_present(site: Path):
    """First, corrected, an old copy of the first (a mirror behind), and the first again as the newest word."""
    path, moment = DISAGG.yearly_path(2025), datetime(2025, 2, 1, tzinfo=UTC)
    first, other = (
        [row(DISAGG, code=code, size=size) for code in market_codes(25)] for size in (100, 200)
    )
    for lines, day, size in ((first, 0, 100), (other, 2, 200), (first, 1, 200), (first, 3, 100)):
        put(site, DISAGG.yearly_path(2024), archive(text(lines)), moment + timedelta(days=day))
        (site / path).unlink(missing_ok=True)
        (site / DISAGG.weekly).unlink(missing_ok=True)
        run(site, force=True)
        assert set(Observation.objects.values_list("g1_long", flat=True)) == {size}


def test_a_second_run_counts_what_is_set_aside_as_the_first_one_did(site: Path):
    """Rows are inserted, unchanged or set aside, never two of these."""
    lines = rows(date(2025, 1, 7), 2)
    lines[3]["open_interest_all"] = "1"
    lines[5]["open_interest_all"] = "x"
    put(site, DISAGG.yearly_path(2025), archive(text(lines)))
    names = ("rows", "quarantined", "rejected_lines")
    first = run(site).variants["disagg_fo"]
    second = run(site).variants["disagg_fo"]
    assert (
        [getattr(second, name) for name in names]
        == [getattr(first, name) for name in names]
        == [124, 2, 1]
    )
    assert (first.inserted, second.unchanged) == (123, 123)


def test_a_run_while_another_one_works_ends_locked(site: Path):
    with named_lock("cot_update"):
        summary = run(site)
    assert summary.status == "locked"
    assert not Observation.objects.exists()
    assert JobRun.objects.get().status == "locked"


def test_a_run_that_was_killed_is_marked_by_the_next_one(site: Path):
    JobRun.objects.create(name="cot_update", started=datetime(2026, 1, 1, tzinfo=UTC))
    run(site)
    assert list(JobRun.objects.order_by("pk").values_list("status", "error")) == [
        ("failed", "interrupted"),
        ("ok", ""),
    ]


def test_what_a_killed_run_stored_reaches_the_board_with_the_next_one(site: Path):
    """Killed after its files and before the board, or while it made the board of another variant."""
    run(site)
    BoardRow.objects.all().delete()
    JobRun.objects.update(status=JobRun.Status.RUNNING, result={})
    assert run(site, LEGACY, DISAGG).as_dict()["variants"]["disagg_fo"]["inserted"] == 0
    assert BoardRow.objects.count() == 25
    assert versions.current("cot") == {"cot": 2}
    run(site)
    assert versions.current("cot") == {"cot": 2}


def test_what_a_run_could_not_derive_the_next_one_does(site: Path, monkeypatch: pytest.MonkeyPatch):
    """The rows of its files are stored by then, so the next run finds nothing new in them."""
    with monkeypatch.context() as patch:
        patch.setattr(deriving, "rebuild_board", lambda changed: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            run(site)
    with named_lock("cot_update"):
        run(site)
    assert run(site).status == "ok"
    assert BoardRow.objects.count() == 25


def test_progress_tells_the_files_of_each_variant_then_one_after_the_other(site: Path):
    events: list[Started | FileDone] = []
    update.run(
        options=Options(variants=(DISAGG, LEGACY), source=str(site)), on_progress=events.append
    )
    assert events[0] == Started({"disagg_fo": 3, "legacy_fo": 0})
    assert [(event.status, event.rows) for event in events[1:]] == [
        ("stored", 50),
        ("stored", 50),
        ("stored", 25),
    ]
    assert JobRun.objects.get().progress == {"done": 3, "total": 3, "note": DISAGG.weekly}


def test_a_cancelled_run_ends_between_two_files_and_shows_what_it_stored(site: Path):
    def end_it(event: Started | FileDone) -> None:
        if isinstance(event, FileDone):
            runs.cancel("cot_update")

    summary = update.run(options=Options(variants=(DISAGG,), source=str(site)), on_progress=end_it)
    record = JobRun.objects.get()
    assert summary.status == record.status == "cancelled"
    assert record.result["variants"]["disagg_fo"]["inserted"] == Observation.objects.count() == 50
    assert (BoardRow.objects.count(), record.result["owed"]) == (25, False)
    assert run(site).variants["disagg_fo"].inserted == 75


def test_loose_files_are_known_by_their_content(tmp_path: Path):
    """Variant from header and content; legacy from its official name."""
    folder = tmp_path / "loose"
    put(folder, "a.txt", text(rows(date(2025, 1, 7), 1)))
    put(folder, "b.zip", archive(text(rows(date(2025, 1, 7), 1, VARIANTS["disagg_co"]))))
    put(folder, "c.txt", text(rows(date(2025, 1, 7), 1, TFF), header=False))
    put(
        folder, "deahistfo2025.zip", archive(text(rows(date(2025, 1, 7), 1, VARIANTS["legacy_co"])))
    )
    summary = run(folder, *VARIANTS.values())
    assert summary.status == "ok"
    assert {key: v.inserted for key, v in summary.variants.items()} == {
        "disagg_fo": 25,
        "disagg_co": 25,
        "tff_fo": 25,
        "legacy_co": 25,
    }


def test_a_file_by_hand_is_stored_once_and_an_unknown_one_is_named(tmp_path: Path):
    good = put(tmp_path, "mine.txt", text(rows(date(2025, 1, 7), 1)))
    assert run("", *VARIANTS.values(), files=(str(good),)).variants["disagg_fo"].inserted == 25
    before = dump()
    assert run("", *VARIANTS.values(), files=(str(good),)).variants["disagg_fo"].unchanged == 25
    assert dump() == before
    summary = run("", *VARIANTS.values(), files=(str(tmp_path / "absent.txt"),))
    assert summary.status == "failed"
    assert "absent.txt" in summary.error


def test_an_empty_folder_is_a_failure_with_a_reason(tmp_path: Path):
    (tmp_path / "dea/newcot").mkdir(parents=True)
    summary = run(tmp_path)
    assert summary.status == "failed"
    assert "holds no file" in summary.error


def test_a_run_that_changed_something_writes_the_static_files(site: Path, settings, tmp_path: Path):
    """25 markets, a list, a board and the groups; `--no-export` passes nothing that would write them."""
    settings.JSON_OUTPUT_DIR = tmp_path / "export"
    run(site, publish=None)
    assert not settings.JSON_OUTPUT_DIR.exists()
    put(site, DISAGG.weekly, text(rows(date(2025, 1, 28), 1), header=False))
    assert run(site).status == "ok"
    written = sorted(file.name for file in settings.JSON_OUTPUT_DIR.iterdir())
    assert len(written) == 28
    assert {"groups_disagg.json", "markets_disagg_fo.json", "screener_disagg_fo.json"} < set(
        written
    )


def test_an_export_that_cannot_be_written_makes_the_run_partial_and_keeps_the_rows(
    site: Path, settings, tmp_path: Path
):
    """Disk full while writing JSON."""
    (tmp_path / "export").write_text("a file where the folder should be")
    settings.JSON_OUTPUT_DIR = tmp_path / "export"
    summary = run(site)
    assert (summary.status, Observation.objects.count()) == ("partial", 125)
    assert summary.error.startswith("export: ")


def test_fetched_content_is_kept_under_its_digest(site: Path, settings):
    run(site)
    stored = SourceFile.objects.get(kind="weekly")
    assert (settings.VAR_DIR / stored.path).read_bytes() == (site / DISAGG.weekly).read_bytes()
    assert stored.path == f"cot/files/{stored.sha256}"


def test_demo_files_are_marked_and_give_way_to_real_ones(site: Path, tmp_path: Path):
    """Invented and real rows never lie side by side."""
    demo = tmp_path / "demo"
    put(demo, "DEMO", b"")
    put(demo, DISAGG.yearly_path(2023), archive(text(rows(date(2023, 1, 3), 1))))
    run(demo)
    assert set(SourceFile.objects.values_list("is_demo", flat=True)) == {True}
    run(site)
    assert Observation.objects.count() == 125
    assert not SourceFile.objects.filter(is_demo=True).exists()
    assert run(demo).status == "failed"
    assert Observation.objects.count() == 125


def test_the_time_stamp_of_a_weekly_file_is_its_publication(site: Path):
    """Believed within 8 days of the calendar's release, for every variant of that week."""
    published = datetime(2025, 1, 24, 20, 31, 7, tzinfo=UTC)
    put(site, DISAGG.weekly, text(rows(date(2025, 1, 21), 1), header=False), published)
    run(site)
    assert set(Observation.objects.filter(report_date=date(2025, 1, 21)).values_list("release_at", "known_at", "release_source")) == {
        (published, published, "published")
    }  # fmt: skip


def test_the_time_stamp_of_a_copy_made_later_is_no_publication(site: Path):
    put(
        site,
        DISAGG.weekly,
        text(rows(date(2025, 1, 21), 1), header=False),
        datetime(2025, 3, 1, tzinfo=UTC),
    )
    run(site)
    assert (
        Observation.objects.filter(report_date=date(2025, 1, 21)).first().release_source
        == "derived"
    )


class Site(SimpleHTTPRequestHandler):
    """The folder over HTTP, with faults on demand: path → list of answers to give first."""

    faults: dict[str, list[int]] = {}
    asked: list[tuple[str, str | None]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers["If-Modified-Since"]))
        waiting = self.faults.get(self.path, [])
        if waiting:
            self.send_error(waiting.pop(0))
        else:
            super().do_GET()

    def log_message(self, *args):
        pass


@pytest.fixture
def web_site(site: Path):
    Site.faults, Site.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Site, directory=str(site)))
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def reports_asked() -> list[tuple[str, str | None]]:
    return [(path, since) for path, since in Site.asked if not path.startswith("/MarketReports")]


def test_a_run_over_http_reads_the_release_calendar_first(web_site: str, site: Path):
    """Calendar pages before the files; a page that changes nothing it says is kept as text."""
    page = "<p>Special announcement of no consequence</p>"
    put(site, calendar_pages.ANNOUNCEMENTS, page.encode())
    assert run(web_site, years=(2025,)).status == "ok"
    assert Site.asked[0][0] == f"/{calendar_pages.SCHEDULE}"
    assert Site.asked[1][0] == f"/{calendar_pages.ANNOUNCEMENTS}"
    kept = list((Path(settings.VAR_DIR) / "cot" / "pages").rglob("*.txt"))
    assert [file.read_text() for file in kept] == ["Special announcement of no consequence"]


def test_calendar_pages_that_fail_stop_no_run(web_site: str):
    """A failing page changes nothing."""
    Site.faults[f"/{calendar_pages.SCHEDULE}"] = [503] * 9
    summary = run(web_site, years=(2025,))
    assert (summary.status, summary.variants["disagg_fo"].inserted) == ("ok", 75)


def test_over_http_the_second_run_gets_304_for_everything_open(web_site: str):
    assert run(web_site, years=(2024, 2025)).status == "ok"
    Site.asked.clear()
    summary = run(web_site, years=(2024, 2025))
    asked = reports_asked()
    assert summary.variants["disagg_fo"].files["not_modified"] == len(asked) > 0
    assert all(since for _, since in asked)
    assert summary.variants["disagg_fo"].unchanged == 125


def test_a_server_error_is_tried_again(web_site: str):
    """5xx twice, then the file."""
    Site.faults[f"/{DISAGG.yearly_path(2025)}"] = [503, 500]
    assert run(web_site, years=(2025,)).variants["disagg_fo"].inserted == 75


def test_a_server_that_stays_down_fails_the_variant_and_keeps_the_data(web_site: str):
    run(web_site, years=(2024, 2025))
    before = dump()
    Site.faults[f"/{DISAGG.weekly}"] = [503] * 9
    summary = run(web_site, years=(2024, 2025))
    assert "HTTP 503" in summary.variants["disagg_fo"].error
    assert summary.status != "ok"
    assert dump() == before


def test_one_archive_the_server_cannot_give_costs_neither_the_week_nor_the_other_years(
    web_site: str,
):
    """What succeeded stays; the current week above all."""
    Site.faults[f"/{DISAGG.yearly_path(2024)}"] = [403]
    summary = run(web_site, years=(2024, 2025))
    assert (summary.status, summary.variants["disagg_fo"].inserted) == ("partial", 75)
    assert "HTTP 403" in summary.variants["disagg_fo"].error
    assert summary.as_dict()["variants"]["disagg_fo"]["files"] == {"failed": 1, "stored": 2}


def test_a_server_that_is_down_is_not_asked_for_every_file(web_site: str):
    """Two files without an answer are enough: each of them waited through all its tries."""
    years = range(2018, 2026)
    for path in (DISAGG.weekly, *map(DISAGG.yearly_path, years)):
        Site.faults[f"/{path}"] = [503] * 9
    summary = run(web_site, years=tuple(years))
    assert summary.status == "failed"
    assert len({path for path, _ in reports_asked()}) <= 4  # two, and what was under way


@pytest.mark.parametrize("address", ["http://[::1", "http://", "http://127.0.0.1:1"])
def test_an_address_that_is_none_fails_the_variant_with_a_reason(address: str):
    summary = run(address, years=(2025,))
    assert summary.status == "failed"
    assert summary.variants["disagg_fo"].error


def test_a_dry_run_waits_for_no_server_inside_its_transaction(
    web_site: str, monkeypatch: pytest.MonkeyPatch
):
    """On SQLite nobody else could write meanwhile."""
    outside: list[int] = []
    fetch = WebSource.fetch
    depth = len(connection.savepoint_ids)

    def seen(self: WebSource, path: str, since: datetime | None = None):
        outside.append(len(connection.savepoint_ids) - depth)
        return fetch(self, path, since)

    monkeypatch.setattr(WebSource, "fetch", seen)
    before = dump()
    summary = run(web_site, years=(2024, 2025), dry_run=True)
    assert (summary.status, summary.variants["disagg_fo"].inserted) == ("ok", 125)
    assert outside == [0, 0, 0]
    assert dump() == before


def test_a_year_that_does_not_exist_is_named_and_the_others_are_stored(web_site: str):
    """404 for a closed year; asked once, not again and again within a run."""
    summary = run(web_site, years=(2018, 2025))
    assert (summary.status, summary.variants["disagg_fo"].error) == ("partial", "no file of 2018")
    assert SourceFile.objects.get(status="missing").year == 2018
    assert [path for path, _ in Site.asked].count(f"/{DISAGG.yearly_path(2018)}") == 1
    assert Observation.objects.count() == 75


def test_the_current_year_must_exist(web_site: str):
    year = datetime.now(UTC).year
    summary = run(web_site, years=(2025, year))
    assert summary.status == "partial"
    assert f"no file of {year}" in summary.variants["disagg_fo"].error
    assert Observation.objects.count() == 75


def test_a_year_of_which_no_report_is_out_yet_is_not_missed(web_site: str):
    """The first report of 2027 is that of 5 January, public on the 8th."""
    assert update.first_release(2027) == datetime(2027, 1, 8, 20, 30, tzinfo=UTC)
    summary = run(web_site, years=(2025, datetime.now(UTC).year + 1))
    assert (summary.status, summary.variants["disagg_fo"].error) == ("ok", None)


def test_a_year_before_all_reports_is_named(web_site: str):
    summary = run(web_site, years=(1980, 2025))
    assert (summary.status, summary.error) == ("partial", "no report exists of 1980")


def test_every_year_before_2017_comes_from_the_bulk_archive(web_site: str, site: Path):
    put(site, DISAGG.bulk, archive(text(rows(date(2009, 12, 29), 2))))
    summary = run(web_site, years=(2009, 2010, 2025))
    assert summary.status == "ok"
    asked = [path for path, _ in reports_asked()]
    assert asked == [f"/{DISAGG.weekly}", f"/{DISAGG.bulk}", f"/{DISAGG.yearly_path(2025)}"]
    assert Observation.objects.filter(report_date__year=2010).count() == 25


def test_without_the_bulk_archive_a_site_is_asked_for_the_yearly_ones(web_site: str, site: Path):
    put(site, DISAGG.yearly_path(2010), archive(text(rows(date(2010, 1, 5), 1))))
    for _ in range(2):
        summary = run(web_site, years=(2009, 2010, 2025))
        assert summary.status == "partial"
        assert summary.variants["disagg_fo"].error == "no file of 2009"
        assert Observation.objects.filter(report_date__year=2010).count() == 25
    asked = [path for path, _ in reports_asked()]
    assert asked.count(f"/{DISAGG.yearly_path(2009)}") == 2
    assert asked.count(f"/{DISAGG.yearly_path(2010)}") == 1
    Observation.objects.all().delete()
    assert run(web_site, years=(2010,), dry_run=True, force=True).status == "ok"


def test_a_folder_is_read_whole_bulk_and_yearly_archives_of_every_year(site: Path):
    """Without years every archive that is there, with years each of those asked for; what is not there is named."""
    put(site, DISAGG.bulk, archive(text(rows(date(2015, 1, 6), 1))))
    put(site, DISAGG.yearly_path(2010), archive(text(rows(date(2010, 1, 5), 1))))
    put(site, DISAGG.yearly_path(2016), archive(text(rows(date(2016, 1, 5), 1))))

    def years() -> set[int]:
        return {day.year for day in Observation.objects.values_list("report_date", flat=True)}

    summary = run(site, years=(2010, 2012, 2015, 2016))
    assert (summary.status, years() >= {2010, 2015, 2016}) == ("partial", True)
    assert summary.variants["disagg_fo"].error == "no file of 2012"
    Observation.objects.all().delete()
    SourceFile.objects.all().delete()
    summary = run(site)
    assert (summary.status, summary.variants["disagg_fo"].error) == ("ok", None)
    assert years() >= {2010, 2015, 2016, 2024, 2025}


def test_a_hole_in_the_bulk_archive_is_a_lost_year(site: Path):
    """Also where the archive was read before, or the run only tries."""
    holes = text([*rows(date(2009, 1, 6), 1), *rows(date(2012, 1, 3), 1)])
    put(site, DISAGG.bulk, archive(holes))
    for options in ({"dry_run": True}, {}, {}):
        summary = run(site, years=(2009, 2010, 2011, 2012), **options)
        assert (summary.status, summary.variants["disagg_fo"].error) == (
            "partial",
            "no file of 2010, 2011",
        )


def test_of_loose_files_a_year_asked_for_is_named_too(tmp_path: Path):
    (tmp_path / "mine.zip").write_bytes(archive(text(rows(date(2012, 1, 3), 1))))
    (tmp_path / "._mine.zip").write_bytes(b"what a Mac writes beside it")
    summary = run(tmp_path, years=(2012, 2013))
    assert (summary.status, summary.variants["disagg_fo"].error) == ("partial", "no file of 2013")
    assert run(tmp_path, years=(2012,)).status == "ok"
    assert run(tmp_path).status == "ok"


def test_archives_and_folders_in_capitals_are_read_like_any_other(site: Path):
    """A share of another system gives such names; the year of such an archive is one of those the folder holds."""
    put(site, DISAGG.yearly_path(2015).upper(), archive(text(rows(date(2015, 1, 6), 1))))
    put(site, DISAGG.bulk.upper(), archive(text(rows(date(2012, 1, 3), 1))))
    small = site / DISAGG.yearly_path(2024)
    small.rename(small.with_name(small.name.upper()))
    for options in ({}, {"years": (2012, 2015, 2024, 2025)}):
        Observation.objects.all().delete()
        SourceFile.objects.all().delete()
        summary = run(site, **options)
        assert (summary.status, summary.variants["disagg_fo"].error) == ("ok", None)
        found = {day.year for day in Observation.objects.values_list("report_date", flat=True)}
        assert found == {2012, 2015, 2024, 2025}


def test_of_an_archive_that_is_there_twice_the_one_not_read_is_named(
    site: Path, caplog: pytest.LogCaptureFixture
):
    content = (site / DISAGG.yearly_path(2025)).read_bytes()
    put(site, DISAGG.yearly_path(2025).upper(), content)
    assert run(site).status == "ok"
    (said,) = [line for line in caplog.messages if "is read, not" in line]
    assert said.index("fut_disagg_txt_2025.zip") < said.index("FUT_DISAGG_TXT_2025.ZIP")


def test_an_archive_beside_the_folders_of_the_site_is_read(site: Path):
    (site / "put here by hand.zip").write_bytes(archive(text(rows(date(2012, 1, 3), 1))))
    (site / "README.txt").write_text("where these files come from")
    assert run(site, years=(2012, 2025)).status == "ok"
    assert Observation.objects.filter(report_date__year=2012).count() == 25


def command(capsys, *arguments: str) -> tuple[int, str]:
    try:
        call_command("update_cot", *arguments)
    except SystemExit as end:
        return int(end.code), capsys.readouterr().out
    return 0, capsys.readouterr().out


def test_the_command_prints_one_object_and_ends_with_0(site: Path, capsys):
    code, out = command(
        capsys,
        "--source",
        str(site),
        "--type",
        "disagg",
        "--subtype",
        "fo",
        "--json",
        "--no-prices",
    )
    body = json.loads(out)
    assert code == 0
    assert body["variants"]["disagg_fo"]["inserted"] == 125
    assert set(body) == {
        "run_id",
        "status",
        "started_at",
        "seconds",
        "variants",
        "markets",
        "prices",
        "state",
    }
    assert body["markets"] == {"new": 25, "renamed": 0, "unclassified": 0}


def test_the_command_ends_with_1_when_a_file_is_rejected(site: Path, capsys):
    put(site, DISAGG.yearly_path(2025), b"<html></html>")
    assert command(capsys, "--source", str(site))[0] == 1


def test_the_command_ends_with_2_when_locked(site: Path, capsys):
    with named_lock("cot_update"):
        code, out = command(capsys, "--source", str(site), "--json")
    assert (code, json.loads(out)["status"]) == (2, "locked")


@pytest.mark.parametrize(
    "arguments",
    [["--type", "weekly"], ["--years", "abc"], ["--years", "2025-2020"], ["--nonsense"]],
)
def test_the_command_ends_with_64_for_bad_arguments(arguments: list[str], capsys):
    assert command(capsys, *arguments)[0] == 64


def test_a_log_file_that_cannot_be_written_is_a_bad_argument_in_one_sentence(
    capsys, tmp_path: Path
):
    """No traceback, and nothing is fetched."""
    path = tmp_path / "missing" / "run.log"
    with pytest.raises(SystemExit) as ended:
        call_command("update_cot", "--log-file", str(path))
    assert ended.value.code == 64
    assert f"{path}: No such file or directory" in capsys.readouterr().err


def test_the_command_writes_a_log_file_and_a_line_per_file(site: Path, capsys, tmp_path: Path):
    log = tmp_path / "run.log"
    code, out = command(capsys, "--source", str(site), "--type", "disagg", "--log-file", str(log))
    assert code == 0
    assert DISAGG.weekly in out
    assert "125 rows, 125 new" in out
    assert DISAGG.weekly in log.read_text()


def test_a_rebuild_gives_the_same_rows_and_finds_a_changed_one(site: Path, capsys):
    run(site)
    call_command("rebuild_cot", "--check")
    Market.objects.filter(code="001602").update(category="metals")
    with pytest.raises(SystemExit) as end:
        call_command("rebuild_cot", "--check")
    assert end.value.code == 1
    assert "market 001602" in capsys.readouterr().out
    call_command("rebuild_cot")
    call_command("rebuild_cot", "--check")


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_rebuild_does_not_work_beside_an_update(site: Path, arguments: list[str]):
    run(site)
    Market.objects.filter(code="001602").update(category="metals")
    with named_lock("cot_update"), pytest.raises(CommandError, match="update") as refused:
        call_command("rebuild_cot", *arguments)
    assert refused.value.returncode == 2
    assert Market.objects.get(code="001602").category == "metals"


def test_an_audit_counts_stored_rows_that_break_an_identity(site: Path, capsys):
    run(site)
    Observation.objects.filter(market="001602", report_date=date(2025, 1, 14)).update(g1_long=5)
    call_command("audit_cot")
    assert "disagg_fo: 125 rows checked, 1 failing  long_side 1" in capsys.readouterr().out
