"""Small files on which the product once failed, taken in as an operator gives them, each with the right answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cot.models import (  # fmt: skip
    Market,
    MarketName,
    Observation,
    ObservationVersion,
    QuarantinedRow,
    ReviewItem,
)
from cot.pipeline import update
from cot.pipeline.plan import Options
from cot.tests.test_api_markets import get
from cot.variants import VARIANTS, Variant

LEGACY = (VARIANTS["legacy_fo"],)

pytestmark = [pytest.mark.django_db, pytest.mark.real]


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.COT_KEEP_FILES = False


@pytest.fixture
def load(cases: Path):
    def load(*names: str, variants: tuple[Variant, ...] = tuple(VARIANTS.values())):
        paths = tuple(str(cases / "cot" / name) for name in names)
        return update.run(options=Options(variants=variants, files=paths))

    return load


def test_a_report_type_answers_nothing_for_an_instant_before_it_existed(api, owner, load):
    load("22-disagg-2006.txt")
    client, path = api(owner), "markets/disagg/fo/088691"
    assert get(client, path, as_of="2008-01-01").status_code == 404
    assert get(client, path, as_of="2009-10-19").status_code == 404
    body = get(client, path, as_of="2009-10-20").json()
    assert len(body["weeks"]) == 3
    assert {week["release_at"] for week in body["weeks"]} == {"2009-10-20T19:30:00Z"}
    assert set(Observation.objects.values_list("vintage_basis", flat=True)) == {"backfilled"}


def test_a_board_says_of_when_it_is_and_a_market_what_else_was_known_of_it_then(api, owner, load):
    load("24-fortnightly-1995.txt", variants=LEGACY)
    load("22-disagg-2006.txt")
    client = api(owner)

    def told(path: str, **query: str) -> tuple[object, ...]:
        meta = get(client, path, universe="all", inactive="true", **query).json()["meta"]
        return meta["data_as_of"], meta["release_at"], meta["release_source"], meta["uncertain"]

    assert told("screener/legacy/fo") == ("1995-03-28", "1995-04-07T19:30:00Z", "derived", True)
    of_the_past = told("screener-v2", as_of="2009-10-20")
    assert of_the_past == told("screener-v2") == told("screener/disagg/fo", as_of="2009-10-20")
    assert of_the_past[1:] == ("2009-10-20T19:30:00Z", "announced", False)
    assert told("screener-v2", as_of="2009-10-19") == (None, None, None, False)

    for path in ("dashboard/088691", "markets/disagg/fo/088691"):
        for instant, available in {"2008-01-01": ["legacy_fo"], "1990-01-01": None}.items():
            answer = get(client, path, as_of=instant)
            assert answer.status_code == 404
            assert answer.json()["error"]["details"].get("available") == available


def test_reports_of_the_fortnightly_years_come_later_and_are_uncertain(api, owner, load):
    load("24-fortnightly-1995.txt", variants=LEGACY)
    client, path = api(owner), "markets/legacy/fo/088691"
    body = get(client, path, as_of="1995-03-18").json()
    assert [week["date"] for week in body["weeks"]] == ["1995-03-07"]
    assert body["meta"]["uncertain"] is True
    assert len(get(client, path).json()["weeks"]) == 4
    assert get(client, path, strict="true").json()["weeks"] == []


def test_the_shutdown_of_2013_held_reports_back(api, owner, load):
    load("21-october-2013.txt")
    client, path = api(owner), "markets/disagg/fo/088691"
    weeks = get(client, path).json()["weeks"]
    assert {week["date"]: week["release_at"] for week in weeks} == {
        "2013-09-24": "2013-09-27T19:30:00Z",
        "2013-10-01": "2013-10-25T19:30:00Z",
        "2013-10-08": "2013-11-01T19:30:00Z",
        "2013-10-15": "2013-11-01T19:30:00Z",
    }
    assert len(get(client, path, as_of="2013-10-24").json()["weeks"]) == 1
    kept = get(client, path, strict="true").json()["weeks"]
    assert [week["date"] for week in kept] == ["2013-09-24"]


def test_a_size_change_in_years_that_only_legacy_has_opens_a_question(load):
    assert load("15-size-change-1997.txt", variants=LEGACY).status == "ok"
    (question,) = ReviewItem.objects.filter(kind="unit_changed")
    assert (question.market_id, question.payload["report_date"]) == ("138741", "1997-11-04")
    assert question.payload["open_interest"] == [2578114, 5198616]


def test_a_code_mangled_by_a_spreadsheet_makes_no_market_and_is_set_aside(load):
    summary = load("08-excel-code.csv")
    assert not Market.objects.exists()
    assert not Observation.objects.exists()
    assert summary.status != "ok"
    assert "code_conflict" in (summary.variants["tff_fo"].error or "")
    aside = QuarantinedRow.objects.values_list("reasons", "line", "source_file__status")
    assert sorted(aside) == [
        (["code_conflict"], 2, "rejected"),
        (["code_conflict"], 3, "rejected"),
    ]


def test_an_archive_packed_again_on_a_mac_is_read(load):
    assert load("03-mac-rezip.zip").status == "ok"
    assert Observation.objects.exists()


@pytest.mark.parametrize("variants", [tuple(VARIANTS.values()), LEGACY])
def test_the_report_of_index_traders_is_refused_by_its_name(load, variants):
    summary = load("16-supplemental.txt", variants=variants)
    assert summary.status == "failed"
    assert "supplemental" in summary.error
    assert "--type" not in summary.error
    assert not Observation.objects.exists()


@pytest.mark.parametrize(
    "name", ["04-portal-export.csv", "05-thousands.csv", "17b-api-fields-noid.csv"]
)
def test_gold_from_the_public_reporting_environment_is_the_gold_that_is_stored(
    load, shared_data: Path, name: str
):
    """Three weeks of 2026, in other forms: nothing changes after the archive, and alone they are the same."""
    archive = VARIANTS["disagg_fo"].yearly_path(2026)
    update.run(options=Options(variants=(VARIANTS["disagg_fo"],), files=(str(shared_data / "cftc" / archive),)))  # fmt: skip
    known = Observation.objects.filter(market="088691", report_date__gte="2026-05-12")
    fields = [field.attname for field in Observation._meta.concrete_fields]
    before, names = list(known.values_list(*fields)), list(MarketName.objects.values())
    assert len(before) == 3
    summary = load(name)
    counts = summary.variants["disagg_fo"]
    assert (summary.status, counts.rows, counts.unchanged) == ("ok", 3, 3)
    assert list(known.values_list(*fields)) == before
    assert list(MarketName.objects.values()) == names
    assert not ObservationVersion.objects.exists()
