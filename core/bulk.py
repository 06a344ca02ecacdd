"""Many rows of a model at once, where `bulk_create` spends more time on the SQL than the database on the rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db import connection, models, transaction

_AS_THEY_ARE: Final = frozenset((str, int, type(None)))  # what both drivers take without a field's help


def upsert(rows: Iterable[models.Model], *, unique: Collection[str]) -> int:
    """Insert these rows of one model; where a row of the same `unique` columns exists, give it the new values.

    `unique` are column names under a unique constraint, and no two of the rows share them. Keys made by the database
    are left to it, `save` and signals are not called; how many rows were given.
    """
    rows = list(rows)
    if not rows:
        return 0
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    columns = [str(field.column) for field in fields]
    quoted = [connection.ops.quote_name(column) for column in columns]
    key = [connection.ops.quote_name(column) for column in unique]
    kept = ", ".join(f"{column} = excluded.{column}" for column in quoted if column not in key)
    into = f"INSERT INTO {connection.ops.quote_name(meta.db_table)} ({', '.join(quoted)})"
    conflict = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {kept}"
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            values = ([getattr(row, field.attname) for field in fields] for row in rows)
            cursor.execute(*_as_json(meta.db_table, columns, values, into, conflict))
        else:
            prepared = zip(*(_prepared(field, rows) for field in fields), strict=True)
            cursor.executemany(f"{into} VALUES ({', '.join(['%s'] * len(columns))}) {conflict}", list(prepared))
    return len(rows)


def _as_json(
    table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], into: str, conflict: str
) -> tuple[str, list[str]]:
    """One statement with one value, which PostgreSQL types by the table: no plan and no parse for every row."""
    text = json.dumps([dict(zip(columns, row, strict=True)) for row in rows], default=str)
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    given = f"json_populate_recordset(NULL::{connection.ops.quote_name(table)}, %s)"
    return f"{into} SELECT {names} FROM {given} {conflict}", [text]  # noqa: S608 (no input inside)


def _prepared(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    """A column as SQLite's driver takes it; JSON as text, which the database reads itself."""
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(field, models.JSONField):
        return [json.dumps(value, cls=field.encoder) for value in values]
    return [
        value if type(value) in _AS_THEY_ARE else field.get_db_prep_save(value, connection=connection)
        for value in values
    ]
