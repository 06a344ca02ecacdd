"""Many rows of a model in one statement, where `bulk_create` spends more time on the SQL than the database does."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Any, Final

from django.db import connection, models

CHUNK: Final = 1000


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
    name = connection.ops.quote_name
    columns = [str(field.column) for field in fields]
    values = [_values(field, rows) for field in fields]
    insert = f"INSERT INTO {name(meta.db_table)} ({', '.join(map(name, columns))})"
    kept = ", ".join(f"{name(column)} = excluded.{name(column)}" for column in columns if column not in unique)
    conflict = f"ON CONFLICT ({', '.join(map(name, unique))}) DO UPDATE SET {kept}"
    one = f"({', '.join(['%s'] * len(columns))})"
    given = list(zip(*values, strict=True))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # plans every statement it gets: one for many rows, not one a row
            for start in range(0, len(given), CHUNK):
                piece = given[start : start + CHUNK]
                cursor.execute(f"{insert} VALUES {', '.join([one] * len(piece))} {conflict}", list(chain(*piece)))
        else:
            cursor.executemany(f"{insert} VALUES {one} {conflict}", given)
    return len(rows)


def _values(field: models.Field[Any, Any], rows: Sequence[models.Model]) -> list[Any]:
    """A column as its driver takes it; JSON as text, which both databases read themselves."""
    values = [getattr(row, field.attname) for row in rows]
    if isinstance(field, models.JSONField):
        return [json.dumps(value, cls=field.encoder) for value in values]
    return [field.get_db_prep_save(value, connection) for value in values]
