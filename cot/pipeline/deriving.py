"""What is computed of the stored rows: the registry of markets, the board, and the version that tells caches so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from django.db import transaction

from core import program, series, versions
from cot.catalogue import markets
from cot.models import BoardRow
from cot.selectors import board
from cot.variants import Variant, variant

COMPUTING: Final = (Path(__file__).parents[1], Path(series.__file__).parent)


@transaction.atomic
def derive(variants: Iterable[Variant], *, codes: Iterable[str] | None = None) -> None:
    """Compute it anew for variants whose rows changed, of all markets or of those named."""
    markets.sync_lineage()
    markets.refresh(codes)
    rebuild_board(variants)
    versions.bump("cot")


def outdated() -> list[Variant]:
    """The variants whose board another program computed: its columns and formulas may be others."""
    made = BoardRow.objects.exclude(made_by=this_program())
    return [variant(*pair) for pair in made.values_list("report_type", "subtype").distinct()]


def this_program() -> str:
    return program.digest(*COMPUTING)


@transaction.atomic
def rebuild_board(variants: Iterable[Variant]) -> int:
    """Compute the board rows of these variants anew from the observations; how many rows there are now."""
    registry = board.board_markets()
    count = 0
    for each in variants:
        found = [
            BoardRow(
                report_type=each.type,
                subtype=each.subtype,
                market_id=code,
                is_primary=registry[code]["primary_report"] == each.type,
                report_date=day,
                values=values,
                made_by=this_program(),
            )
            for code, day, values in board.computed(each, registry)
        ]
        BoardRow.objects.filter(report_type=each.type, subtype=each.subtype).delete()
        BoardRow.objects.bulk_create(found)
        count += len(found)
    _mark_primary(registry)
    return count


def _mark_primary(registry: Mapping[str, Mapping[str, str]]) -> None:
    """A new report may become the most telling one of a market: its rows in the other reports make room.

    By their keys: joined with their markets, PostgreSQL without statistics compares every row, dead ones too, with
    every other, for hours.
    """
    rows = list(BoardRow.objects.values_list("pk", "report_type", "market_id", "is_primary"))
    for wanted in (False, True):
        wrong = [
            pk
            for pk, kind, code, is_primary in rows
            if is_primary != wanted and (registry[code]["primary_report"] == kind) == wanted
        ]
        if wrong:
            BoardRow.objects.filter(pk__in=wrong).update(is_primary=wanted)
