"""Triggers on both databases, installed by migrations: kept versions and release notices are append-only, and the log
entry of a stored real file stays, because the rows read from it name it without a constraint (cot §4).
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("cot_observationversion", "cot_releasenotice")
DEEDS = ("UPDATE", "DELETE")
FILES = "cot_sourcefile"


def _install(vendor: str) -> list[str]:
    if vendor == "postgresql":
        refuse = """CREATE FUNCTION cot_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END $$"""
        return (
            [refuse]
            + [
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION cot_refuse()"
                for table in TABLES
            ]
            + [
                f"CREATE TRIGGER {FILES}_kept BEFORE DELETE ON {FILES} FOR EACH ROW "
                "WHEN (OLD.status = 'stored' AND NOT OLD.is_demo) EXECUTE FUNCTION cot_refuse()"
            ]
        )
    return [
        f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in TABLES
        for deed in DEEDS
    ] + [  # the linter takes DELETE for a query; there is no input inside
        f"CREATE TRIGGER {FILES}_kept BEFORE DELETE ON {FILES} WHEN OLD.status = 'stored' AND NOT OLD.is_demo "  # noqa: S608
        f"BEGIN SELECT RAISE(ABORT, '{FILES}: rows were read from it'); END"
    ]


def _remove(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return ["DROP FUNCTION IF EXISTS cot_refuse() CASCADE"]
    drop = [f"DROP TRIGGER IF EXISTS {table}_no_{deed.lower()}" for table in TABLES for deed in DEEDS]
    return [*drop, f"DROP TRIGGER IF EXISTS {FILES}_kept"]


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def install(connection: BaseDatabaseWrapper) -> None:
    """Makes the tables append-only, whatever was there before."""
    _run(connection, [*_remove(connection.vendor), *_install(connection.vendor)])


def remove(connection: BaseDatabaseWrapper) -> None:
    """Lets rows be changed until `install`."""
    _run(connection, _remove(connection.vendor))


def forwards(apps: Any, schema_editor: Any) -> None:
    install(schema_editor.connection)


def backwards(apps: Any, schema_editor: Any) -> None:
    remove(schema_editor.connection)
