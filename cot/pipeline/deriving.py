"""What is computed of the stored rows: the registry of markets, the board, and the version that tells caches so."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from core import versions
from cot.catalogue import markets
from cot.selectors import board
from cot.variants import Variant


@transaction.atomic
def derive(variants: Iterable[Variant], *, codes: Iterable[str] | None = None) -> None:
    """Compute it anew for variants whose rows changed, of all markets or of those named."""
    markets.sync_lineage()
    markets.refresh(codes)
    board.rebuild(variants)
    versions.bump("cot")
