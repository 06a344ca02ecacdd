"""Triggers on both databases, installed by a migration: the log entry of a stored real file stays, because the rows
read from it name it without a constraint.

On PostgreSQL they also hold the reference of a row to its market, as a foreign key does, but asked once a statement:
for 12,000 rows of 300 markets the constraint looked up 12,000 markets, a sixth of a load.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

FILES = "cot_sourcefile"
ROWS, MARKETS = "cot_observation", "cot_market"
FUNCTIONS = ("cot_refuse", "cot_markets_exist", "cot_market_unused")
# KEY SHARE, as a foreign key takes it: a market cannot go while rows of it are on their way in.
REFERENCES = (
    """CREATE FUNCTION cot_markets_exist() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            named text[] := ARRAY(SELECT DISTINCT market_id FROM added);
            known text[] := ARRAY(SELECT code FROM cot_market WHERE code = ANY (named) FOR KEY SHARE);
        BEGIN
            IF cardinality(known) < cardinality(named) THEN
                RAISE EXCEPTION 'a row of cot_observation names no market' USING ERRCODE = 'foreign_key_violation',
                    DETAIL = (SELECT string_agg(code, ', ') FROM unnest(named) AS code WHERE code <> ALL (known));
            END IF;
            RETURN NULL;
        END $$""",
    """CREATE FUNCTION cot_market_unused() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT 1 FROM cot_observation WHERE market_id IN (SELECT code FROM gone)) THEN
                RAISE EXCEPTION 'rows of cot_observation name this market' USING ERRCODE = 'foreign_key_violation';
            END IF;
            RETURN NULL;
        END $$""",
    f"CREATE TRIGGER {ROWS}_market AFTER INSERT ON {ROWS} REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION cot_markets_exist()",
    f"CREATE TRIGGER {MARKETS}_unused AFTER DELETE ON {MARKETS} REFERENCING OLD TABLE AS gone "
    "FOR EACH STATEMENT EXECUTE FUNCTION cot_market_unused()",
    f"CREATE TRIGGER {ROWS}_market_stays BEFORE UPDATE ON {ROWS} FOR EACH ROW "
    "WHEN (OLD.market_id <> NEW.market_id) EXECUTE FUNCTION cot_refuse()",
    f"CREATE TRIGGER {MARKETS}_code_stays BEFORE UPDATE ON {MARKETS} FOR EACH ROW "
    "WHEN (OLD.code <> NEW.code) EXECUTE FUNCTION cot_refuse()",
)


def _install(vendor: str) -> list[str]:
    if vendor == "postgresql":
        refuse = """CREATE FUNCTION cot_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END $$"""
        kept = (
            f"CREATE TRIGGER {FILES}_kept BEFORE DELETE ON {FILES} FOR EACH ROW "
            "WHEN (OLD.status = 'stored' AND NOT OLD.is_demo) EXECUTE FUNCTION cot_refuse()"
        )
        return [refuse, kept, *REFERENCES]
    return [  # the linter takes DELETE for a query; there is no input inside
        f"CREATE TRIGGER {FILES}_kept BEFORE DELETE ON {FILES} WHEN OLD.status = 'stored' AND NOT OLD.is_demo "  # noqa: S608
        f"BEGIN SELECT RAISE(ABORT, '{FILES}: rows were read from it'); END"
    ]


def _remove(vendor: str) -> list[str]:
    if vendor == "postgresql":
        return [f"DROP FUNCTION IF EXISTS {name}() CASCADE" for name in FUNCTIONS]
    return [f"DROP TRIGGER IF EXISTS {FILES}_kept"]


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
