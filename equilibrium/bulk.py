"""Many rows of a model in one statement, where `bulk_create` spends more time on the SQL than the database does."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db import connection, models


def upsert(rows: Iterable[models.Model], *, unique: Collection[str]) -> int:
    """Insert these rows of one model; where a row of the same `unique` columns exists, give it the new values.

    `unique` are column names under a unique constraint. Keys made by the database are left to it, `save` and signals
    are not called; how many rows were given.
    """
    rows = list(rows)
    if not rows:
        return 0
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if field is not meta.auto_field]
    name = connection.ops.quote_name
    columns = [str(field.column) for field in fields]
    values = [[field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows]
    statement = (
        f"INSERT INTO {name(meta.db_table)} ({', '.join(map(name, columns))}) "  # noqa: S608 (no input inside)
        f"VALUES ({', '.join(['%s'] * len(columns))}) ON CONFLICT ({', '.join(map(name, unique))}) DO UPDATE SET "
        + ", ".join(f"{name(column)} = excluded.{name(column)}" for column in columns if column not in unique)
    )
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
    return len(rows)
