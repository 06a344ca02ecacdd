"""What the database itself refuses, whoever asks: no model, no admin in between."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cot.models import Market, Observation, ObservationVersion, SourceFile
from cot.tests import stored

pytestmark = pytest.mark.django_db


def execute(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        connection.check_constraints()  # both ask for foreign keys at the end of the transaction only


def test_the_entry_of_a_file_that_rows_were_read_from_stays():
    file = stored.source_file()
    row = stored.observation(stored.market(), date(2026, 2, 3), file)
    with pytest.raises(IntegrityError):
        execute("DELETE FROM cot_sourcefile WHERE id = %s", file.pk)
    assert Observation.objects.get(pk=row.pk).source_file == file


def test_the_entry_of_a_file_that_no_row_names_may_go():
    file = stored.source_file(status="missing")
    execute("DELETE FROM cot_sourcefile WHERE id = %s", file.pk)
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM cot_observationversion", "UPDATE cot_observationversion SET source_line = 7"],
)
def test_kept_versions_are_append_only(statement):
    file = stored.source_file()
    row = stored.observation(stored.market(), date(2026, 2, 3), file)
    known, until = stored.instant(2026, 2, 6, 21), stored.instant(2026, 2, 13, 21)
    version = ObservationVersion.objects.create(
        observation=row,
        version=1,
        facts={},
        known_at=known,
        superseded_at=until,
        source_file=file,
        source_line=1,
    )
    with pytest.raises(DatabaseError, match="append-only"):
        execute(statement)
    version.refresh_from_db()
    assert version.source_line == 1


@pytest.mark.parametrize("change", ["market_id = '999999'", "source_file_id = 999999"])
def test_a_row_names_a_market_and_a_file_that_exist(change):
    row = stored.observation(stored.market(), date(2026, 2, 3), stored.source_file())
    with pytest.raises(IntegrityError):
        execute(f"UPDATE cot_observation SET {change}")
    row.refresh_from_db()
    assert row.market_id == "088691"


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM cot_market WHERE code = '088691'", "UPDATE cot_market SET code = '088692'"],
)
def test_a_market_with_rows_stays(statement):
    market = stored.market()
    stored.observation(market, date(2026, 2, 3), stored.source_file())
    with pytest.raises(IntegrityError):
        execute(statement)
    assert list(Market.objects.all()) == [market]


def test_a_market_without_rows_may_go():
    stored.market()
    execute("DELETE FROM cot_market")
    assert not Market.objects.exists()


@pytest.mark.parametrize(("value", "refused"), [(-1, True), (0, False), (None, False)])
def test_no_position_is_negative(value, refused):
    """A null is not below zero."""
    row = stored.observation(stored.market(), date(2026, 2, 3), stored.source_file(), g4_spread=7)
    with pytest.raises(IntegrityError) if refused else nullcontext():
        execute("UPDATE cot_observation SET g4_spread = %s", value)
    row.refresh_from_db()
    assert row.g4_spread == (7 if refused else value)
