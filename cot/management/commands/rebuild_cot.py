"""Make everything that is derived from the stored reports again."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext as _

from core import versions
from core.commands import HouseCommand
from core.locks import Locked, named_lock
from core.progress import Display
from cot.catalogue import markets
from cot.models import BoardRow, Market
from cot.pipeline import deriving
from cot.selectors.status import UPDATE
from cot.variants import VARIANTS


class Command(HouseCommand):
    help = "Recompute markets and board rows from the stored observations; --check exits 1 where they differ."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing, exit 1 if anything differs"
        )

    def handle(self, *, check: bool, **given: Any) -> None:
        try:
            with named_lock(UPDATE):
                before, after = self.rebuild(check=check)
        except Locked as error:
            raise CommandError(_("Another update is running."), returncode=2) from error
        differing = sorted(
            key for key in before.keys() | after.keys() if before.get(key) != after.get(key)
        )
        for key in differing:
            self.stdout.write(key)
        self.stdout.write(f"{len(after)} derived rows, {len(differing)} differ")
        if check and differing:
            sys.exit(1)

    @transaction.atomic
    def rebuild(self, *, check: bool) -> tuple[dict[str, str], dict[str, str]]:
        """The derived rows before and after; with `check` the database stays as it was."""
        with Display(self.stdout) as display:
            before = _derived()
            markets.refresh()
            for done, variant in enumerate(VARIANTS.values(), 1):
                deriving.rebuild_board([variant])
                display.progress(done, len(VARIANTS), variant.key, part="boards")
        after = _derived()
        if check:
            transaction.set_rollback(True)
        elif before != after:
            versions.bump("cot")
        return before, after


def _derived() -> dict[str, str]:
    """Every derived row as text, without the keys the database hands out."""
    rows: dict[str, object] = {f"market {row['code']}": row for row in Market.objects.values()}
    for row in BoardRow.objects.values():
        rows[f"board {row['report_type']}_{row['subtype']} {row['market_id']}"] = {
            **row,
            "id": None,
            "made_by": None,
        }
    return {
        key: json.dumps(row, cls=DjangoJSONEncoder, sort_keys=True) for key, row in rows.items()
    }
