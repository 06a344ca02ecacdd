"""What all commands share: exit code 64 for wrong usage."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

from django.core.management.base import BaseCommand, CommandParser

WRONG_USAGE: Final = 64  # 2, which argparse would give, says that another run holds the lock


class HouseCommand(BaseCommand):
    """Ends with 64 and one sentence when its arguments are wrong."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = lambda message: _refuse(parser, message)  # type: ignore[method-assign]
        return parser


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
