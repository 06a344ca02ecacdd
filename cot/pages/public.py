"""A strip of known markets: what a stranger sees of the newest report, which is public-domain data, at first sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import get_language

from core.caching import cached
from cot import lifetimes
from cot.selectors.board import show
from cot.selectors.board_query import BoardQuery

# One of each kind of market, that everybody has heard of.
STRIP: Final = ("13874A", "043602", "099741", "088691", "067651", "002602", "133741")


@dataclass(frozen=True, slots=True)
class Known:
    """A market of the strip: what it is called, the net of its speculators, and where that stands in its year."""

    name: str
    ticker: str
    net: int | None
    rank: float | None


def strip() -> Sequence[Known]:
    """The markets of the strip that are stored. Kept per data version and language."""
    found = cached(
        ("public-strip", get_language()),
        depends_on=("cot",),
        seconds=lifetimes.BOARD,
        compute=_strip,
    )
    return [Known(**market) for market in found]


def _strip() -> list[dict[str, Any]]:
    rows = {row["code"]: row for row in show("fo", BoardQuery(universe="majors")).rows}
    return [
        {
            "name": row["plain_name"],
            "ticker": row["ticker"],
            "net": row["spec_net"],
            "rank": row["spec_rank_1y"],
        }
        for row in (rows[code] for code in STRIP if code in rows)
    ]
