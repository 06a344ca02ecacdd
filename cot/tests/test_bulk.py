"""Many rows at once (core.bulk): what `save` would have stored, in one statement."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, DataError, connection, transaction

from core.bulk import upsert
from cot.models import BoardRow, MarketName
from cot.tests import stored

pytestmark = pytest.mark.django_db
KEY = ("market_id", "first_date")


@pytest.fixture
def gold():
    return stored.market()


def name(market, year, text, **fields) -> MarketName:
    given = {"first_date": date(year, 1, 5), "last_date": date(year, 12, 28)}
    return MarketName(market=market, name=text, **given | fields)


def names() -> list[tuple[int, str]]:
    return [(each.first_date.year, each.name) for each in MarketName.objects.order_by("first_date")]


def test_new_rows_go_in_and_known_ones_get_the_new_values(gold):
    assert upsert([name(gold, 2021, "GOLD"), name(gold, 2022, 'GOLD, "100" OZ.\t\\N')], unique=KEY) == 2
    first = MarketName.objects.get(first_date__year=2021).pk
    assert upsert([name(gold, 2021, "OLD GOLD"), name(gold, 2023, "Золото")], unique=KEY) == 2
    assert names() == [(2021, "OLD GOLD"), (2022, 'GOLD, "100" OZ.\t\\N'), (2023, "Золото")]
    assert MarketName.objects.get(first_date__year=2021).pk == first


def test_json_and_booleans_arrive_as_they_were(gold):
    values = {"null": None, "text": 'a "b" \\ ї', "list": [1, 2.5, True], "deep": {"x": []}}
    row = BoardRow(
        report_type="disagg", subtype="fo", market=gold, is_primary=True, report_date=date(2026, 2, 3), values=values
    )
    upsert([row], unique=["report_type", "subtype", "market_id"])
    found = BoardRow.objects.get()
    assert (found.values, found.is_primary, found.report_date) == (values, True, date(2026, 2, 3))


def test_nothing_is_written_where_one_row_is_refused(gold):
    bad = name(gold, 2022, "SILVER", last_date=date(2000, 1, 4))  # ends before it begins
    with pytest.raises(DatabaseError):
        upsert([name(gold, 2021, "GOLD"), bad], unique=KEY)
    assert names() == []


@pytest.mark.postgres
def test_what_is_too_long_is_a_database_error_as_any_other(gold):
    """Else one odd row would end a run of six variants instead of its own (cot §8.3)."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite knows no longest text")
    with pytest.raises(DataError), transaction.atomic():
        upsert([name(gold, 2021, "G" * 150)], unique=KEY)
    assert names() == []


def test_no_rows_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert upsert([], unique=KEY) == 0
