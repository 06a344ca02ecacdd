"""The API document is true: real answers of the positioning API hold no field that it does not name, and all it promises."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from core import versions
from cot.models import ObservationVersion, QuarantinedRow, ReviewItem
from cot.pipeline import deriving
from cot.selectors import watchlist
from cot.selectors.weeks import FIELDS
from cot.tests.stored import instant, market, observation, source_file
from cot.variants import REPORTS, VARIANTS
from tests import document

FIRST = date(2024, 1, 2)
CODES = {"legacy": "099741", "disagg": "088691", "tff": "13874A"}
V1 = "/api/v1/cot"


@pytest.fixture(scope="module")
def stored(module_database):
    """Sixty weeks of a market in every report and basis, a replaced number, a line set aside, a question."""
    with module_database():
        for kind, code in CODES.items():
            found = market(
                code, primary_report=kind, category="currencies" if kind == "tff" else "metals"
            )
            for of in (variant for variant in VARIANTS.values() if variant.type == kind):
                file = source_file(kind, of.subtype)
                for week in range(60):
                    numbers = {
                        name: (7 * week + place) % 97 + 5 for place, name in enumerate(of.fields)
                    }
                    numbers["open_interest"] = 1000 + week
                    row = observation(found, FIRST + timedelta(weeks=week), file, **numbers)
        ObservationVersion.objects.create(
            observation=row, version=1, facts={"open_interest": 90, "g3_long": 9.0}, known_at=row.known_at,
            superseded_at=instant(2025, 6, 1), source_file=file, source_line=1,
        )  # fmt: skip
        QuarantinedRow.objects.create(
            source_file=file, line=3, raw="…", report_type="tff", subtype="fo", report_date=FIRST, code="13874A",
            reasons=["long_side"], details={"off": 1},
            first_seen=instant(2025, 6, 1), last_seen=instant(2025, 6, 1),
        )  # fmt: skip
        ReviewItem.objects.create(
            kind="unclassified",
            market_id="088691",
            payload={"why": "test"},
            opened_at=instant(2025, 6, 1),
        )
        deriving.rebuild_board(VARIANTS.values())
        versions.bump("cot")
        yield


@pytest.fixture
def ask(api, owner, stored):
    """The answer to a GET of the owner; the client itself compares it with the document."""
    client = api(owner)
    return lambda path, **query: client.get(f"{V1}/{path}", query)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("fields", FIELDS)
def test_every_column_of_every_report_is_documented(ask, variant, fields):
    address = f"{variant.type}/{variant.subtype}"
    body = ask(f"markets/{address}/{CODES[variant.type]}", fields=fields).json()
    assert len(body["weeks"]) == 60
    found = ask(f"export/{address}", fields=fields, format="json")
    assert len(document.judged("cot_export", found)) == 60


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_download_has_the_type_that_is_documented(ask, kind):
    assert ask("export/tff/co", format=kind).status_code == 200


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_column_of_every_board_is_documented(ask, variant):
    assert ask(f"screener/{variant.type}/{variant.subtype}").json()["total"] == 1
    assert ask("screener-v2", subtype=variant.subtype, universe="all").json()["total"] == 3


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)
def test_every_block_of_every_dashboard_is_documented(ask, variant):
    body = ask(
        f"dashboard/{CODES[variant.type]}", subtype=variant.subtype, range="all", lookback=52
    ).json()
    assert body["key"]["n"] == 52
    assert (
        ask(f"dashboard/{CODES[variant.type]}", subtype=variant.subtype, range="1M").status_code
        == 200
    )


@pytest.mark.parametrize(
    "path",
    [
        *(f"markets/{kind}/{basis}" for kind in REPORTS for basis in ("fo", "co")),
        *(f"groups/{kind}" for kind in REPORTS), "status", "calendar", "categories", "categories?subtype=co",
        *(f"quality?kind={kind}" for kind in ("quarantine", "review", "files", "gaps")), "revisions",
        *(f"definitions?lang={language}" for language in ("en", "uk", "ru")), "watchlist",
    ],
)  # fmt: skip
def test_every_other_list_is_documented(ask, path):
    assert ask(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("markets/disagg/fo/088691?as_of=never", 400), ("markets/disagg/fo/000000", 404), ("markets/daily/fo", 422),
        ("screener-v2?sort=nothing", 422), ("screener-v2?nothing=1", 422), ("dashboard/088691?report_type=tff", 422),
        ("export/disagg/fo?format=xml", 422), ("groups/daily", 422), ("quality?kind=none", 422),
        ("calendar?date_from=2026-01-02&date_to=2025-01-02", 400), ("definitions?lang=tlh", 422),
    ],
)  # fmt: skip
def test_every_error_is_documented(ask, path, status):
    assert ask(path).status_code == status


def test_a_stranger_is_answered_as_documented(api, guest, stored):
    assert api().get(f"{V1}/status").status_code == 401
    assert api(guest).get(f"{V1}/status").status_code == 403


def test_a_watched_market_is_answered_as_documented(api, owner, stored):
    client = api(owner)
    assert client.put(f"{V1}/watchlist/088691").status_code == 204
    assert watchlist.codes(owner) == ["088691"]
    assert client.get(f"{V1}/watchlist").json() == ["088691"]
    assert client.delete(f"{V1}/watchlist/088691").status_code == 204
    assert client.put(f"{V1}/watchlist/000000").status_code == 404


# Every operation of the module, and where one of its answers comes from.
ADDRESSES = {
    "cot_calendar": "calendar", "cot_categories": "categories", "cot_dashboard": "dashboard/088691",
    "cot_definitions": "definitions", "cot_export": "export/disagg/fo", "cot_groups": "groups/disagg",
    "cot_markets": "markets/disagg/fo", "cot_market": "markets/disagg/fo/088691", "cot_quality": "quality",
    "cot_revisions": "revisions", "cot_screener": "screener/disagg/fo", "cot_screener_v2": "screener-v2",
    "cot_status": "status", "cot_watchlist": "watchlist", "cot_watch": "watchlist/088691",
    "cot_unwatch": "watchlist/088691",
}  # fmt: skip


def test_no_operation_of_positioning_is_left_out(api, owner, stored):
    found = {
        name: where for name, where in document.operations().items() if name.startswith("cot_")
    }
    assert set(found) == set(ADDRESSES)
    client = api(owner)
    for name, (method, _path) in found.items():
        path = f"{V1}/{ADDRESSES[name]}"
        assert document.operation_of(method, path)["operationId"] == name
        assert getattr(client, method)(path).status_code in (200, 204), name


# --- the judge ---


def test_a_field_that_is_not_written_down_is_refused(ask):
    answer = ask("groups/disagg")
    answer.content = json.dumps([group | {"colour": "red"} for group in answer.json()])
    with pytest.raises(document.Undocumented, match="colour"):
        document.check("GET", f"{V1}/groups/disagg", answer)


def test_a_field_that_is_promised_and_missing_is_refused(ask):
    answer = ask("groups/disagg")
    answer.content = json.dumps([{"key": "g1"}])
    with pytest.raises(document.Undocumented, match="required"):
        document.check("GET", f"{V1}/groups/disagg", answer)


def test_a_status_that_is_not_written_down_is_refused(ask):
    answer = ask("groups/disagg")
    answer.status_code = 418
    with pytest.raises(document.Undocumented, match="418"):
        document.check("GET", f"{V1}/groups/disagg", answer)
