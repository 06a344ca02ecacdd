"""`manage.py backup PATH`: everything worth keeping in one file, while the product runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.commands import HouseCommand, tidy_when_terminated
from core.locks import Locked
from equilibrium.backup.refusal import Refused
from equilibrium.backup.saving import backup


class Command(HouseCommand):
    help = "Writes database, secrets made under var/ and kept files into one file; also while the product runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="the file to write, outside var/")

    def handle(self, *args: Any, path: Path, **options: Any) -> None:
        try:
            with tidy_when_terminated():
                size = backup(path)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        except Locked as error:
            self.stderr.write(str(error))
            sys.exit(2)
        self.stdout.write(
            f"{path}: {size / 1000:,.0f} kB. It holds secrets: keep it where only you can read it."
        )
