"""Write the weeks of a variant to a file, without the bound of a download."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

from core import versions
from core.commands import HouseCommand
from cot.selectors import exports
from cot.selectors.exports import Selection
from cot.selectors.weeks import FIELDS, WeeksQuery
from cot.variants import VARIANTS


class Command(HouseCommand):
    help = "Write all weeks of one variant to a CSV, JSON or Parquet file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("variant", choices=list(VARIANTS))
        parser.add_argument("file", type=Path, help="the ending decides: .csv, .json or .parquet")
        parser.add_argument("--fields", choices=list(FIELDS), default="facts")
        parser.add_argument("--codes", nargs="*", default=[])

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        form = file.suffix.removeprefix(".")
        if form not in exports.TYPES:
            raise CommandError(f"{file.name}: the ending must be one of {', '.join(exports.TYPES)}.")
        selection = Selection(
            VARIANTS[options["variant"]], WeeksQuery(fields=options["fields"]), codes=options["codes"]
        )
        partial = file.with_name(file.name + ".partial")
        with partial.open("wb") as out:
            write(selection, form, out)
        os.replace(partial, file)
        self.stdout.write(str(file))


def write(selection: Selection, form: str, out: IO[bytes]) -> None:
    """The whole selection into `out`."""
    if writer := exports.TEXTS.get(form):
        out.writelines(text.encode() for text in writer(selection))
    else:
        exports.write_parquet(selection, out, data_version=versions.numbers("cot")["cot"])
