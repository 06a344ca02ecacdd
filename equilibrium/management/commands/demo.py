"""Write simulated reports and load them as if the CFTC had sent them; or take them out again."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from core.commands import HouseCommand
from core.locks import Locked, named_lock
from core.progress import Display
from cot.demo import archive as demo
from cot.pipeline import demo_rows, update
from cot.pipeline.deriving import derive
from cot.publication import releases
from cot.variants import VARIANTS

FULL_ROWS: Final = 1_300_000  # about as many as the CFTC has published
FULL_YEARS: Final = 41
SMALL_YEARS: Final = 5


class Command(HouseCommand):
    help = (
        "Write reports of simulated markets in the CFTC's own format and load them;"
        " every page says they are invented."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--size",
            choices=["small", "full"],
            default="small",
            help="five years, or all since 1986",
        )
        parser.add_argument(
            "--folder", type=Path, default=settings.VAR_DIR / "demo", help="where the files go"
        )
        parser.add_argument(
            "--rows", type=int, help="only write a history of so many rows, for measuring"
        )
        parser.add_argument(
            "--remove", action="store_true", help="delete the demo rows and the files"
        )

    def handle(
        self, *, size: str, folder: Path, rows: int | None, remove: bool, **options: Any
    ) -> None:
        if folder.exists() and any(folder.iterdir()) and not (folder / demo.MARK).exists():
            raise CommandError(
                _("%(folder)s holds other files; the demo stays out of it.") % {"folder": folder}
            )
        if remove:
            self._remove(folder)
            return
        releases.sync_notices()
        until = releases.feed_state(datetime.now(UTC)).expected_report_date
        years = FULL_YEARS if rows or size == "full" else SMALL_YEARS
        self._write(folder, until, years, rows or (FULL_ROWS if size == "full" else None))
        if not rows:
            wanted = tuple(range(until.year - years + 1, until.year + 1))
            call_command(
                "update_cot",
                source=str(folder),
                years=wanted,
                stdout=self.stdout,
                stderr=self.stderr,
            )

    def _write(self, folder: Path, until: date, years: int, rows: int | None) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        with Display(self.stdout) as display:
            show = partial(display.progress, part="demo markets")
            written = demo.write_demo(folder, until=until, years=years, rows=rows, progress=show)
        self.stdout.write(
            _("%(rows)s simulated rows in %(folder)s") % {"rows": f"{written:,}", "folder": folder}
        )

    def _remove(self, folder: Path) -> None:
        try:
            with named_lock(update.LOCK), transaction.atomic():
                demo_rows.forget()
                derive(VARIANTS.values())
        except Locked as error:
            raise CommandError(_("Another update is running."), returncode=2) from error
        shutil.rmtree(folder, ignore_errors=True)
        self.stdout.write(_("The demo is gone."))
