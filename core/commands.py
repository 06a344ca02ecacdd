"""What all commands share: exit code 64 for wrong usage, one sentence when the database or the disk fails."""

from __future__ import annotations

import errno
import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Final, NoReturn

from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    SystemCheckError,
)
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction

WRONG_USAGE: Final = 64  # 2, which argparse would give, says that another run holds the lock

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class HouseCommand(BaseCommand):
    """Ends in one sentence: with 64 for wrong arguments, with 1 when the database fails or is of another version, or
    the disk takes nothing.
    """

    needs_tables: ClassVar[bool] = True

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = lambda message: _refuse(parser, message)  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as problem:
            if self.needs_tables and lacks_a_table(problem):
                raise CommandError(
                    "The database has not the tables of this version: run manage.py migrate first."
                ) from problem
            if not isinstance(problem, OperationalError):
                raise
            raise CommandError(
                f"The database failed: {problem}. What was stored stays whole; repeat this when the cause is gone."
            ) from problem
        except OSError as problem:
            if problem.errno not in FULL:
                raise
            place = f" ({problem.filename})" if problem.filename else ""
            raise CommandError(
                f"The disk takes nothing more: {problem.strerror}{place}. What was stored stays whole; repeat this when"
                " there is room."
            ) from problem

    def check(self, *args: Any, **options: Any) -> None:
        try:
            super().check(*args, **options)
        except SystemCheckError:
            # a database that fails looks to a check as if it could not do what a field needs
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            raise


def lacks_a_table(problem: DatabaseError) -> bool:
    """Whether a statement names a table or column that is not there: the database is of another version."""
    code = getattr(problem.__cause__, "sqlstate", "")
    return code in ("42P01", "42703") or str(problem).startswith(
        ("no such table", "no such column")
    )


def _refuse(parser: ArgumentParser, message: str) -> NoReturn:
    parser.print_usage(sys.stderr)
    sys.stderr.write(f"{parser.prog}: {message}\n")
    sys.exit(WRONG_USAGE)


@contextmanager
def tidy_when_terminated() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does: what it began is cleared away."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
