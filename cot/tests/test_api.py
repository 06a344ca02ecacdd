"""State, calendar, quality, registry and watch list over the API."""

from __future__ import annotations

from datetime import date

import pytest

from core import versions
from cot.models import Market, ObservationVersion, QuarantinedRow, ReviewItem, WatchItem
from cot.selectors import watchlist
from cot.tests.stored import instant, market, observation, source_file, weeks

pytestmark = pytest.mark.django_db
PREFIX = "/api/v1/cot"
PATHS = ["groups/disagg", "status", "calendar", "categories", "quality", "revisions", "watchlist"]


@pytest.fixture
def gold():
    found = market()
    weeks(found, source_file(), date(2026, 1, 6), 5, g3_long=10, g3_short=4)
    versions.bump("cot")
    return found


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_every_endpoint_answers_401(api, path):
    answer = api().get(f"{PREFIX}/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("path", PATHS)
def test_without_the_module_every_endpoint_answers_403(api, guest, path):
    answer = api(guest).get(f"{PREFIX}/{path}")
    assert (answer.status_code, answer.json()["error"]["details"]) == (403, {"permission": "cot"})


def test_groups_of_a_report_come_in_their_order_with_role_and_spread(api, owner):
    groups = api(owner).get(f"{PREFIX}/groups/disagg").json()
    assert [(g["key"], g["short"], g["role"], g["has_spread"]) for g in groups] == [
        ("g1", "PM", "commercial", False),
        ("g2", "SD", "commercial", True),
        ("g3", "MM", "speculative", True),
        ("g4", "OR", "speculative", True),
        ("g5", "NR", "small", False),
    ]


def test_a_report_that_does_not_exist_is_422(api, owner):
    """Bad literal."""
    answer = api(owner).get(f"{PREFIX}/groups/daily")
    assert answer.status_code == 422
    assert "report_type" in answer.json()["error"]["details"]


def test_status_counts_what_is_stored_and_names_the_next_release(api, owner, gold):
    body = api(owner).get(f"{PREFIX}/status").json()
    assert body["variants"]["disagg_fo"] | {"last_file_at": None, "state": None} == {
        "total_records": 5,
        "total_markets": 1,
        "total_weeks": 5,
        "first_date": "2026-01-06",
        "last_date": "2026-02-03",
        "last_file_at": None,
        "state": None,
    }
    assert body["stale"] is True
    assert set(body["next_release"]) == {"report_date", "release_at", "source"}


def test_the_calendar_tells_release_source_and_what_is_stored(api, owner, gold):
    """2026-02-03 was released on 2026-02-06 at 20:30 UTC."""
    days = api(owner).get(f"{PREFIX}/calendar?date_from=2026-02-03&date_to=2026-02-10").json()
    assert [(d["report_date"], d["release_at"], d["stored"]) for d in days] == [
        ("2026-02-03", "2026-02-06T20:30:00Z", True),
        ("2026-02-10", "2026-02-13T20:30:00Z", False),
    ]


def test_spellings_of_before_are_still_read(api, owner, gold):
    client = api(owner)
    days, before = (
        client.get(f"{PREFIX}/calendar?{query}").json()
        for query in ("date_from=2026-02-03&date_to=2026-02-10", "from=2026-02-03&to=2026-02-10")
    )
    assert len(days) == 2
    assert days == before
    boards = [
        client.get(f"{PREFIX}/screener-v2?{name}=legacy").json()
        for name in ("report_type", "report")
    ]
    assert boards[0] == boards[1]
    refused = client.get(f"{PREFIX}/screener-v2?report=never").json()["error"]
    assert list(refused["details"]) == ["report"]


@pytest.mark.parametrize(
    ("query", "code", "wrong"),
    [
        ("date_from=yesterday", "invalid_date", ["date_from"]),
        ("date_from=2026-02-03&date_to=2026-01-01", "invalid_range", ["date_from", "date_to"]),
        ("date_to=2026-02-30", "invalid_date", ["date_to"]),
        ("date_from=9999-12-31", "invalid_range", ["date_from"]),
        ("date_to=0001-01-01", "invalid_range", ["date_to"]),
        ("date_from=1990-01-01&date_to=2026-01-01", "invalid_range", ["date_from", "date_to"]),
        ("from=2026-02-03&date_to=2026-01-01", "invalid_range", ["date_from", "date_to"]),
    ],
)
def test_a_bad_date_or_range_is_400_and_names_what_is_wrong(api, owner, query, code, wrong):
    answer = api(owner).get(f"{PREFIX}/calendar?{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], list(error["details"])) == (400, code, wrong)
    assert all(isinstance(texts, list) and texts[0] for texts in error["details"].values())


def test_categories_share_open_interest_of_the_newest_report(api, owner, gold):
    """1,000 of 1,000 contracts are metals."""
    body = api(owner).get(f"{PREFIX}/categories").json()
    assert body == [
        {
            "category": "metals",
            "sectors": ["precious"],
            "codes": 1,
            "oi_share": 100.0,
            "display": "Metals",
        }
    ]


def test_open_quarantined_rows_are_listed_and_settled_ones_only_on_request(api, owner, gold):
    file = gold.observations.first().source_file
    row = {
        "source_file": file,
        "report_type": "disagg",
        "subtype": "fo",
        "first_seen": instant(2026, 2, 7),
    }
    for line, resolved in ((7, None), (8, instant(2026, 2, 8))):
        QuarantinedRow.objects.create(
            line=line,
            raw="x",
            reasons=["long_side"],
            last_seen=instant(2026, 2, 7),
            resolved_at=resolved,
            code="088691",
            **row,
        )
    client = api(owner)
    assert [item["line"] for item in client.get(f"{PREFIX}/quality").json()["items"]] == [7]
    assert client.get(f"{PREFIX}/quality?open=false").json()["total"] == 2
    assert client.get(f"{PREFIX}/quality?code=084691").json()["total"] == 0


def test_review_files_and_gaps_are_lists_of_their_own(api, owner, gold):
    ReviewItem.objects.create(kind="unclassified", market=gold, opened_at=instant(2026, 2, 7))
    file = gold.observations.first().source_file
    observation(gold, date(2026, 3, 3), file)
    weeks(market("084691", name="SILVER"), file, date(2026, 2, 3), 5)
    versions.bump("cot")
    client = api(owner)
    assert client.get(f"{PREFIX}/quality?kind=review").json()["items"][0]["code"] == "088691"
    assert client.get(f"{PREFIX}/quality?kind=files").json()["total"] == 1
    gaps = client.get(f"{PREFIX}/quality?kind=gaps&report_type=disagg&subtype=fo").json()
    assert [(gap["code"], gap["last_before"], gap["missing"]) for gap in gaps["items"]] == [
        ("088691", "2026-02-03", 3)
    ]


@pytest.mark.parametrize(
    "query",
    [
        "kind=nonsense",
        "report_type=daily",
        "kind=gaps&report_type=daily",
        "limit=-1",
        "limit=x",
        "opne=true",
    ],
)
def test_a_bad_or_misspelt_filter_is_422(api, owner, query):
    assert api(owner).get(f"{PREFIX}/quality?{query}").status_code == 422


def test_a_replaced_number_says_what_it_was_and_what_it_is(api, owner, gold):
    week = gold.observations.last()
    ObservationVersion.objects.create(
        observation=week,
        version=1,
        facts={"open_interest": 1000, "g3_long": 9, "g3_short": 4},
        known_at=week.known_at,
        superseded_at=instant(2026, 2, 20),
        source_file=week.source_file,
        source_line=3,
    )
    items = api(owner).get(f"{PREFIX}/revisions?code=088691").json()["items"]
    assert [(i["field"], i["was"], i["is"]) for i in items] == [("g3_long", 9, 10)]
    assert not any(isinstance(value, float) for i in items for value in (i["was"], i["is"]))


def test_a_market_is_watched_once_and_taken_off_again(api, owner, stranger, gold):
    """The list is the caller's own."""
    client = api(owner)
    assert client.put(f"{PREFIX}/watchlist/088691").status_code == 204
    assert client.put(f"{PREFIX}/watchlist/088691").status_code == 204
    assert client.get(f"{PREFIX}/watchlist").json() == ["088691"]
    assert api(stranger).get(f"{PREFIX}/watchlist").json() == []
    assert client.delete(f"{PREFIX}/watchlist/088691").status_code == 204
    assert WatchItem.objects.count() == 0


def test_watching_an_unknown_market_is_404(api, owner, gold):
    assert api(owner).put(f"{PREFIX}/watchlist/999999").status_code == 404


def test_the_201st_watched_market_is_refused(owner, gold):
    day = {
        "first_date": date(2026, 1, 6),
        "last_date": date(2026, 1, 6),
        "primary_report": "disagg",
    }
    Market.objects.bulk_create(Market(code=f"{n:06d}", name=str(n), **day) for n in range(200))
    for n in range(200):
        watchlist.watch(user=owner, code=f"{n:06d}")
    with pytest.raises(watchlist.WatchlistFull):
        watchlist.watch(user=owner, code="088691")
    assert WatchItem.objects.count() == 200
