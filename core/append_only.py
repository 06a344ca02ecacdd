"""Tables whose rows are never changed nor removed: the database itself refuses it, on PostgreSQL and on SQLite.

A model that inherits from `AppendOnly` gets its triggers after every `migrate`; there is nothing to write in a
migration, and a table that SQLite rebuilt for a new column, which loses its triggers, has them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

# One function for all tables: the trigger's own name of the table stands in the message.
REFUSE: Final = """CREATE OR REPLACE FUNCTION core_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"""


class AppendOnly(models.Model):
    """A model whose rows can be added and read, nothing else."""

    class Meta:
        abstract = True


def tables_of(models_: Iterable[type[models.Model]]) -> list[type[models.Model]]:
    """Those of the models that are append-only."""
    return [model for model in models_ if issubclass(model, AppendOnly)]


def protect(model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
    """Make the model's table append-only, whatever triggers of ours it had before."""
    unprotect(model, connection)
    _run(connection, _postgresql(model) if connection.vendor == "postgresql" else _sqlite(model))


def unprotect(model: type[models.Model], connection: BaseDatabaseWrapper) -> None:
    """Let rows of the model be changed until `protect`; part of the caller's transaction."""
    table = model._meta.db_table
    where = f" ON {table}" if connection.vendor == "postgresql" else ""
    _run(
        connection,
        [f"DROP TRIGGER IF EXISTS {table}_no_{deed}{where}" for deed in _deeds(connection.vendor)],
    )


@contextmanager
def suspended(*wanted: type[models.Model], using: str = "default") -> Iterator[None]:
    """Inside the block, one transaction, rows of these models may be changed: where the law asks for it."""
    connection = connections[using]
    with transaction.atomic(using=using):
        for model in wanted:
            unprotect(model, connection)
        yield
        for model in wanted:
            protect(model, connection)


def protect_all(sender: AppConfig, using: str, **_signal: Any) -> None:
    """After every migrate: the append-only tables of an app are protected."""
    connection = connections[using]
    present = connection.introspection.table_names()
    for model in tables_of(sender.get_models()):
        if model._meta.db_table in present:
            protect(model, connection)


def everywhere() -> list[type[models.Model]]:
    """Every append-only model of the installed apps."""
    return tables_of(apps.get_models())


def _deeds(vendor: str) -> tuple[str, ...]:
    return ("change", "truncate") if vendor == "postgresql" else ("update", "delete", "replace")


def _postgresql(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    refuse = "EXECUTE FUNCTION core_refuse()"
    return [
        REFUSE,
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def _sqlite(model: type[models.Model]) -> list[str]:
    table = model._meta.db_table
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    # INSERT OR REPLACE deletes the row that is in its way without asking the trigger of DELETE
    same = " OR ".join(
        f"({' AND '.join(f'{column} = NEW.{column}' for column in key)})" for key in _keys(model)
    )
    return [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "  # noqa: S608 (names of our own models)
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}",
    ]


def _keys(model: type[models.Model]) -> list[list[str]]:
    """The columns of every unique key of the table, the primary one first."""
    columns = {field.name: str(field.column) for field in model._meta.concrete_fields}
    single = [[columns[field.name]] for field in model._meta.concrete_fields if field.unique]
    named = [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
    if any(each.condition or each.expressions for each in named):
        raise ImproperlyConfigured(f"{model.__name__}: an append-only table has plain unique keys.")
    return single + [[columns[name] for name in each.fields] for each in named]


def _run(connection: BaseDatabaseWrapper, statements: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
