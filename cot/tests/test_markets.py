"""The market registry in the database."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from django.utils import timezone

from cot.catalogue import markets
from cot.catalogue.markets import Sighting
from cot.models import Lineage, Market, MarketName, Observation, ReviewItem, SourceFile
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db

DISAGG, LEGACY, TFF = VARIANTS["disagg_fo"], VARIANTS["legacy_fo"], VARIANTS["tff_fo"]


def seen(code: str = "088691", name: str = "GOLD", year: int = 2021, **changes: object) -> Sighting:
    facts = {
        "exchange_name": "COMMODITY EXCHANGE INC.",
        "exchange_code": "CMX",
        "commodity_code": code[:3],
        "subgroup_code": "",
        "region_code": "01",
        "units": "CONTRACTS OF 100 TROY OUNCES",
        "first_date": date(year, 1, 5),
        "last_date": date(year, 12, 28),
    }
    return Sighting(code, name, **(facts | changes))


def observe(code: str, days: dict[date, int], variant=DISAGG) -> None:
    """Store rows of which only the open interest matters."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    source = SourceFile.objects.create(
        url="x",
        kind="manual",
        report_type=variant.type,
        subtype=variant.subtype,
        fetched_at=at,
        status="stored",
    )
    Observation.objects.bulk_create(
        Observation(
            report_type=variant.type,
            subtype=variant.subtype,
            market_id=code,
            report_date=day,
            open_interest=interest,
            release_at=at,
            release_source="derived",
            known_at=at,
            vintage_basis="backfilled",
            source_file=source,
            source_line=1,
        )
        for day, interest in days.items()
    )


def test_a_market_is_created_with_its_category_before_any_row_is_stored():
    changes = markets.record(DISAGG, [seen()])
    gold = Market.objects.get(pk="088691")
    assert changes == markets.MarketChanges(new=frozenset({"088691"}))
    assert (gold.name, gold.category, gold.sector, gold.category_basis) == (
        "GOLD",
        "metals",
        "precious",
        "commodity",
    )
    assert (gold.primary_report, gold.spec_group, gold.comm_group) == ("disagg", "g3", "g1")


def test_the_same_file_twice_changes_nothing(django_assert_max_num_queries):
    markets.record(DISAGG, [seen()])
    before = list(Market.objects.values()), list(MarketName.objects.values())
    with django_assert_max_num_queries(5):
        assert markets.record(DISAGG, [seen()]) == markets.MarketChanges()
    assert (list(Market.objects.values()), list(MarketName.objects.values())) == before


def test_the_newest_name_is_shown_and_the_old_one_is_found():
    markets.record(DISAGG, [seen(name="GOLD - NEW", year=2022)])
    assert markets.record(DISAGG, [seen(name="OLDE GOLDE")]).renamed == frozenset()
    gold = Market.objects.get()
    assert gold.name == "GOLD - NEW"
    assert [n.name for n in gold.names.all()] == ["OLDE GOLDE", "GOLD - NEW"]
    assert {"olde golde", "gold new", "gc", "xau", "золото", "088691"} <= set(
        gold.search_text.split(" · ")
    )
    assert gold.search_text.endswith(" · commodity exchange inc cmx comex cme group")


def test_a_newer_name_is_reported_as_a_renaming():
    markets.record(DISAGG, [seen()])
    assert markets.record(DISAGG, [seen(name="GOLD #1", year=2022)]).renamed == {"088691"}


def test_a_blank_name_leaves_the_known_one():
    markets.record(DISAGG, [seen()])
    markets.record(DISAGG, [seen(name="", year=2022)])
    assert Market.objects.get().name == "GOLD"


def test_the_commodity_code_is_that_of_the_newest_row():
    """Coins filed under 180 for some weeks of 2026."""
    early = seen("167LM1", "COIN", 2026, commodity_code="180", last_date=date(2026, 1, 27))
    late = seen("167LM1", "COIN", 2026, commodity_code="167", first_date=date(2026, 2, 3))
    markets.record(TFF, [late, early])
    coin = Market.objects.get()
    assert (coin.commodity_code, coin.category) == ("167", "crypto")
    assert [n.commodity_code for n in coin.names.all()] == ["180", "167"]


def test_an_unknown_code_is_other_and_asks_a_person_once():
    unknown = seen("999741", "NEW THING", commodity_code="999")
    assert markets.record(TFF, [unknown]).unclassified == {"999741"}
    assert markets.record(TFF, [unknown]).unclassified == frozenset()
    assert ReviewItem.objects.get().market_id == "999741"
    assert Market.objects.get().category == "other"


def test_a_question_closes_when_a_newer_row_answers_it():
    markets.record(TFF, [seen("999741", "NEW THING", commodity_code="999")])
    markets.record(TFF, [seen("999741", "NEW THING", 2022, commodity_code="090")])
    markets.refresh()
    assert ReviewItem.objects.get().closed_at is not None


def test_a_legacy_file_does_not_take_the_subgroup_away():
    """Legacy files carry none."""
    markets.record(TFF, [seen("999741", "NEW THING", commodity_code="999", subgroup_code="F10")])
    markets.record(LEGACY, [seen("999741", "NEW THING", 2022, commodity_code="999")])
    market = Market.objects.get()
    assert (market.subgroup_code, market.category, market.category_basis) == (
        "F10",
        "currencies",
        "subgroup",
    )


def test_refresh_takes_report_and_dates_from_the_observations():
    markets.record(LEGACY, [seen()])
    observe("088691", {date(2021, 1, 5): 10, date(2021, 2, 2): 10}, LEGACY)
    observe("088691", {date(2021, 3, 2): 10}, DISAGG)
    assert markets.refresh() == 1
    gold = Market.objects.get()
    assert (gold.primary_report, gold.spec_group, gold.comm_group) == ("disagg", "g3", "g1")
    assert (gold.first_date, gold.last_date) == (date(2021, 1, 5), date(2021, 3, 2))
    assert markets.refresh() == 0


def test_refresh_of_some_markets_leaves_the_others_alone():
    markets.record(DISAGG, [seen(), seen("084691", "SILVER")])
    observe("088691", {date(2021, 3, 2): 10})
    observe("084691", {date(2021, 3, 2): 10})
    assert markets.refresh(["084691"]) == 1
    assert Market.objects.get(pk="088691").last_date == date(2021, 12, 28)


@pytest.mark.parametrize(
    ("interest", "units", "asked"),
    [
        (1601, "100 OUNCES OF 1", True),
        (1600, "100 OUNCES OF 1", False),
        (599, "50 OUNCES", True),
        (600, "50 OUNCES", False),
        (5000, "CONTRACTS OF 100 OUNCES", False),  # other words, same numbers
    ],
)
def test_a_person_is_asked_when_the_numbers_in_the_units_change_and_open_interest_jumps(
    interest, units, asked
):
    """Above 1.6 or below 0.6 of the week before."""
    change = date(2021, 6, 8)
    markets.record(
        DISAGG,
        [
            seen(units="100 OUNCES", last_date=change - timedelta(weeks=1)),
            seen(units=units, first_date=change),
        ],
    )
    observe("088691", {change - timedelta(weeks=1): 1000, change: interest})
    markets.refresh()
    markets.refresh()
    items = list(ReviewItem.objects.filter(kind="unit_changed").values_list("market_id", flat=True))
    assert items == (["088691"] if asked else [])


def test_a_second_change_of_size_is_asked_about_once_the_first_is_answered():
    days = [date(2021, 6, 1) + timedelta(weeks=week) for week in range(3)]
    units = ["100 OUNCES", "10 OUNCES", "1 OUNCE"]
    markets.record(
        DISAGG,
        [
            seen(units=text, first_date=day, last_date=day)
            for text, day in zip(units, days, strict=True)
        ],
    )
    observe("088691", dict(zip(days, (1000, 10_000, 100_000), strict=True)))
    questions = ReviewItem.objects.filter(kind="unit_changed")
    for asked in (1, 2, 2):
        markets.refresh()
        markets.refresh()
        assert questions.count() == asked
        questions.update(closed_at=timezone.now())
    assert {question.payload["report_date"] for question in questions} == {
        "2021-06-08",
        "2021-06-15",
    }


def test_a_change_of_size_is_seen_in_the_years_of_two_reports_a_month():
    """The next report was up to eighteen days away; today as much is a gap of two reports."""
    for code, before, after in (
        ("088691", date(1988, 3, 15), date(1988, 3, 31)),
        ("084691", date(2021, 3, 16), date(2021, 3, 30)),
    ):
        sightings = [
            seen(code, units="100 OUNCES", first_date=before, last_date=before),
            seen(code, units="10 OUNCES", first_date=after, last_date=after),
        ]
        markets.record(LEGACY, sightings)
        observe(code, {before: 1000, after: 10_000})
    markets.refresh()
    asked = ReviewItem.objects.filter(kind="unit_changed").values_list("market_id", flat=True)
    assert list(asked) == ["088691"]


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        (
            "(S&P 500 QUARTERLY DIVIDEND INDEX X $100",
            "(S&P 500 QUARTERLY DIVIDEND INDEX X $1000)",
            False,
        ),
        ("INDEX X $100", "INDEX X $1,000", True),
        ("CONTRACTS OF 5,000 BUSHELS", "5000 bushels", False),
    ],
)
def test_a_units_text_cut_after_forty_characters_or_written_otherwise_is_no_change(
    before, after, asked
):
    """The legacy report cuts."""
    week = date(2021, 6, 8)
    sightings = [
        seen(units=before, last_date=week - timedelta(weeks=1)),
        seen(units=after, first_date=week),
    ]
    markets.record(DISAGG, sightings)
    observe("088691", {week - timedelta(weeks=1): 1000, week: 5000})
    markets.refresh()
    assert ReviewItem.objects.filter(kind="unit_changed").exists() is asked


def test_the_shipped_seams_are_those_of_may_2023():
    assert markets.sync_lineage() == markets.sync_lineage() == 7
    seams = Lineage.objects.filter(kind="size", from_date=date(2023, 5, 2))
    assert {s.code: int(s.factor) for s in seams if s.code == s.successor} == {
        "13874+": 5,
        "20974+": 5,
        "12460+": 2,
    }
    assert Lineage.objects.get(code="058643").factor == 4


def test_a_known_seam_is_not_asked_about():
    """Confirmed ones are lineage."""
    markets.sync_lineage()
    change = date(2023, 5, 2)
    texts = [
        seen("13874+", "S&P", 2023, units="$250 X INDEX", last_date=change - timedelta(weeks=1)),
        seen("13874+", "S&P", 2023, units="$50 X INDEX", first_date=change),
    ]
    markets.record(TFF, texts)
    observe("13874+", {change - timedelta(weeks=1): 453159, change: 2304633}, TFF)
    markets.refresh()
    assert not ReviewItem.objects.exists()
    Lineage.objects.all().delete()
    markets.refresh()
    assert ReviewItem.objects.get().payload["open_interest"] == [453159, 2304633]


@cache
def sightings_of(archive: Path) -> list[Sighting]:
    """What an archive shows of its markets, read as plainly as possible."""
    with zipfile.ZipFile(archive) as packed:
        text = packed.read(packed.namelist()[0]).decode("latin-1")
    lines = csv.reader(io.StringIO(text))
    units = next(
        i
        for i, head in enumerate(next(lines))
        if head.lower().replace("_", " ") == "contract units"
    )
    spans: dict[tuple[str, ...], list[date]] = {}
    for line in lines:
        subgroup = line[-2] if len(line) != LEGACY.report.width else ""
        printed = (line[0], line[3], line[4], line[6], subgroup, line[5], line[units])
        spans.setdefault(_without_padding(printed), []).append(date.fromisoformat(line[2].strip()))
    found = []
    for (title, code, *facts), days in spans.items():
        name, _, exchange = title.rpartition(" - ")
        found.append(Sighting(code, name, exchange, *facts, min(days), max(days)))
    return found


@cache
def _without_padding(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(" ".join(field.split()) for field in fields)


@pytest.mark.real
def test_real_files_give_the_same_registry_in_any_order(shared_data: Path):
    """Archives of three reports, as they lie and shuffled."""
    files = [
        (variant, sightings_of(shared_data / "cftc" / variant.yearly_path(year)))
        for variant, years in [
            (LEGACY, (2021, 2024, 2025)),
            (DISAGG, (2021, 2022, 2023)),
            (TFF, (2022, 2023, 2026)),
        ]
        for year in years
    ]
    registries = []
    for order in (files, random.Random(3).sample(files, len(files))):
        MarketName.objects.all().delete()
        Market.objects.all().delete()
        for variant, sightings in order:
            markets.record(variant, sightings)
        names = MarketName.objects.order_by("market", "first_date")
        registries.append(
            (
                list(
                    Market.objects.values_list(
                        "code", "name", "units", "commodity_code", "category", "search_text"
                    )
                ),
                list(names.values_list("market_id", "name", "units", "first_date", "last_date")),
            )
        )
    assert registries[0] == registries[1]
    assert len(registries[0][0]) == len({s.code for _, sightings in files for s in sightings}) > 400


@pytest.mark.real
def test_no_real_market_is_unclassified(shared_data: Path):
    for variant in VARIANTS.values():
        for year in range(2021, 2027):
            archive = shared_data / "cftc" / variant.yearly_path(year)
            if archive.exists():
                assert not markets.record(variant, sightings_of(archive)).unclassified
    assert not ReviewItem.objects.exists()
    assert Market.objects.filter(category="other").count() <= 10


def same_names() -> dict[str, str]:
    found = ReviewItem.objects.filter(kind="same_name").values_list("market_id", "payload__other")
    return dict(found)


def test_a_new_code_under_the_name_and_exchange_of_a_living_market_opens_a_question():
    markets.record(DISAGG, [seen(year=2020)])
    markets.record(DISAGG, [seen(year=2021)])
    assert same_names() == {}
    markets.record(DISAGG, [seen(code="08869X", year=2022)])
    markets.record(DISAGG, [seen(code="08869X", year=2022)])
    assert same_names() == {"08869X": "088691"}


@pytest.mark.parametrize(
    "changes",
    [
        {"exchange_name": "CHICAGO BOARD OF TRADE"},
        {"name": "GOLD MINI"},
        {"year": 2023},  # the other one has not been reported for a year
    ],
)
def test_a_name_that_nobody_bears_any_more_or_elsewhere_is_no_question(changes):
    markets.record(DISAGG, [seen(year=2021)])
    markets.record(DISAGG, [seen(code="08869X", **({"year": 2022} | changes))])
    assert same_names() == {}


def test_two_codes_under_one_name_in_one_file_are_a_question_when_their_dates_meet():
    first = seen(year=2021)
    markets.record(DISAGG, [first, seen(code="08869X", year=2022)])
    assert same_names() == {}
    markets.record(DISAGG, [seen(code="08869Y", name="SILVER"), seen(code="08869Z", name="SILVER")])
    assert set(same_names()) == {"08869Y", "08869Z"}


def test_a_change_of_code_that_is_known_is_no_question():
    markets.sync_lineage()
    markets.record(DISAGG, [seen(code="058643", name="LUMBER", year=2021)])
    markets.record(DISAGG, [seen(code="058644", name="LUMBER", year=2022)])
    assert same_names() == {}
