"""What the database itself refuses (cot §4), whoever asks: no model, no admin in between."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from cot.models import Observation, ObservationVersion, SourceFile
from cot.tests import stored

pytestmark = pytest.mark.django_db


def execute(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


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
