"""What is stored and how fresh it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from core import versions
from core.locks import named_lock
from core.models import JobRun
from cot.models import QuarantinedRow, ReviewItem
from cot.pipeline import deriving
from cot.selectors import status
from cot.tests.stored import instant, market, observation, source_file, weeks
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db
NOW = instant(2026, 2, 7)  # the Saturday after the release of 2026-02-03


@pytest.fixture
def two_variants():
    gold, silver = market(), market("084691", name="SILVER")
    futures, combined = source_file(), source_file(subtype="co", fetched_at=instant(2026, 1, 3))
    weeks(gold, futures, date(2026, 1, 6), 5)
    observation(silver, date(2026, 2, 3), futures)
    observation(gold, date(2025, 12, 30), combined)
    deriving.rebuild_board([VARIANTS["disagg_fo"], VARIANTS["disagg_co"]])
    versions.bump("cot")


def test_an_empty_database_has_six_variants_without_a_state():
    """Nothing is stored, so nothing is called fresh."""
    found = status.status(NOW)
    assert len(found.variants) == 6
    assert {part.state for part in found.variants.values()} == {None}
    assert (found.overall.total_records, found.overall.state, found.last_run, found.running) == (
        0,
        "stale",
        None,
        None,
    )


def test_rows_markets_weeks_and_dates_are_counted_per_variant(two_variants):
    found = status.status(NOW)
    futures, combined = found.variants["disagg_fo"], found.variants["disagg_co"]
    assert (futures.total_records, futures.total_markets, futures.total_weeks) == (6, 2, 5)
    assert (futures.first_date, futures.last_date, futures.state) == (
        date(2026, 1, 6),
        date(2026, 2, 3),
        "fresh",
    )
    assert (combined.total_records, combined.last_date, combined.state) == (
        1,
        date(2025, 12, 30),
        "stale",
    )
    assert combined.last_file_at == instant(2026, 1, 3)


def test_overall_counts_a_market_of_two_variants_once(two_variants):
    """7 rows, but two markets in six weeks; one series that is stale makes the whole so."""
    overall = status.status(NOW).overall
    assert (overall.total_records, overall.total_markets, overall.total_weeks) == (7, 2, 6)
    assert (overall.first_date, overall.last_date, overall.state) == (
        date(2025, 12, 30),
        date(2026, 2, 3),
        "stale",
    )
    assert overall.last_file_at == instant(2026, 2, 7)


def test_a_withdrawn_row_is_not_counted(two_variants):
    silver = market("084694", name="MICRO SILVER")
    observation(silver, date(2026, 2, 3), source_file(), withdrawn_at=NOW)
    versions.bump("cot")
    assert status.status(NOW).overall.total_records == 7


def test_a_file_that_could_not_be_fetched_is_no_arrival(two_variants):
    """`last_file_at` is when a file last came."""
    source_file(fetched_at=instant(2026, 2, 8), status="failed")
    assert status.status(NOW).variants["disagg_fo"].last_file_at == instant(2026, 2, 7)


def test_the_counts_of_a_run_are_added_up_over_its_variants():
    counts = {
        "disagg_fo": {
            "inserted": 3,
            "updated": 1,
            "unchanged": 10,
            "quarantined": 2,
            "error": None,
        },
        "tff_fo": {"inserted": 4, "updated": 0, "unchanged": 0, "quarantined": 0, "error": None},
    }
    JobRun.objects.create(
        name="cot_update",
        trigger="command",
        started=instant(2026, 2, 6, 21),
        finished=instant(2026, 2, 6, 21, 2),
        status="ok",
        result={"variants": counts},
    )
    run = status.status(NOW).last_run
    assert run is not None
    assert (run.inserted, run.updated, run.unchanged, run.quarantined, run.seconds) == (
        7,
        1,
        10,
        2,
        120,
    )


def test_a_run_under_way_is_not_the_last_run():
    JobRun.objects.create(
        name="cot_update", started=instant(2026, 2, 6, 21), progress={"done": 1, "total": 8}
    )
    with named_lock("cot_update"):
        found = status.status(NOW)
    assert found.last_run is None
    assert found.running is not None
    assert found.running.progress == {"done": 1, "total": 8}


def test_open_items_are_counted_and_closed_ones_are_not():
    file = source_file()
    seen = {
        "first_seen": NOW,
        "last_seen": NOW,
        "report_type": "disagg",
        "subtype": "fo",
        "source_file": file,
    }
    QuarantinedRow.objects.create(line=2, reasons=["long_side"], raw="…", **seen)
    QuarantinedRow.objects.create(
        line=3, reasons=["long_side"], raw="…", resolved_at=NOW, resolution="corrected", **seen
    )
    ReviewItem.objects.create(kind="restated_closed_year", opened_at=NOW)
    found = status.status(NOW)
    assert (found.quarantine_open, found.review_open) == (1, 1)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 2, 7, tzinfo=UTC), datetime(2026, 2, 13, 21, tzinfo=UTC)),
        (
            datetime(2026, 3, 28, tzinfo=UTC),
            datetime(2026, 4, 3, 20, tzinfo=UTC),
        ),  # clocks move on 29 March in Kyiv
    ],
)
def test_the_next_run_of_a_job_is_on_the_clock_of_its_zone(now, due):
    """Friday 23:00 in Kyiv is 21:00 UTC in winter and 20:00 in summer."""
    PeriodicTask.objects.filter(task__contains="cot").delete()
    friday, _new = CrontabSchedule.objects.get_or_create(
        minute="0", hour="23", day_of_week="5", timezone="Europe/Kyiv"
    )
    PeriodicTask.objects.create(name="weekly_cot_update", task="weekly_cot_update", crontab=friday)
    PeriodicTask.objects.create(name="cot_retry", task="cot_retry", crontab=friday, enabled=False)
    assert [(job.name, job.next_run) for job in status.jobs(now)] == [
        ("cot_retry", None),
        ("weekly_cot_update", due),
    ]


def test_the_next_releases_come_with_their_source():
    """Nothing moves the release of 2026-02-03; the week of Presidents' Day has its holiday on Monday."""
    found = status.upcoming(instant(2026, 2, 4), 3)
    assert [(release.report_date, release.release_at, release.source) for release in found] == [
        (date(2026, 2, 3), instant(2026, 2, 6, 20, 30), "derived"),
        (date(2026, 2, 10), instant(2026, 2, 13, 20, 30), "derived"),
        (date(2026, 2, 17), instant(2026, 2, 20, 20, 30), "derived"),
    ]


def test_the_whole_status_costs_few_queries(two_variants, django_assert_max_num_queries):
    """Asked by every open data page once a second while a run is under way."""
    status.status(NOW)
    with django_assert_max_num_queries(12):
        status.status(NOW)


@pytest.fixture
def only_disaggregated_arrived(db):
    """Friday evening of 6 February, four hours after the release: legacy still ends the week before."""
    gold = market()
    observation(gold, date(2026, 1, 27), source_file("legacy"))
    weeks(gold, source_file(), date(2026, 1, 27), 2)
    deriving.rebuild_board([VARIANTS["legacy_fo"], VARIANTS["disagg_fo"]])
    versions.bump("cot")
    with time_machine.travel(instant(2026, 2, 7, 0, 30), tick=False):
        yield


def test_every_place_tells_the_state_of_the_worst_series_and_its_name(
    only_disaggregated_arrived, api, web, viewer, client, capsys
):
    """A series late by an hour and a half makes the feed late, however fresh the others are."""
    body = api(viewer).get("/api/v1/cot/status").json()
    assert (body["state"], body["overall"]["state"], body["stale"]) == ("late", "late", False)
    assert body["behind"] == ["legacy_fo"]
    assert (body["variants"]["legacy_fo"]["state"], body["variants"]["disagg_fo"]["state"]) == (
        "late",
        "fresh",
    )
    check = client.get("/health/").json()["checks"]["cot"]
    assert (check["status"], check["note"]) == ("failed", "late: legacy_fo")
    text = client.get("/metrics/").content.decode()
    for source, state in (("cot", "late"), ("cot_legacy_fo", "late"), ("cot_disagg_fo", "fresh")):
        assert f'equilibrium_feed_state{{source="{source}",state="{state}"}} 1.0' in text
    page = web(viewer).get("/cot/data/").content.decode()
    told = "the next report is late: Legacy · Futures"
    assert f'class="feed late" title="{told}"' in page
    assert f"Newest report: Tue 3 Feb 2026 ({told})" in " ".join(page.split())
    with pytest.raises(SystemExit) as ended:
        call_command("health_check")
    assert ended.value.code == 1
    assert "Report of 2026-02-03 missing: legacy_fo." in capsys.readouterr().out


def test_metrics_tell_the_age_of_each_series_and_what_waits(two_variants, client):
    """A series without rows has no age."""
    file = source_file()
    QuarantinedRow.objects.create(
        source_file=file, line=1, raw="x", report_type="disagg", subtype="fo", reasons=["change"],
        first_seen=NOW, last_seen=NOW,
    )  # fmt: skip
    lines = client.get("/metrics/").content.decode().splitlines()
    found = dict(
        line.rsplit(" ", 1)
        for line in lines
        if line.startswith(("equilibrium_data_age", "equilibrium_cot_open"))
    )
    ages = {name: float(value) for name, value in found.items() if "data_age" in name}
    assert set(ages) == {
        f'equilibrium_data_age_seconds{{source="cot_disagg_{basis}"}}' for basis in ("fo", "co")
    }
    assert ages['equilibrium_data_age_seconds{source="cot_disagg_co"}'] - min(
        ages.values()
    ) == pytest.approx(35 * 86400, abs=5)
    assert found['equilibrium_cot_open{kind="quarantine"}'] == "1.0"
