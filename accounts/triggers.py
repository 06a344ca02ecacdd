"""The triggers that make the audit log append-only (accounts §11.2); used by the migration and by `erase_user`."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

POSTGRES_INSTALL = [
    """CREATE OR REPLACE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$""",
    """CREATE TRIGGER accounts_audit_no_change BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_audit_refuse()""",
    """CREATE TRIGGER accounts_audit_no_truncate BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse()""",
]
POSTGRES_REMOVE = ["DROP FUNCTION IF EXISTS accounts_audit_refuse() CASCADE"]
SQLITE_INSTALL = [
    f"""CREATE TRIGGER accounts_audit_no_{deed.lower()} BEFORE {deed} ON accounts_auditentry
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"""
    for deed in ("UPDATE", "DELETE")
] + [  # INSERT OR REPLACE deletes the old row without its trigger
    """CREATE TRIGGER accounts_audit_no_replace BEFORE INSERT ON accounts_auditentry
    WHEN EXISTS (SELECT 1 FROM accounts_auditentry WHERE seq = NEW.seq OR id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"""
]
SQLITE_REMOVE = [f"DROP TRIGGER IF EXISTS accounts_audit_no_{deed}" for deed in ("update", "delete", "replace")]


def remove(connection: BaseDatabaseWrapper) -> None:
    """Lets rows be changed until `install`; part of the caller's transaction."""
    _run(connection, POSTGRES_REMOVE if connection.vendor == "postgresql" else SQLITE_REMOVE)


def install(connection: BaseDatabaseWrapper) -> None:
    """Makes the table append-only, whatever was there before."""
    remove(connection)
    _run(connection, POSTGRES_INSTALL if connection.vendor == "postgresql" else SQLITE_INSTALL)


def forwards(apps: Any, schema_editor: Any) -> None:
    install(schema_editor.connection)


def backwards(apps: Any, schema_editor: Any) -> None:
    remove(schema_editor.connection)


def allow_replacing(apps: Any, schema_editor: Any) -> None:
    """Undoes what 0005 adds to 0003."""
    if schema_editor.connection.vendor == "sqlite":
        _run(schema_editor.connection, ["DROP TRIGGER IF EXISTS accounts_audit_no_replace"])


def _run(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
