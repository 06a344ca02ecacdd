"""The database refuses to change, remove or replace a row of an append-only table, whoever asks."""

from __future__ import annotations

import pytest
from django.core.management import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from core import append_only
from core.management.commands.migrate import refuse_older_database

pytestmark = pytest.mark.django_db


def triggers_of(table: str) -> set[str]:
    question = (
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'"
        if connection.vendor == "postgresql"
        else "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(question, [table])
        return {name for (name,) in cursor.fetchall() if f"{table}_no_" in name}


def all_of(table: str) -> set[str]:
    deeds = (
        ("truncate", "change")
        if connection.vendor == "postgresql"
        else ("update", "delete", "replace")
    )
    return {f"{table}_no_{deed}" for deed in deeds}


def test_every_append_only_table_is_protected_after_all_migrations():
    models = append_only.everywhere()
    assert len(models) >= 3
    for model in models:
        assert triggers_of(model._meta.db_table) == all_of(model._meta.db_table)


def test_a_table_that_lost_its_triggers_has_them_again_after_the_next_migrate():
    """SQLite drops the triggers of a table that a migration rebuilds."""
    model = append_only.everywhere()[0]
    append_only.unprotect(model, connection)
    assert triggers_of(model._meta.db_table) == set()
    append_only.protect_all(sender=model._meta.app_config, using="default")
    assert triggers_of(model._meta.db_table) == all_of(model._meta.db_table)


def test_suspended_protection_is_back_after_the_block():
    model = append_only.everywhere()[0]
    with append_only.suspended(model):
        assert triggers_of(model._meta.db_table) == set()
    assert triggers_of(model._meta.db_table) == all_of(model._meta.db_table)


def test_a_database_from_before_the_first_release_is_refused_in_one_sentence():
    refuse_older_database()
    MigrationRecorder(connection).record_applied("equilibrium", "0001_initial")
    with pytest.raises(CommandError, match="move it away or name a new one"):
        refuse_older_database()
