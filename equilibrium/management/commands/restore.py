"""`manage.py restore PATH`: a backup takes the place of everything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from core.commands import HouseCommand, tidy_when_terminated
from equilibrium.backup.refusal import HalfDone, Refused
from equilibrium.backup.restoring import restore


class Command(HouseCommand):
    help = (
        "Replaces database, secrets made under var/ and kept files by those of a backup; nothing changes unless all of"
        " it checks. Stop web, worker and beat first."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="a file that `backup` wrote")
        parser.add_argument("--check", action="store_true", help="only check it; change nothing")

    def handle(self, *args: Any, path: Path, check: bool, **options: Any) -> None:
        try:
            with tidy_when_terminated():
                manifest = restore(path, only_check=check)
        except HalfDone as problem:
            raise CommandError(str(problem)) from problem
        except Refused as refusal:
            raise CommandError(f"{refusal} Nothing was changed.") from refusal
        made = f"{path}, made {manifest.made} by version {manifest.product_version}"
        self.stdout.write(f"{made}: {'can be restored.' if check else 'restored.'}")
