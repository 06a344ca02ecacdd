"""Write the weeks of a variant to a file, without the bound of a download."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core.commands import HouseCommand
from core.exports import TYPES, write
from cot.selectors import exports
from cot.selectors.exports import Selection
from cot.selectors.market import meant
from cot.selectors.weeks import FIELDS, WeeksQuery
from cot.variants import VARIANTS


class Command(HouseCommand):
    help = "Write all weeks of one variant to a CSV, JSON or Parquet file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("variant", choices=list(VARIANTS))
        parser.add_argument("file", type=Path, help="the ending decides: .csv, .json or .parquet")
        parser.add_argument("--fields", choices=list(FIELDS), default="facts")
        parser.add_argument("--codes", nargs="*", default=[])
        parser.add_argument(
            "--spreadsheet",
            action="store_true",
            help='CSV with codes as ="001602", which stay text',
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        form = file.suffix.removeprefix(".")
        if form not in TYPES:
            raise CommandError(f"{file.name}: the ending must be one of {', '.join(TYPES)}.")
        selection = Selection(
            VARIANTS[options["variant"]],
            WeeksQuery(fields=options["fields"]),
            codes=[meant(code) for code in options["codes"]],
            spreadsheet=options["spreadsheet"] and form == "csv",
        )
        partial = file.with_name(file.name + ".partial")
        with partial.open("wb") as out:
            write(exports.table(selection), form, out)
        os.replace(partial, file)
        self.stdout.write(str(file))
