"""What the board shows, kept per data version: which markets in which order, and the drawn cells of every market.

Drawing a market's cells costs more than choosing and sorting the markets, and does not depend on either: two entries.
What is personal, the stars, is read on every request and never kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from django.utils.http import urlencode
from django.utils.translation import get_language

from accounts.models import User
from core.caching import cached
from cot.pages.board_columns import columns_of, drawn
from cot.pages.board_query import DEFAULTS, Asked
from cot.selectors import watchlist
from cot.selectors.screener import Filters, Row, show

LIFE: Final = 300  # seconds (cot §17.1); a past instant keeps for a day
PAST_LIFE: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines (code, drawn cells, stale), counts by category, markets stored, newest report, the own list."""

    lines: Sequence[tuple[str, str, bool]]
    pills: Sequence[tuple[str, int]]
    stored: int
    newest: date | None
    watched: Collection[str]


def sheet(asked: Asked, user: User, as_of: datetime | None) -> Sheet:
    """The board for one person. Kept: two queries, the data version and the own list."""
    watched = frozenset(watchlist.codes(user))
    if asked.filters.universe == "watch":
        kept = _choose(asked, as_of, user)
    else:
        key = ("board", *_variant(asked, as_of), *asdict(replace(asked.filters, pins=False)).values())
        kept = cached(key, depends_on=("cot",), seconds=_life(as_of), compute=lambda: _choose(asked, as_of, None))
    lines = sorted(kept["lines"], key=lambda each: each[0] not in watched) if asked.filters.pins else kept["lines"]
    return Sheet(lines, kept["pills"], kept["stored"], _day(kept["newest"]), watched)


def _choose(asked: Asked, as_of: datetime | None, user: User | None) -> dict[str, Any]:
    filters = replace(asked.filters, pins=False)
    board = show(asked.basis, filters, report_type=asked.report_type, user_id=user.pk if user else None, as_of=as_of)
    cells = _cells(asked, as_of)
    return {
        "lines": [(row["code"], cells[row["code"]], row["stale"]) for row in board.rows],
        "pills": [(pill.category, pill.count) for pill in board.pills],
        "stored": board.stored,
        "newest": board.newest and board.newest.isoformat(),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _cells(asked: Asked, as_of: datetime | None) -> dict[str, str]:
    key = ("board-cells", *_variant(asked, as_of))
    return cached(key, depends_on=("cot",), seconds=_life(as_of), compute=lambda: _draw(asked, as_of))


def _draw(asked: Asked, as_of: datetime | None) -> dict[str, str]:
    everything = Filters(universe="all", inactive=True)
    columns = columns_of(asked.columns, asked.report)[1]
    board = show(asked.basis, everything, report_type=asked.report_type, as_of=as_of)
    return {row["code"]: drawn({**row, "onward": _onward(row, asked.basis, as_of)}, columns) for row in board.rows}


def _onward(row: Row, basis: str, as_of: datetime | None) -> str:
    """What a market's page must be told to show what the line shows: report, basis and instant that are not its own."""
    told = {} if row["report_type"] == row["primary_report"] else {"report": row["report_type"]}
    told |= {"basis": basis} if basis != DEFAULTS["basis"] else {}
    told |= {"as_of": as_of.isoformat()} if as_of else {}
    return f"?{urlencode(told)}" if told else ""


def _variant(asked: Asked, as_of: datetime | None) -> tuple[object, ...]:
    return asked.basis, asked.report, asked.columns, as_of, get_language()


def _life(as_of: datetime | None) -> int:
    return LIFE if as_of is None else PAST_LIFE
