"""Both databases: into one file while the product runs, checked, and back in one transaction."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import psycopg
from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.db.utils import DatabaseError, OperationalError
from psycopg import sql

from core.locks import in_memory
from core.models import DataVersion
from equilibrium.backup.refusal import Refused

PATIENCE_SECONDS: Final = 5
VERSIONS: Final = DataVersion._meta.db_table
STOP_IT: Final = "stop web, worker and beat first"


class Database(Protocol):
    kind: str

    def dump(self, target: Path) -> None:
        """Its content of one moment as a file; whoever works on it is not disturbed."""

    def check(self, dump: Path) -> None:
        """Refuse a dump that is damaged, or of another kind."""

    def refuse_others(self) -> None:
        """Refuse while somebody else is connected, as far as that can be known."""

    def put_back(self, dump: Path, versions: Mapping[str, int]) -> None:
        """Replace everything by the dump and set these data versions: all of it, or nothing is changed."""


def ours() -> Database:
    """The database of the settings."""
    return Postgresql() if connection.vendor == "postgresql" else Sqlite()


class Sqlite:
    kind = "sqlite"

    def __init__(self) -> None:
        if in_memory():
            raise Refused("A database in memory is gone with its process: there is nothing to do.")
        self.path = Path(connection.settings_dict["NAME"])

    def dump(self, target: Path) -> None:
        if not self.path.exists():
            raise Refused(f"There is no database at {self.path}.")
        source = sqlite3.connect(f"file:{quote(str(self.path))}?mode=rw", uri=True)
        with closing(source), closing(sqlite3.connect(target)) as copy:
            source.backup(copy, progress=_patience())
            copy.execute("PRAGMA journal_mode=DELETE")  # else its newest pages stay beside the file

    def check(self, dump: Path) -> None:
        # as the product opens it: constraints use functions that SQLite itself does not have
        like_ours = {**connection.settings_dict, "NAME": str(dump), "OPTIONS": {}}
        try:
            with closing(DatabaseWrapper(like_ours, "dump")) as opened, opened.cursor() as cursor:
                cursor.execute("PRAGMA integrity_check(1)")
                (found,) = cursor.fetchone()
        except (
            OperationalError
        ) as problem:  # no room, or ended by a signal inside a function of ours
            raise Refused(
                f"The check of the database did not come to its end: {problem}."
            ) from problem
        except DatabaseError as problem:
            found = str(problem)
        if found != "ok":
            raise Refused(f"The database is damaged: {found}.")

    def refuse_others(self) -> None:
        """Nobody is in the way: SQLite's own locks keep readers and writers apart while its pages are replaced."""

    def put_back(self, dump: Path, versions: Mapping[str, int]) -> None:
        with closing(sqlite3.connect(dump)) as source:
            with source:
                source.executemany(
                    f"INSERT OR REPLACE INTO {VERSIONS} (name, number) VALUES (?, ?)",  # noqa: S608 our own table
                    versions.items(),
                )
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._set_aside_unless_readable()
            with closing(sqlite3.connect(self.path, timeout=1)) as target:
                source.backup(target, progress=_patience())
                target.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _set_aside_unless_readable(self) -> None:
        """What is no database any more cannot be written over page by page; it is kept under another name."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE_SECONDS)) as target:
                target.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for ending in ("", "-wal", "-shm"):
                part = self.path.with_name(self.path.name + ending)
                if part.exists():
                    part.replace(self.path.with_name(f"{self.path.name}.damaged{ending}"))


def _patience() -> Callable[[int, int, int], None]:
    """Ends a copy that a lock of somebody else keeps waiting: on its own it would wait for ever."""
    waited_from = time.monotonic()

    def look(status: int, _remaining: int, _total: int) -> None:
        waits = status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if waits and time.monotonic() - waited_from > PATIENCE_SECONDS:
            raise Refused(f"The database is in use: {STOP_IT}.")

    return look


class Postgresql:
    kind = "postgresql"

    # Everything of a newer version too: what the dump does not know would stand in its way, now or at the next upgrade.
    EMPTY: Final = """
        BEGIN;
        SET LOCAL lock_timeout = '5s';
        DO $$ DECLARE it record; BEGIN
            FOR it IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()
            LOOP EXECUTE format('DROP TABLE %I CASCADE', it.name); END LOOP;
        END $$;
        """

    def dump(self, target: Path) -> None:
        self._run("pg_dump", "--format=custom", *PLAIN, f"--file={target}", connected=True)

    def check(self, dump: Path) -> None:
        self._run("pg_restore", "--list", str(dump))

    def refuse_others(self) -> None:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        until = time.monotonic() + PATIENCE_SECONDS
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
            while others := session.execute(OTHERS).fetchall():
                if time.monotonic() > until:
                    raise Refused(
                        f"{len(others)} other connections to the database are open: {STOP_IT}."
                    )
                time.sleep(0.2)

    def put_back(self, dump: Path, versions: Mapping[str, int]) -> None:
        restore = [*_program("pg_restore"), "--clean", "--if-exists", *PLAIN, "--file=-", str(dump)]
        psql, env = self._connected("psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1")
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(restore, stdout=subprocess.PIPE, stderr=said) as script,  # noqa: S603
            subprocess.Popen(  # noqa: S603
                psql, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said
            ) as server,
        ):
            assert script.stdout is not None
            assert server.stdin is not None
            try:
                server.stdin.write(self.EMPTY.encode())
                shutil.copyfileobj(script.stdout, server.stdin)
                # Only a script that came to its end is committed; psql itself would commit half of one.
                if script.wait() == 0:
                    server.stdin.write(_moved_on(versions).encode())
                server.stdin.close()
            except BrokenPipeError:
                script.kill()  # psql met an error and has ended
            except BaseException:
                server.kill()
                script.kill()
                raise
            if server.wait() or script.wait():
                said.seek(0)
                raise Refused(f"PostgreSQL did not take the dump: {_reason(said.read())}.")
        with suppress(DatabaseError), connection.cursor() as cursor:
            # all is restored by now; the server does this itself in a while
            cursor.execute("ANALYZE")

    def _run(self, name: str, *words: str, connected: bool = False) -> None:
        command, env = self._connected(name, *words) if connected else ([name, *words], None)
        command = [*_program(name), *command[1:]]
        done = subprocess.run(  # noqa: S603
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode:
            raise Refused(f"{name} failed: {_reason(done.stderr)}.")

    def _connected(self, name: str, *words: str) -> tuple[list[str], dict[str, str]]:
        """The command and its environment, which holds the password: the list of processes would show it."""
        given: Any = connection.settings_dict
        # where an address of a socket's folder puts it: …/name?host=/folder
        options = given["OPTIONS"]
        given = given | {
            name.upper(): options[name] for name in ("host", "port") if name in options
        }
        words = ("--no-password", *words)
        command, env = DatabaseClient.settings_to_cmd_args_env(given, list(words))
        return [*_program(name), *command[1:]], {**os.environ, **(env or {})}


PLAIN: Final = ("--no-owner", "--no-privileges")
OTHERS: Final = (
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def _program(name: str) -> list[str]:
    path = shutil.which(name)
    if path is None:
        raise Refused(
            f"{name} is not installed here: install PostgreSQL's client programs (postgresql-client),"
            " of the server's version or newer."
        )
    return [path]


def _moved_on(versions: Mapping[str, int]) -> str:
    rows = sql.SQL(", ").join(
        sql.SQL("({}, {})").format(sql.Literal(name), sql.Literal(number))
        for name, number in versions.items()
    )
    insert = sql.SQL(
        "INSERT INTO {} (name, number) VALUES {} ON CONFLICT (name) DO UPDATE SET number = excluded.number;"
    ).format(sql.Identifier(VERSIONS), rows)
    return f"\nRESET search_path;\n{insert.as_string(None) if versions else ''}\nCOMMIT;\n"


def _reason(said: bytes) -> str:
    """The first line that names an error, without the program's name before it."""
    lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
    line = next((line for line in lines if "error" in line.lower()), lines[0])
    return line.rpartition("rror:")[2].strip().rstrip(".") or line
