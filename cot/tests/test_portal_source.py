"""The API of the CFTC's Public Reporting Environment as the source of a run, against a server that answers like it."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import ThreadingHTTPServer

import pytest

from cot import scheduled
from cot.models import Market, Observation, ObservationVersion, QuarantinedRow, SourceFile
from cot.pipeline import calendar_pages, update
from cot.pipeline import portal as api
from cot.pipeline.opening import is_portal, open_source
from cot.pipeline.plan import Options
from cot.pipeline.portal import PortalSource, year_path
from cot.pipeline.source import Fetched, SourceDown, WebSource
from cot.tests.cftc_text import archive, market_codes, series, text
from cot.tests.portal_server import Handler, Portal
from cot.tests.portal_text import record
from cot.tests.test_portal_files import dump, real_rows, said
from cot.tests.test_update import put
from cot.variants import VARIANTS

DISAGG, LEGACY = VARIANTS["disagg_fo"], VARIANTS["legacy_co"]
YEAR = date(2025, 1, 7)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch: pytest.MonkeyPatch):
    """No pauses, and pages of thirty rows, of which 25 markets over four weeks are four."""
    settings.COT_KEEP_FILES = False
    settings.HTTP_RETRY_BACKOFF = 0
    settings.HTTP_TIMEOUT = 5
    settings.COT_SOURCE_DIR = ""
    monkeypatch.setattr(api, "PAGE", 30)


@pytest.fixture
def served() -> Iterator[tuple[str, Portal]]:
    """The address of its data sets, and what it says; at first a month of 2025 of one report."""
    portal = Portal(rows={DISAGG.dataset: records(rows())})
    handler = type("Answering", (Handler,), {"portal": portal})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/resource", portal
    server.shutdown()
    server.server_close()


def rows(weeks: int = 4, count: int = 25, first: date = YEAR, variant=DISAGG):
    return [
        row
        for code in market_codes(count)
        for row in series(
            variant, [100 + 10 * week for week in range(weeks)], code=code, first=first
        )
    ]


def records(rows, variant=DISAGG):
    return [record(variant, row) for row in rows]


def run(address: str, *variants, years=(2025,), **options):
    chosen = variants or (DISAGG,)
    return update.run(options=Options(variants=chosen, source=address, years=years, **options))


def counts(summary):
    return summary.variants["disagg_fo"]


def source(address: str, *, timeout: float = 5, tries: int = 3, **more) -> PortalSource:
    return PortalSource(WebSource(address, timeout=timeout, tries=tries, backoff=0, **more))


PATH = year_path(DISAGG, 2025)


@pytest.mark.parametrize(
    ("address", "is_api"),
    [
        ("https://publicreporting.cftc.gov", True),
        ("https://publicreporting.cftc.gov/", True),
        ("https://publicreporting.cftc.gov/resource/", True),
        ("http://127.0.0.1:8100/resource", True),
        ("http://127.0.0.1:8100", False),
        ("https://www.cftc.gov", False),
        ("http://[::1", False),
    ],
)
def test_the_address_says_whether_it_is_the_api(address: str, is_api: bool):
    assert is_portal(address) == is_api
    opened = open_source(address, timeout=1, tries=1, backoff=0)
    assert isinstance(opened, PortalSource) == is_api
    if is_api:
        assert opened.address.endswith("/resource")


def test_a_year_comes_page_by_page_in_a_fixed_order(served):
    address, portal = served
    summary = run(address)
    assert (summary.status, counts(summary).inserted) == ("ok", 100)
    assert [query["$offset"] for query in portal.pages] == ["0", "30", "60", "90"]
    assert len({(query["$order"], query["$limit"]) for query in portal.pages}) == 1
    assert {query["path"] for query in portal.asked} == {f"/resource/{DISAGG.dataset}.csv"}
    (file,) = SourceFile.objects.all()
    assert (file.kind, file.year, file.rows, file.status) == ("portal", 2025, 100, "stored")
    assert file.url == f"{address}/{PATH}"
    assert file.last_modified == portal.modified


@pytest.mark.real
@pytest.mark.parametrize("key", ["disagg_fo", "legacy_co", "tff_co"])
def test_the_api_after_the_official_text_changes_nothing_and_alone_says_the_same(
    served, key: str, shared_data, tmp_path
):
    """Real weeks of some markets, one year of each report."""
    address, portal = served
    variant = VARIANTS[key]
    found = real_rows(shared_data, variant, every=60)
    year = int(found[0]["report_date"][:4])
    put(tmp_path, variant.yearly_path(year), archive(text(found)))
    portal.rows = {variant.dataset: records(found, variant)}
    assert run(str(tmp_path), variant, years=(year,)).status == "ok"
    before, all_said = dump(), said()
    summary = run(address, variant, years=(year,))
    assert (summary.status, summary.variants[key].unchanged) == ("ok", len(found))
    assert dump() == before
    Observation.objects.all().delete()
    Market.objects.all().delete()
    SourceFile.objects.all().delete()
    assert run(address, variant, years=(year,)).status == "ok"
    assert said() == all_said


def test_every_report_has_a_data_set_of_its_own(served):
    address, portal = served
    portal.rows = {
        variant.dataset: records(rows(1, 3, variant=variant), variant)
        for variant in VARIANTS.values()
    }
    summary = run(address, *VARIANTS.values())
    assert summary.status == "ok"
    assert {key: found.inserted for key, found in summary.variants.items()} == dict.fromkeys(VARIANTS, 3)  # fmt: skip


def test_a_year_that_is_stored_is_asked_for_again_while_it_is_open_and_answered_304(served):
    address, portal = served
    portal.rows[DISAGG.dataset] += records(rows(1, first=date(2021, 1, 5)))
    assert run(address, years=(2021, 2025)).status == "ok"
    assert Observation.objects.count() == 125
    portal.asked.clear()
    summary = run(address, years=(2021, 2025))
    assert counts(summary).files == {"skipped": 1, "not_modified": 1}
    assert len(portal.asked) == 1
    before = dump()
    assert counts(run(address, years=(2021, 2025), force=True)).unchanged == 125
    assert dump() == before


def test_pages_shorter_than_asked_for_are_followed_to_the_end(served):
    address, portal = served
    portal.at_most = 7
    assert counts(run(address)).inserted == 100
    assert len(portal.pages) == 15


def nothing(handler: Handler) -> bool:
    """A page without rows, though there are some."""
    handler.say(200, handler.page(DISAGG.dataset, [], {"$order": "id"}))
    return True


def grows(handler: Handler) -> bool:
    """A week is published before the answer, and no header tells of it."""
    rows_now = handler.portal.rows[DISAGG.dataset]
    last = max(row["report_date_as_yyyy_mm_dd"] for row in rows_now)
    later = date.fromisoformat(last[:10]) + timedelta(days=7)
    rows_now += records(rows(1, first=later))
    return False


def shrinks(handler: Handler) -> bool:
    del handler.portal.rows[DISAGG.dataset][:5]
    return False


def changes(handler: Handler) -> bool:
    """As many rows as before, under a new time stamp."""
    handler.portal.modified += timedelta(seconds=5)
    return False


MID_RUN = {"an empty page": nothing, "more rows": grows, "fewer rows": shrinks, "others": changes}


@pytest.mark.parametrize("fault", MID_RUN.values(), ids=MID_RUN)
def test_a_data_set_that_changes_while_it_is_read_is_read_again(served, fault):
    """In the third request, the second page; a part of a year never passes for the year."""
    address, portal = served
    portal.faults = [None, None, fault]
    summary = run(address)
    assert summary.status == "ok"
    whole = len(portal.rows[DISAGG.dataset])
    assert (counts(summary).inserted, Observation.objects.count()) == (whole, whole)
    assert [query["$offset"] for query in portal.pages].count("0") == 2


@pytest.mark.parametrize("fault", MID_RUN.values(), ids=MID_RUN)
def test_one_that_never_stands_still_is_given_up_and_changes_nothing(served, fault):
    address, portal = served
    run(address)
    before = dump()
    portal.faults = [None, None, fault] * 40
    summary = run(address, force=True)
    assert summary.status == "failed"
    assert "3 times" in counts(summary).error
    assert dump() == before


def test_what_is_published_after_the_last_page_is_not_missed(served):
    """The rows are counted once more: between the last page and that count a week came."""
    address, portal = served
    portal.faults = [None] * 5 + [grows]
    assert counts(run(address)).inserted == 125


def refuses(status: int, content: bytes = b"", **headers: str) -> Callable[[Handler], bool]:
    def answer(handler: Handler) -> bool:
        handler.say(status, content, **headers)
        return True

    return answer


def test_a_throttled_request_waits_as_long_as_it_is_told_to(served):
    address, portal = served
    pauses: list[float] = []
    portal.faults = [None, None, refuses(429, Retry_After="2")]
    answer = source(address, sleep=pauses.append).fetch(PATH)
    assert isinstance(answer, Fetched)
    assert answer.content.count(b"\n") == 101
    assert 1.5 < max(pauses) <= 2


def test_an_api_that_asks_for_an_hour_is_left_alone_for_the_run(served):
    address, portal = served
    portal.rows[LEGACY.dataset] = records(rows(variant=LEGACY), LEGACY)
    portal.faults = [None, None, refuses(429, Retry_After="3600")]
    summary = run(address, DISAGG, LEGACY)
    assert summary.status == "failed"
    assert "HTTP 429" in counts(summary).error
    assert "asks to wait" in summary.variants["legacy_co"].error
    assert len(portal.asked) == 3
    assert not Observation.objects.exists()


FAULTS = {
    "an error of the query": (
        refuses(400, b'{"errorCode": "query.soql.no-such-column"}'),
        "HTTP 400",
    ),
    "a server error": (refuses(503), "HTTP 503"),
    "a page of another kind": (refuses(200, b"<html>Sorry, we moved</html>"), "no "),
    "an error said as success": (refuses(200, b'{"error": true}'), "no "),
    "no table": (refuses(200, b"\xff\xfe\x00"), "no "),
    "gone": (refuses(404), "not there"),
}


@pytest.mark.parametrize("at", [2, 5], ids=["a page", "the last count"])
@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_an_answer_that_is_none_fails_the_variant_and_changes_nothing(
    served, fault, said: str, at: int
):
    address, portal = served
    portal.faults = [None] * at + [fault] * 3
    summary = run(address)
    assert summary.status == "failed"
    assert said in counts(summary).error
    assert not Observation.objects.exists()
    assert not SourceFile.objects.exists()


def test_a_server_error_is_tried_again(served):
    address, portal = served
    portal.faults = [refuses(500), None, None, refuses(503), refuses(503)]
    assert counts(run(address)).inserted == 100


def test_a_dead_api_is_not_asked_for_every_year(served):
    address, portal = served
    portal.faults = [refuses(503)] * 60
    summary = run(address, years=tuple(range(2018, 2026)))
    assert summary.status == "failed"
    assert len({query["$where"] for query in portal.asked}) <= 4  # two, and what was under way


def test_all_pages_of_a_year_share_the_time_of_one_file(served, monkeypatch: pytest.MonkeyPatch):
    """Each answer in time, all together not."""
    monkeypatch.setattr(api, "SLOWEST", 10**9)
    address, portal = served

    def slow(handler: Handler) -> bool:
        time.sleep(0.4)
        return False

    portal.at_most = 2
    portal.faults = [slow] * 60
    with pytest.raises(SourceDown):
        source(address, timeout=1).fetch(PATH)
    assert len(portal.asked) < 10


def test_all_pages_of_a_year_share_the_size_of_one_file(served, monkeypatch: pytest.MonkeyPatch):
    address, portal = served
    monkeypatch.setattr(api, "MAX_DOWNLOAD", 60_000)
    with pytest.raises(SourceDown, match="larger than"):
        source(address).fetch(PATH)
    assert len(portal.pages) < 4


def test_redirects_of_the_api_end_after_five(served):
    address, portal = served
    portal.faults = [refuses(302, Location="/resource/round")] * 20
    with pytest.raises(SourceDown, match="5 redirects"):
        source(address).fetch(PATH)


def test_the_token_goes_to_the_api_and_nowhere_else(served, settings):
    """A redirect to another address is followed without it."""
    address, portal = served
    settings.CFTC_APP_TOKEN = "of-my-own"
    run(address)
    assert {head.get("x-app-token") for head in portal.headers} == {"of-my-own"}
    portal.headers.clear()
    elsewhere = address.replace("127.0.0.1", "localhost")
    portal.faults = [refuses(302, Location=f"{elsewhere}/{PATH}&$select=count(*)")]
    run(address, force=True)
    assert "localhost" in portal.headers[1]["host"]
    assert "x-app-token" not in portal.headers[1]
    assert portal.headers[2]["x-app-token"] == "of-my-own"
    settings.CFTC_APP_TOKEN = ""
    portal.headers.clear()
    run(address, force=True)
    assert not any("x-app-token" in head for head in portal.headers)


def test_a_dry_run_says_what_would_change_and_writes_nothing(served):
    address, _portal = served
    summary = run(address, dry_run=True)
    assert (summary.status, counts(summary).inserted) == ("ok", 100)
    assert not Observation.objects.exists()


def test_a_year_of_which_the_api_has_no_row_is_named(served):
    address, _portal = served
    for _ in range(2):
        summary = run(address, years=(2024, 2025))
        assert (summary.status, counts(summary).error) == ("partial", "no file of 2024")
    (missing,) = SourceFile.objects.filter(status="missing")
    assert (missing.year, missing.kind) == (2024, "portal")
    later = datetime.now(UTC).year + 1
    assert run(address, years=(2025, later)).status == "ok", "no report of it is out yet"


def test_a_data_set_that_is_not_there_fails_its_variant_alone(served):
    address, _portal = served
    summary = run(address, DISAGG, LEGACY)
    assert summary.status == "partial"
    assert summary.variants["legacy_co"].error == "no file of 2025"
    assert Observation.objects.count() == 100


def put_official(tmp_path, found, modified: datetime):
    put(tmp_path, DISAGG.yearly_path(2025), archive(text(found)), modified)
    return run(str(tmp_path))


OLD, NEW = datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)


def test_what_the_api_says_otherwise_is_a_revision_by_the_rules_of_all_files(served, tmp_path):
    """The newer time stamp has the last word, and what was said before is kept."""
    address, portal = served
    put_official(tmp_path, rows(), OLD)
    other = portal.rows[DISAGG.dataset][3]
    other["traders_m_money_long_all"] = "11"
    portal.modified = NEW
    assert counts(run(address)).updated == 1
    row = Observation.objects.get(version=2)
    assert (row.g3_traders_long, row.known_at) == (11, NEW)
    assert ObservationVersion.objects.get().facts["g3_traders_long"] == 12
    portal.modified = OLD - timedelta(days=9)
    other["traders_m_money_long_all"] = "10"
    run(address, force=True)
    assert Observation.objects.get(pk=row.pk).g3_traders_long == 11


def test_neither_publication_takes_back_what_the_other_brought(served, tmp_path):
    """The API lacks a row of the official text, later the text one of the API: both stay."""
    address, portal = served
    put_official(tmp_path, rows()[1:], OLD)
    del portal.rows[DISAGG.dataset][50]
    portal.modified = NEW
    assert counts(run(address)).withdrawn == 0
    summary = put_official(tmp_path, rows()[2:], NEW + timedelta(days=9))
    assert counts(summary).withdrawn == 1, "the second row, which it had brought itself"
    live = Observation.objects.filter(withdrawn_at=None)
    assert (Observation.objects.count(), live.count()) == (100, 99)


def test_a_row_that_the_api_no_longer_has_is_withdrawn(served):
    address, portal = served
    run(address)
    del portal.rows[DISAGG.dataset][50]
    portal.modified = NEW + timedelta(days=200)
    assert counts(run(address)).withdrawn == 1


def test_a_year_that_lost_a_twentieth_of_its_rows_is_refused(served, tmp_path):
    address, portal = served
    put_official(tmp_path, rows(), OLD)
    del portal.rows[DISAGG.dataset][::15]
    summary = run(address)
    assert "shrunken" in counts(summary).error
    assert Observation.objects.filter(withdrawn_at=None).count() == 100


def test_a_row_that_contradicts_itself_is_set_aside_and_the_others_are_stored(served):
    address, portal = served
    portal.rows[DISAGG.dataset][7]["open_interest_all"] = "7"
    summary = run(address)
    assert (counts(summary).inserted, counts(summary).quarantined) == (99, 1)
    reasons = set(QuarantinedRow.objects.get().reasons)
    assert reasons >= {"long_side", "short_side"}


def test_the_calendar_comes_from_the_site_though_the_reports_come_from_the_api(
    served, settings, monkeypatch: pytest.MonkeyPatch
):
    address, portal = served
    run(address)
    assert not any("MarketReports" in query["path"] for query in portal.asked)
    portal.asked.clear()
    settings.COT_SOURCE_DIR = address
    monkeypatch.setattr(scheduled, "CFTC", address.removesuffix("/resource"))
    scheduled.note_calendar(datetime.now(UTC))
    asked = {query["path"] for query in portal.asked}
    assert asked == {f"/{calendar_pages.SCHEDULE}", f"/{calendar_pages.ANNOUNCEMENTS}"}


def test_the_data_page_lists_years_of_the_api_by_data_set_and_year(served, web, owner):
    address, _portal = served
    run(address, years=(2024, 2025))
    shown = web(owner).get("/cot/data/?show=files").content.decode()
    listed = " ".join(re.sub(r"<[^>]+>", " ", shown).split())
    assert f"{DISAGG.dataset}.csv 2025" in listed
    assert f"{DISAGG.dataset}.csv 2024" in listed
    assert "year of the portal" in listed
