"""Check the identities of the stored reports once more."""

from __future__ import annotations

from typing import Any

from core.commands import HouseCommand
from cot.pipeline import audit
from cot.variants import VARIANTS


class Command(HouseCommand):
    help = "Re-check the identities over everything that is stored and print the counts."

    def handle(self, **given: Any) -> None:
        for variant in VARIANTS.values():
            found = audit.audit(variant)
            reasons = ", ".join(
                f"{reason} {number}" for reason, number in sorted(found.reasons.items())
            )
            self.stdout.write(
                f"{variant.key}: {found.rows} rows checked, {found.failing} failing  {reasons}".rstrip()
            )
