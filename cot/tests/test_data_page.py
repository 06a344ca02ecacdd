"""The data page: what is stored, releases, runs, lists, and what an administrator may do."""

from __future__ import annotations

import re
from contextlib import ExitStack
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import timezone
from django.utils.html import escape
from django.utils.http import urlencode

from accounts.models import AuditEntry
from core import versions
from core.locks import Locked, named_lock
from core.models import JobRun
from cot.models import ObservationVersion, QuarantinedRow, ReviewItem
from cot.pipeline import deriving
from cot.tests.stored import instant, market, observation, source_file, weeks
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db
DATA = "/cot/data/"


@pytest.fixture
def gold(db):
    """Gold over five weeks, one line set aside, one question, one run that ended."""
    file = source_file()
    gold = market()
    weeks(gold, file, date(2026, 1, 6), 5)
    QuarantinedRow.objects.create(
        source_file=file, line=17, raw="GOLD - COMEX, 1, 2", report_type="disagg", subtype="fo", code="088691",
        report_date=date(2026, 2, 3), reasons=["long_side"], first_seen=instant(2026, 2, 7), last_seen=instant(2026, 2, 7),
        details={"identities": [{"identity": "open_interest = sum of long", "left": 567390, "right": 567380, "allowed": 0}]},
    )  # fmt: skip
    ReviewItem.objects.create(
        kind="unit_changed",
        market=gold,
        opened_at=instant(2026, 2, 7),
        payload={"open_interest": [100, 500]},
    )
    JobRun.objects.create(
        name="cot_update", key="1", trigger="command", status="partial",
        started=instant(2026, 2, 6, 21), finished=instant(2026, 2, 6, 21, 2), error="tff_fo: no answer",
        result={"variants": {"disagg_fo": {"inserted": 5, "updated": 1, "unchanged": 0, "quarantined": 1}}},
    )  # fmt: skip
    versions.bump("cot")
    return gold


def left_running():
    """What a run that was killed leaves: its record, and nobody who holds its lock."""
    progress = {"done": 3, "total": 12, "note": "files/a.zip"}
    return JobRun.objects.create(
        name="cot_update", key="2", started=timezone.now(), progress=progress
    )


@pytest.fixture
def under_way():
    """`under_way()` begins a run that works until the test ends: its record, while its lock is held."""
    with ExitStack() as stack:

        def begin():
            stack.enter_context(named_lock("cot_update"))
            return left_running()

        yield begin


def page(client, query=""):
    return client.get(DATA + query).content.decode()


def test_a_stranger_signs_in_first_and_a_guest_reads_who_can_grant_it(gold, web, guest):
    assert web().get(DATA).url.startswith("/accounts/login/")
    assert web(guest).get(DATA).status_code == 403
    assert web(guest).get("/cot/data/run/?since=2026-02-06T21:00:00Z").status_code == 403


def test_an_empty_database_says_so_and_names_the_command(db, web, viewer):
    """It says what it is for, and the one next step."""
    html = page(web(viewer))
    assert "No report is stored yet." in html
    assert "python manage.py update_cot" in html


def test_each_of_the_six_reports_stands_with_its_span(gold, web, viewer):
    """Per variant first, last, weeks, markets, rows, state."""
    html = page(web(viewer))
    table = html[html.index("Six reports") : html.index("Last runs")]
    assert len(re.findall(r'<th scope="row">', table)) == 6
    row = next(part for part in table.split("<tr>") if "6 Jan 2026" in part)
    assert re.findall(r"<td>([^<]*)</td>", row)[:5] == ["6 Jan 2026", "3 Feb 2026", "5", "1", "5"]


def test_a_run_shows_its_counts_and_its_error(gold, web, viewer):
    html = page(web(viewer))
    run = html[html.index("6 Feb 2026, 21:00") :][:900]
    assert re.findall(r"<td>([^<]*)</td>", run)[1:5] == ["5", "1", "0", "1"]
    assert "tff_fo: no answer" in html


def test_a_line_set_aside_shows_both_sides_of_the_identity(gold, web, viewer):
    """567,390 against 567,380, ten apart, nothing allowed."""
    html = page(web(viewer))
    row = next(part for part in html.split("<tr>") if "open_interest = sum of long" in part)
    assert re.findall(r"<td(?: rowspan=\"1\")?>([^<]*)</td>", row) == [
        "3 Feb 2026",
        "567\u202f390",
        "567\u202f380",
        "10",
        "0",
    ]
    assert "disagg_fo.zip:17" in row


def test_a_line_that_breaks_two_identities_is_one_line_with_two_reasons(gold, web, viewer, api):
    """Each reason has its two sides; the line is counted, listed over the API and closed once."""
    identities = [
        {"reason": "long_side", "identity": "sum of long", "left": 5, "right": 7, "allowed": 0},
        {
            "reason": "percent",
            "identity": "percent of g1",
            "left": 10.1,
            "right": 20,
            "allowed": 0.051,
        },
        {
            "reason": "percent",
            "identity": "percent of g2",
            "left": 11,
            "right": 20,
            "allowed": 0.051,
        },
    ]
    QuarantinedRow.objects.update(
        reasons=["long_side", "percent"], details={"identities": identities}
    )
    html = page(web(viewer), "?show=quarantine")
    assert html.count('<th scope="row" rowspan="2">') == html.count("disagg_fo.zip:17") == 1
    assert [text for text in ("sum of long", "percent of g1", "percent of g2") if text in html] == [
        "sum of long",
        "percent of g1",
    ]
    assert "and 1 more" in html
    for reason in ("long_side", "percent"):
        assert "disagg_fo.zip:17" in page(web(viewer), f"?show=quarantine&reason={reason}")
    assert "Nothing matches" in page(web(viewer), "?show=quarantine&reason=crop")
    [item] = api(viewer).get("/api/v1/cot/quality").json()["items"]
    assert item["reasons"] == ["long_side", "percent"]


def test_the_question_list_shows_what_was_seen(gold, web, viewer):
    assert "100 → 500" in page(web(viewer), "?show=review")


def test_a_revision_shows_field_old_and_new_number(gold, web, viewer):
    shown = gold.observations.latest("report_date")
    ObservationVersion.objects.create(
        observation=shown, version=1, facts={"open_interest": 900}, known_at=shown.known_at,
        superseded_at=shown.known_at + timedelta(days=7), source_file=shown.source_file, source_line=1,
    )  # fmt: skip
    row = page(web(viewer), "?show=revisions").partition("<code>open_interest</code>")[2]
    assert re.findall(r"<td[^>]*>([^<]*)</td>", row)[:2] == ["900", "1\u202f000"]


def test_lists_are_narrowed_by_code_and_reset(gold, web, viewer):
    """Filtered to nothing names the filter and the way back."""
    client = web(viewer)
    assert "disagg_fo.zip:17" in page(client, "?show=quarantine&code=088691&report=disagg")
    html = page(client, "?show=quarantine&code=001602")
    assert "Nothing matches" in html
    assert "Market code" in html[html.index("Nothing matches") :]


@pytest.mark.parametrize("name", ["quarantine", "review", "revisions", "gaps", "files"])
def test_every_list_says_when_there_is_nothing(db, web, viewer, name):
    html = page(web(viewer), f"?show={name}")
    assert 'class="all-well"' in html


@pytest.mark.parametrize(
    "query",
    [
        "show=secrets",
        "page=x",
        "report=zz",
        "basis=zz",
        "state=zz",
        "reason=zz",
        "code=tooLongCode",
    ],
)
def test_a_word_the_data_page_does_not_know_is_named_and_narrows_nothing(gold, web, viewer, query):
    answer = web(viewer).get(f"{DATA}?{query}")
    assert answer.status_code == 422
    band = re.search(r'<aside class="band not-understood".*?</aside>', answer.text, re.DOTALL)[0]
    assert f"{query.partition('=')[0]}: " in band
    assert "disagg_fo.zip:17" in answer.text
    assert not re.search(rf"""href="[^"]*{query}""", answer.text)


def test_several_words_that_are_not_understood_are_all_named_and_the_rest_narrows(
    gold, web, viewer
):
    text = web(viewer).get(f"{DATA}?report=zz&page=x&state=closed").text
    assert "report: " in text
    assert "page: " in text
    assert "disagg_fo.zip:17" not in text


def test_everything_fine_is_one_line(db, web, viewer):
    """The newest report that is out is stored, nothing is open."""
    from cot.publication import calendar

    expected = calendar.feed_state(timezone.now(), {}, {}, 10).expected_report_date
    observation(market(last_date=expected), expected, source_file())
    deriving.rebuild_board([VARIANTS["disagg_fo"]])
    versions.bump("cot")
    assert "Everything is in order" in page(web(viewer))


def test_only_an_administrator_closes_an_item(gold, web, viewer, owner, admin):
    """403 for everybody else; closing twice does nothing more."""
    item, row = ReviewItem.objects.get(), QuarantinedRow.objects.get()
    for person in (viewer, owner):
        assert web(person).post(f"{DATA}review/{item.pk}/close/").status_code == 403
        assert web(person).post(f"{DATA}quarantine/{row.pk}/close/").status_code == 403
        assert "/close/" not in page(web(person), "?show=review")
    client = web(admin)
    assert "/close/" in page(client, "?show=review")
    assert (
        client.post(f"{DATA}review/{item.pk}/close/", {"note": "known"}).url
        == f"{DATA}?show=review"
    )
    client.post(f"{DATA}review/{item.pk}/close/", {"note": "again"})
    client.post(f"{DATA}quarantine/{row.pk}/close/")
    item.refresh_from_db()
    row.refresh_from_db()
    assert (item.note, row.resolution) == ("known", "obsolete")
    assert client.get(f"{DATA}review/{item.pk}/close/").status_code == 405
    assert client.post(f"{DATA}review/999999/close/").status_code == 404


def test_only_an_administrator_starts_an_update(gold, web, owner, admin):
    assert web(owner).post(f"{DATA}update/").status_code == 403
    assert web(admin).get(f"{DATA}update/").status_code == 405
    assert "Update now" not in page(web(owner))
    assert "Update now" in page(web(admin))


def polled(html):
    return re.search(r'hx-get="(/cot/data/run/\?since=[^"]+)"', html)[1].replace("&amp;", "&")


def test_a_screen_reader_hears_of_a_run_at_most_every_ten_seconds(gold, web, viewer, under_way):
    """One region that stays where it is, changed by an answer in ten; the numbers beside it move every second."""
    client, heard = web(viewer), []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        under_way()
        clock.shift(0.9)  # no second is rounded to less than it lasts
        html = page(client)
        assert re.findall(r'<p[^>]* role="status"[^>]*>(.*?)</p>', html, re.S) == [""]
        for second in range(25):
            clock.shift(1)
            html = client.get(polled(html)).content.decode()
            assert 'role="status"' not in html
            assert "aria-live" not in html
            if spoken := re.search(
                r'<p id="running-told" hx-swap-oob="innerHTML">\s*(.*?)\s*</p>', html
            ):
                heard.append((second, spoken[1]))
    assert heard == [(second, "Update under way: 3 of 12 files") for second in (0, 11, 22)]


def test_a_run_that_begins_brings_its_button_in_place_of_the_waiting(gold, web, admin, under_way):
    """The button stands outside of what is swapped every second: the focus stays on it."""
    client, asked = web(admin), timezone.now()
    html = page(client, f"?{urlencode({'asked': asked.isoformat()})}")
    assert "Update asked for" in html
    assert "/cancel/" not in html
    waiting = client.get(polled(html))
    assert "HX-Retarget" not in waiting.headers
    under_way()
    begun = client.get(polled(waiting.content.decode()))
    assert (begun.headers["HX-Retarget"], begun.headers["HX-Reswap"]) == ("#running", "outerHTML")
    assert f'action="{DATA}cancel/"' in begun.content.decode()
    moving = client.get(polled(begun.content.decode()))
    assert "HX-Retarget" not in moving.headers
    assert "<button" not in moving.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_administrator_cancels_the_update_under_way(gold, web, owner, admin, under_way):
    """The run hears of it at its next file; who asked stands in the audit log."""
    record = under_way()
    assert web(owner).post(f"{DATA}cancel/").status_code == 403
    assert "/cancel/" not in page(web(owner))
    assert f'action="{DATA}cancel/"' in page(web(admin))
    web(admin).post(f"{DATA}cancel/")
    record.refresh_from_db()
    assert (record.status, record.cancel_asked is not None) == ("running", True)
    assert AuditEntry.objects.get(action="cancel_ingest").metadata == {"run": record.pk}
    assert web(admin).get(f"{DATA}cancel/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_an_update_is_refused_while_one_works_and_not_by_one_that_was_killed(
    gold, web, admin, monkeypatch
):
    asked, record = [], left_running()
    monkeypatch.setattr("celery.Task.delay", lambda self, **given: asked.append(self.name))
    with named_lock(record.name):
        answer = web(admin).post(f"{DATA}update/", follow=True)
        assert "An update is under way already." in answer.content.decode()
    assert asked == []
    web(admin).post(f"{DATA}update/")
    assert asked == ["cot_update_by_admin"]


def test_cancelling_what_was_killed_closes_its_record(gold, web, admin):
    record = left_running()
    answer = web(admin).post(f"{DATA}cancel/", follow=True)
    record.refresh_from_db()
    assert (record.status, record.error) == ("failed", "interrupted")
    assert "No update is under way." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_asked_update_runs_and_the_page_loads_anew_when_it_has_ended(
    web, admin, settings, tmp_path
):
    """A folder without reports fails the run, and the page shows that it did."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    settings.COT_SOURCE_DIR = str(tmp_path)
    from celery import current_app as app

    app.conf.task_always_eager = True
    try:
        client = web(admin)
        answer = client.post(f"{DATA}update/")
    finally:
        app.conf.task_always_eager = False
    run = JobRun.objects.of("cot_update").get()
    assert (run.trigger, run.status) == ("admin", "failed")
    assert AuditEntry.objects.get(action="run_ingest").actor == admin
    since = answer.url.partition("asked=")[2]
    assert client.get(f"/cot/data/run/?since={since}").headers["HX-Refresh"] == "true"


def test_a_killed_run_is_shown_as_interrupted_and_who_watches_it_hears_that_it_ended(
    gold, web, viewer, api
):
    """ "Running" is what holds the lock, whatever the record says."""
    record = left_running()
    html = page(web(viewer))
    assert "Update under way" not in html
    assert "interrupted" in html
    assert api(viewer).get("/api/v1/cot/status").json()["running"] is None
    since = urlencode({"since": record.started.isoformat()})
    assert web(viewer).get(f"/cot/data/run/?{since}").headers["HX-Refresh"] == "true"


def test_a_run_under_way_shows_its_files(gold, web, viewer, under_way):
    """A real progress bar with counts; it asks again until the run has ended."""
    under_way()
    html = page(web(viewer))
    assert re.search(r'<progress\s+value="3"\s+max="12"', html)
    part = web(viewer).get(polled(html))
    assert "3 of 12 files · a.zip" in part.content.decode()
    assert "HX-Refresh" not in part.headers
    for since in (
        "",
        "?since=",
        "?since=2026-13-45T00:00:00Z",
        "?since=soon",
        "?since=2026-02-03T10:00:00",
        "?since=9999-12-31T23:59:59-14:00",
    ):
        assert web(viewer).get(f"/cot/data/run/{since}").status_code == 404
    assert web(viewer).get(polled(html) + f"&told={'9' * 5000}").status_code == 200
    assert web(viewer).get(f"{DATA}?asked=2026-99-99T00:00:00Z").status_code == 200


def test_the_page_costs_few_queries(gold, web, viewer, django_assert_max_num_queries):
    """No query per row."""
    client = web(viewer)
    page(client)
    with django_assert_max_num_queries(22):
        page(client)


def test_a_run_that_found_another_at_work_says_so_in_the_language_of_the_page(gold, web, viewer):
    JobRun.objects.create(
        name="cot_update", key="2", trigger="schedule", status="locked",
        started=instant(2026, 2, 6, 21, 1), finished=instant(2026, 2, 6, 21, 1), error=str(Locked("cot_update")),
    )  # fmt: skip
    client = web(viewer)
    client.cookies["django_language"] = "uk"
    html = client.get(DATA).text
    assert "Працював інший запуск, який зберігає те саме" in html
    assert "Another run" not in html


def test_lists_call_a_market_as_people_do_and_name_that_of_the_cftc_second(gold, web, viewer):
    for shelf in ("review", "quarantine"):
        html = page(web(viewer), f"?show={shelf}")
        row = re.search(r'href="/cot/088691/">(.*?)</span>\s*(?:</t|\n)', html, re.DOTALL)[1]
        said = re.sub(
            r"\s+", " ", re.sub(r"<[^>]+>", " ", html[html.index('href="/cot/088691/">') :])
        )
        assert "Gold · GC GOLD · 088691" in said, (shelf, row)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("disagg_fo: no file of 2009, 2010", "За деякі із запитаних років немає файлу."),
        ("interrupted", "Його процес завершили до кінця роботи."),
        ("OperationalError: database or disk is full", "Диск або база даних заповнені."),
        ("KeyError: 'x'", "Завершився з помилкою."),
    ],
)
def test_what_went_wrong_in_a_run_is_said_in_the_language_of_the_page(db, web, viewer, error, said):
    """The raw text stands behind it."""
    JobRun.objects.create(
        name="cot_update", key="1", trigger="schedule", status="failed", started=timezone.now(), error=error,
    )  # fmt: skip
    html = web(viewer).get(DATA, headers={"Accept-Language": "uk"}).text
    assert said in html
    assert html.index(said) < html.index("Докладно") < html.index(escape(error))
