"""The scheduled jobs of the feed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import time_machine
from django.apps import apps
from django.core import serializers
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from core import jobs
from core.errors import UpstreamError
from core.locks import named_lock
from core.models import JobRun
from core.runs import Run
from cot import scheduled
from cot.models import Observation, SourceFile
from cot.pipeline import deriving, update
from cot.pipeline.plan import Options
from cot.tests.stored import observation, source_file
from cot.variants import VARIANTS

FRIDAY_NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.mark.django_db
def test_each_job_has_the_rows_of_the_plan():
    rows = PeriodicTask.objects.filter(crontab__isnull=False).select_related("crontab")
    plan = {
        (
            row.task,
            f"{row.crontab.day_of_week} {row.crontab.hour}:{row.crontab.minute}",
            str(row.crontab.timezone),
        )
        for row in rows
        if "cot" in row.task
    }
    assert plan == {
        ("weekly_cot_update", "5 23:0", "Europe/Kyiv"),
        ("cot_retry", "6 2:0", "Europe/Kyiv"),
        ("cot_retry", "1-4 23:0", "Europe/Kyiv"),
        ("cot_calendar", "* 6:0", "UTC"),
    }
    assert all(row.enabled for row in rows)


@pytest.fixture
def site(shared_data: Path, tmp_path: Path, settings) -> Path:
    """A folder laid out like the CFTC's site with one small real weekly file."""
    weekly = tmp_path / "dea" / "newcot" / "FinFutWk.txt"
    weekly.parent.mkdir(parents=True)
    shutil.copy(next((shared_data / "cftc").rglob("FinFutWk.txt")), weekly)
    settings.COT_SOURCE_DIR = str(tmp_path)
    settings.COT_KEEP_FILES = False
    return tmp_path


def updates():
    return JobRun.objects.of("cot_update")


def dump() -> dict[str, str]:
    """Every table, but for the diary of runs."""
    models = [model for model in apps.get_models() if model is not JobRun]
    return {
        m._meta.label: serializers.serialize("json", m._base_manager.order_by("pk")) for m in models
    }


@pytest.mark.real
@pytest.mark.django_db
def test_every_job_a_second_time_leaves_the_database_as_it_was(site: Path):
    with time_machine.travel(FRIDAY_NIGHT, tick=False):
        for name in jobs.every_job():
            assert jobs.run(name, key="first").status == "ok"
        before = dump()
        for name in jobs.every_job():
            assert jobs.run(name, key="second").status == "ok"
        assert dump() == before
    assert Observation.objects.exists(), "the weekly update stored the file"


@pytest.mark.django_db
def test_a_source_that_gives_nothing_fails_the_job_with_its_reason(tmp_path: Path, settings):
    """UpstreamError is what the task's retry policy waits for."""
    settings.COT_SOURCE_DIR = str(tmp_path)
    with pytest.raises(UpstreamError):
        jobs.run("weekly_cot_update", key="k")
    record = JobRun.objects.get(name="weekly_cot_update")
    assert record.status == "failed"
    assert record.error.startswith("UpstreamError: ")


@pytest.mark.django_db
def test_a_job_beside_a_running_update_ends_as_locked():
    with named_lock(update.LOCK):
        assert jobs.run("weekly_cot_update", key="k").status == "locked"


@pytest.mark.django_db
def test_the_retry_leaves_the_first_load_to_the_one_who_starts_it():
    assert "skipped" in scheduled.update_if_missing(Run(), FRIDAY_NIGHT)
    assert not updates().exists()


@pytest.mark.real
@pytest.mark.django_db
def test_the_retry_does_nothing_while_the_feed_is_fresh_and_asks_again_when_a_report_is_late(
    site: Path,
):
    update.run(options=Options())
    newest = Observation.objects.latest("report_date")
    assert scheduled.update_if_missing(Run(), newest.release_at) == {"skipped": "fresh"}
    assert updates().count() == 1
    later = datetime(newest.release_at.year + 1, 1, 15, tzinfo=UTC)
    assert scheduled.update_if_missing(Run(), later) == {"run": updates().first().pk}
    assert updates().count() == 2


@pytest.mark.real
@pytest.mark.django_db
@pytest.mark.parametrize("gap", ["a series behind the others", "a run that was partial"])
def test_the_retry_brings_the_series_that_friday_did_not(site: Path, gap: str):
    """One fresh series does not speak for the others."""
    update.run(options=Options())
    newest = Observation.objects.latest("report_date")
    if gap == "a run that was partial":
        updates().update(status=JobRun.Status.PARTIAL)
    else:
        file = source_file("legacy")
        observation(newest.market, newest.report_date - timedelta(days=7), file)
        deriving.rebuild_board([VARIANTS["legacy_fo"]])
    assert "skipped" not in scheduled.update_if_missing(Run(), newest.release_at)
    assert updates().count() == 2


@pytest.mark.django_db
def test_nothing_is_fetched_over_a_loaded_demo():
    SourceFile.objects.create(
        url="demo",
        kind="yearly",
        report_type="tff",
        subtype="fo",
        fetched_at=FRIDAY_NIGHT,
        status="stored",
        is_demo=True,
    )
    assert "demo" in scheduled.update_now(Run())["skipped"]
    assert not updates().exists()


@pytest.fixture
def health_check(capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[int, dict]]:
    def check() -> tuple[int, dict]:
        out = StringIO()
        try:
            call_command("health_check", json=True, stdout=out)
        except SystemExit as ended:
            return int(str(ended.code)), json.loads(out.getvalue())
        return 0, json.loads(out.getvalue())

    return check


@pytest.mark.real
@pytest.mark.django_db
def test_the_health_check_ends_with_one_once_the_data_is_stale(
    site: Path, settings, health_check: Callable[[], tuple[int, dict]]
):
    settings.SCHEDULER_ENABLED = False
    code, body = health_check()
    assert (code, body["checks"]["cot"]["status"], body["feed"]["newest_report_date"]) == (
        1,
        "failed",
        None,
    )
    update.run(options=Options())
    newest = Observation.objects.latest("report_date")
    with time_machine.travel(newest.release_at, tick=False):
        code, body = health_check()
    assert (code, body["status"], body["feed"]["state"]) == (0, "ok", "fresh")
    assert body["feed"]["newest_report_date"] == newest.report_date.isoformat()
    with time_machine.travel(datetime(newest.release_at.year + 1, 1, 15, tzinfo=UTC), tick=False):
        code, body = health_check()
    assert (code, body["feed"]["state"]) == (1, "stale")
