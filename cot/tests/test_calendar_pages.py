"""The CFTC's own pages about its calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from cot import scheduled
from cot.models import ReleaseNotice, ReviewItem
from cot.pipeline.calendar_pages import ANNOUNCEMENTS, SCHEDULE, plain_text, read_pages
from cot.pipeline.folder import FolderSource

pytestmark = pytest.mark.django_db
TODAY = date(2024, 1, 2)
TABLE = """<html><head><style>td { width: 12% }</style></head><body><p>Reports are released at 3:30 p.m. through 2024.</p>
<table><tr><th>2024</th><th colspan="5">Dates</th></tr>
<tr><td>January</td><td>05</td><td>12</td><td>19</td><td>26</td></tr>
<tr><td>June</td><td>07</td><td>14</td><td>24*</td><td>28</td></tr></table>
<p>*Delayed release date due to a Federal holiday.</p></body></html>"""


@pytest.fixture(autouse=True)
def own_var(settings, tmp_path: Path):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return tmp_path / "site"


def publish(site: Path, path: str, text: str) -> FolderSource:
    (site / path).parent.mkdir(parents=True, exist_ok=True)
    (site / path).write_text(text)
    return FolderSource(site)


def test_the_schedule_gives_one_notice_a_week_and_the_same_page_nothing_more(site: Path):
    source = publish(site, SCHEDULE, TABLE)
    assert read_pages(source, TODAY) == 8
    assert read_pages(source, TODAY) == 0
    delayed = ReleaseNotice.objects.get(report_date=date(2024, 6, 18))
    assert (delayed.source, delayed.release_at.date()) == ("scheduled", date(2024, 6, 24))
    assert not ReviewItem.objects.exists()


def test_a_new_layout_changes_nothing_and_is_put_before_a_person_once(site: Path):
    """Kept as text, review item, calendar unchanged."""
    for text in ("<html>new layout</html>", "<html>newer layout</html>"):
        assert read_pages(publish(site, SCHEDULE, text), TODAY) == 0
    assert not ReleaseNotice.objects.exists()
    assert ReviewItem.objects.get().payload["page"] == SCHEDULE
    assert read_pages(publish(site, SCHEDULE, TABLE), TODAY) == 8
    assert ReviewItem.objects.get().closed_at is not None


def test_a_changed_announcement_is_put_before_a_person(site: Path, settings):
    """Prose is for people: the first text is only kept."""
    read_pages(publish(site, ANNOUNCEMENTS, "<p>2023: nothing</p>"), TODAY)
    assert not ReviewItem.objects.exists()
    read_pages(publish(site, ANNOUNCEMENTS, "<p>2024: delayed</p>"), TODAY)
    item = ReviewItem.objects.get()
    kept = (
        settings.VAR_DIR / "cot" / "pages" / "HistoricalSpecialAnnouncements" / item.payload["text"]
    )
    assert kept.read_text() == "2024: delayed"


def test_a_source_without_these_pages_is_no_problem(site: Path):
    site.mkdir()
    assert read_pages(FolderSource(site), TODAY) == 0
    assert not ReviewItem.objects.exists()


def test_a_page_is_read_as_a_person_reads_it():
    assert plain_text(b"<script>let x = '<b>'</script><td>05</td>\n<td>12&nbsp;*</td>") == "05 12 *"


def test_the_daily_job_reads_exceptions_and_pages(site: Path, settings):
    publish(site, SCHEDULE, TABLE)
    settings.COT_SOURCE_DIR = str(site)
    now = datetime(2024, 1, 2, 6, tzinfo=UTC)
    assert scheduled.note_calendar(now) == {"new_notices": 59 + 8}
    assert scheduled.note_calendar(now) == {"new_notices": 0}
    settings.COT_SOURCE_DIR = str(site / "nowhere")
    assert scheduled.note_calendar(now) == {"new_notices": 0}
