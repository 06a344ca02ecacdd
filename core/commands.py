"""What all commands share: exit code 64 for wrong usage, one sentence when the database fails."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, OperationalError, ProgrammingError

WRONG_USAGE: Final = 64  # 2, which argparse would give, says that another run holds the lock


class HouseCommand(BaseCommand):
    """Ends in one sentence: with 64 for wrong arguments, with 1 when the database fails or is of another version."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = lambda message: _refuse(parser, message)  # type: ignore[method-assign]
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as problem:
            if lacks_a_table(problem):
                raise CommandError(
                    "The database has not the tables of this version: run manage.py migrate first."
                ) from problem
            if not isinstance(problem, OperationalError):
                raise
            raise CommandError(
                f"The database failed: {problem}. What was stored stays whole; repeat this when the cause is gone."
            ) from problem


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
