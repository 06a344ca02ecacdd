"""`manage.py purge`: throw away what has served its time, now instead of at midnight."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from core import upkeep
from core.commands import HouseCommand


class Command(HouseCommand):
    help = "Removes old job runs, and sessions past their end."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=int, default=upkeep.KEEP_DAYS, metavar="DAYS")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in upkeep.purge(older_than=options["older_than"]).items():
            self.stdout.write(f"{name}: {count} removed")
