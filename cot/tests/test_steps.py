"""The steps of a run, each alone: plan, fetch, store, derive."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cot.models import BoardRow, Market, Observation, SourceFile
from cot.pipeline import storing
from cot.pipeline.deriving import derive
from cot.pipeline.folder import FolderSource
from cot.pipeline.obtain import Obtained, Unchanged, obtain, weekly_last
from cot.pipeline.opening import open_source
from cot.pipeline.plan import Options, Request, Skipped, plan
from cot.pipeline.report_table import Rejection
from cot.pipeline.source import Missing, SourceDown
from cot.tests.cftc_text import archive, series, text
from cot.variants import VARIANTS

DISAGG = VARIANTS["disagg_fo"]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOWN = SourceDown("no answer")


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.COT_KEEP_FILES = False


@pytest.fixture
def site(tmp_path: Path) -> FolderSource:
    """A site with one yearly archive of one market."""
    path = tmp_path / "site" / DISAGG.yearly_path(2024)
    path.parent.mkdir(parents=True)
    path.write_bytes(archive(text(series(DISAGG, [100, 120, 90]))))
    source = open_source(str(tmp_path / "site"), timeout=1, tries=1, backoff=0)
    assert isinstance(source, FolderSource)
    return source


def answered(
    kind="yearly", path="2024.zip", year=2024, answer=None, result=None, known=""
) -> Obtained:
    return Obtained(
        Request(DISAGG, kind, path, year, None, known), DISAGG, answer, result, "", "", 0.0
    )


def take(obtained: Obtained, *, dry_run: bool = False):
    return storing.take(obtained, DISAGG, is_demo=False, dry_run=dry_run, now=NOW)


@pytest.mark.django_db
def test_a_plan_asks_for_the_files_a_site_has_and_skips_closed_years_that_are_stored(site):
    planned = plan(Options(variants=(DISAGG,)), site, NOW.date())
    (wanted,) = planned.by_variant
    assert [request.path for request in wanted.asked] == [DISAGG.yearly_path(2024)]
    assert planned.totals == {"disagg_fo": 1}
    assert take(obtain(wanted.asked[0], site, [DISAGG])).status == "stored"
    later = plan(Options(variants=(DISAGG,)), site, NOW.date())
    (again,) = later.by_variant
    assert (again.asked, [type(each) for each in again.skipped]) == ([], [Skipped])
    assert later.totals == {"disagg_fo": 0}  # progress counts what is asked for


def test_a_plan_of_loose_files_leaves_their_variant_open(tmp_path: Path):
    planned = plan(Options(files=("a.txt", "b.zip")), None, NOW.date())
    assert [(request.variant, request.path) for request in planned.loose] == [
        (None, "a.txt"),
        (None, "b.zip"),
    ]
    assert planned.totals == {"files": 2}
    with pytest.raises(SourceDown):
        plan(Options(), None, NOW.date())


def test_the_weekly_file_is_seen_first_and_stored_last():
    weekly, old, new = (
        answered("weekly", "week", None),
        answered(path="2023.zip"),
        answered(path="2024.zip"),
    )
    seen: list[Obtained] = []
    order = []
    for obtained in weekly_last(iter([weekly, old, new]), seen.append):
        order.append(obtained)
        assert seen == [weekly]
    assert order == [old, new, weekly]


def test_a_server_without_an_answer_is_not_asked_for_the_rest():
    files = iter([answered(result=DOWN), answered(result=DOWN), answered(path="never")])
    assert len(list(weekly_last(files, lambda obtained: None))) == 2
    assert next(files).request.path == "never"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("year", "answer", "result", "status", "error"),
    [
        (2024, None, DOWN, "failed", "no answer"),
        (2024, Missing("https://example.org/2024.zip", 404), None, "missing", ""),
        (2026, Missing("https://example.org/2026.zip", 404), None, "missing", ""),
        (2024, None, Rejection("not_a_report"), "rejected", "2024.zip: not_a_report"),
    ],
)
def test_what_is_not_stored_is_an_outcome_with_its_reason(year, answer, result, status, error):
    outcome = take(answered(year=year, answer=answer, result=result))
    assert (outcome.status, outcome.error, outcome.rows) == (status, error, 0)
    assert SourceFile.objects.filter(status="missing").exists() is (status == "missing")


@pytest.mark.django_db
def test_a_dry_run_logs_nothing():
    take(answered(answer=Missing("https://example.org/2024.zip", 404)), dry_run=True)
    assert not SourceFile.objects.exists()


@pytest.mark.django_db
def test_a_file_with_known_bytes_counts_its_rows_as_unchanged(site):
    request = Request(DISAGG, "yearly", DISAGG.yearly_path(2024), 2024)
    stored = take(obtain(request, site, [DISAGG]))
    known = SourceFile.objects.get().sha256
    again = take(answered(result=Unchanged(), known=known))
    assert (stored.inserted, again.status, again.unchanged) == (3, "unchanged", 3)


@pytest.mark.django_db
def test_derived_tables_follow_from_the_stored_rows(site):
    take(obtain(Request(DISAGG, "yearly", DISAGG.yearly_path(2024), 2024), site, [DISAGG]))
    assert not BoardRow.objects.exists()
    derive([DISAGG])
    newest = Observation.objects.order_by("-report_date")[0].report_date
    assert (BoardRow.objects.get().report_date, Market.objects.get().last_date) == (
        newest,
        date(2024, 1, 16),
    )
