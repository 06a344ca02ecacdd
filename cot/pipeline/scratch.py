"""A new file's rows as a table of a SQLite file of their own, written while the file before is being stored.

Bound one by one from Python, the 62,000 rows of five archives take 0.75 s of the main thread, which keeps the
interpreter from whoever parses the next file. Arrow writes them in the background without holding it, and SQLite
copies them from there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import adbc_driver_sqlite
import pyarrow as pa
from adbc_driver_manager import (
    INGEST_OPTION_MODE,
    INGEST_OPTION_MODE_CREATE,
    INGEST_OPTION_TARGET_TABLE,
    AdbcConnection,
    AdbcStatement,
    Error,
)
from django.db import connection

log = logging.getLogger(__name__)

ENOUGH: Final = 2000  # rows; fewer are bound before a file for them is made and attached
ROWS: Final = "incoming.rows"
DAYS: Final = "incoming.days"


@contextmanager
def folder() -> Iterator[Path | None]:
    """A place for such files; none for another database, where none is detached again, or where none may be made."""
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield None
        return
    try:
        made = TemporaryDirectory(prefix="equilibrium-")
    except OSError as problem:  # a file system that may only be read
        log.warning("rows are stored one by one: %s", problem)
        yield None
        return
    with made as name:
        yield Path(name)


def write(place: Path, pieces: Iterator[pa.RecordBatch]) -> Path | None:
    """The rows in a file of this folder, the first as row 1; None, and no harm, when the disk has no room for it.

    Knows nothing of Django's database: it runs beside the thread that uses it.
    """
    path = place / f"{uuid4().hex}.db"
    first = next(pieces)
    try:
        with (
            adbc_driver_sqlite.connect(str(path)) as database,
            AdbcConnection(database) as own,
            AdbcStatement(own) as statement,
        ):
            for pragma in ("journal_mode=OFF", "synchronous=OFF"):
                statement.set_sql_query(f"PRAGMA {pragma}")
                statement.execute_update()
            statement.set_options(**{INGEST_OPTION_TARGET_TABLE: "rows", INGEST_OPTION_MODE: INGEST_OPTION_MODE_CREATE})
            statement.bind_stream(pa.RecordBatchReader.from_batches(first.schema, chain([first], pieces)))
            statement.execute_update()
    except Error as problem:
        log.warning("rows are stored one by one: %s", problem)
        path.unlink(missing_ok=True)
        return None
    return path


@contextmanager
def attached(path: Path | None) -> Iterator[None]:
    """For one transaction, which begins and ends in here: within one SQLite detaches nothing."""
    if path is None:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("ATTACH %s AS incoming", [str(path)])
        cursor.execute("PRAGMA incoming.journal_mode=OFF")
        cursor.execute("PRAGMA incoming.synchronous=OFF")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DETACH incoming")
        path.unlink()
