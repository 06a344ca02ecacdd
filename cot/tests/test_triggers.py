"""What the database itself refuses (cot §4), whoever asks: no model, no admin in between."""

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
        connection.check_constraints()  # SQLite asks for foreign keys at the end of the transaction only


def test_the_entry_of_a_file_that_rows_were_read_from_stays():
    """cot §4: rows name their file without a constraint, so the file may not go."""
    file = stored.source_file()
    row = stored.observation(stored.market(), date(2026, 2, 3), file)
    with pytest.raises(DatabaseError, match=r"cot_sourcefile|append-only"):
        execute("DELETE FROM cot_sourcefile WHERE id = %s", file.pk)
    assert Observation.objects.get(pk=row.pk).source_file == file


@pytest.mark.parametrize("fields", [{"status": "missing"}, {"status": "rejected"}, {"is_demo": True}])
def test_entries_that_no_real_row_names_may_go(fields):
    file = stored.source_file(**fields)
    execute("DELETE FROM cot_sourcefile WHERE id = %s", file.pk)
    assert not SourceFile.objects.exists()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM cot_observationversion", "UPDATE cot_observationversion SET source_line = 7"]
)
def test_kept_versions_are_append_only(statement):
    file = stored.source_file()
    row = stored.observation(stored.market(), date(2026, 2, 3), file)
    known, until = stored.instant(2026, 2, 6, 21), stored.instant(2026, 2, 13, 21)
    version = ObservationVersion.objects.create(
        observation=row, version=1, facts={}, known_at=known, superseded_at=until, source_file=file, source_line=1
    )
    with pytest.raises(DatabaseError, match="append-only"):
        execute(statement)
    version.refresh_from_db()
    assert version.source_line == 1


def test_a_row_without_its_market_is_refused():
    """cot §4: by a foreign key on SQLite, by a trigger on PostgreSQL; also among good rows of one statement."""
    row = stored.observation(stored.market(), date(2026, 2, 3), stored.source_file())
    names = ", ".join(
        f.column for f in Observation._meta.concrete_fields if f.column not in ("id", "market_id", "report_date")
    )
    copy = (
        f"INSERT INTO cot_observation (market_id, report_date, {names}) "
        f"SELECT code, '2026-02-10', {names} FROM cot_observation, (SELECT '088691' AS code UNION SELECT '999999') AS codes"
    )
    with pytest.raises(IntegrityError):
        execute(copy)
    assert list(Observation.objects.all()) == [row]


@pytest.mark.parametrize(
    "statement", ["DELETE FROM cot_market WHERE code = '088691'", "UPDATE cot_market SET code = '088692'"]
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


@pytest.mark.postgres
def test_a_row_keeps_its_market():
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has the foreign key")
    row = stored.observation(stored.market(), date(2026, 2, 3), stored.source_file())
    stored.market("084691")
    with pytest.raises(IntegrityError, match="append-only"):
        execute("UPDATE cot_observation SET market_id = '084691'")
    row.refresh_from_db()
    assert row.market_id == "088691"


@pytest.mark.parametrize(("value", "refused"), [(-1, True), (0, False), (None, False)])
def test_no_position_is_negative(value, refused):
    """cot §4: a null is not below zero."""
    row = stored.observation(stored.market(), date(2026, 2, 3), stored.source_file(), g4_spread=7)
    with pytest.raises(IntegrityError) if refused else nullcontext():
        execute("UPDATE cot_observation SET g4_spread = %s", value)
    row.refresh_from_db()
    assert row.g4_spread == (7 if refused else value)
