"""Many rows of a model at once, where `bulk_create` spends more time on the SQL than the database on the rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db import connection, models, transaction


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
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    key = [connection.ops.quote_name(column) for column in unique]
    kept = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in key)
    _write(
        connection.ops.quote_name(meta.db_table),
        columns,
        list(zip(*(_values(field, rows) for field in fields), strict=True)),
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {kept}",
    )
    return len(rows)


@transaction.atomic
def _write(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], conflict: str) -> None:
    """SQLite keeps a prepared statement; PostgreSQL would read one anew for every row, so the rows go in by COPY."""
    names = ", ".join(columns)
    into = f"INSERT INTO {table} ({names})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            like = f"SELECT {names} FROM {table} WITH NO DATA"  # noqa: S608 (no input inside)
            cursor.execute(f"CREATE TEMP TABLE incoming ON COMMIT DROP AS {like}")
            with connection.wrap_database_errors, cursor.copy(f"COPY incoming ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(f"{into} TABLE incoming {conflict}")
            cursor.execute("DROP TABLE incoming")
        else:
            cursor.executemany(f"{into} VALUES ({', '.join(['%s'] * len(columns))}) {conflict}", rows)


def _values(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    """A column as its driver takes it; JSON as text, which both databases read themselves."""
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(field, models.JSONField):
        return [json.dumps(value, cls=field.encoder) for value in values]
    return [field.get_db_prep_save(value, connection) for value in values]
