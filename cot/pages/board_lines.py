"""The lines of the board, kept per data version: which markets in which order, and the drawn cells of every market.

Drawing a market's cells costs more than choosing and sorting the markets, and does not depend on either: two entries.
What is personal, the stars, is read on every request and never kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.template import Context, Engine, Template
from django.utils.translation import get_language

from accounts.models import User
from core.caching import cached
from cot import lifetimes
from cot.pages.board_cells import BoardColumn, cell
from cot.pages.board_columns import columns_of
from cot.pages.board_query import BoardPageQuery
from cot.pages.market_page import MarketQuery
from cot.selectors import watchlist
from cot.selectors.board import show
from cot.selectors.board_query import Row

LETTERS: Final = 22  # of a name that fit its column for certain


@dataclass(frozen=True, slots=True)
class Shown:
    """The lines (code, drawn cells, stale), counts by category, markets stored, newest report, the own list."""

    lines: Sequence[tuple[str, str, bool]]
    pills: Sequence[tuple[str, int]]
    stored: int
    newest: date | None
    watched: Collection[str]


def shown(asked: BoardPageQuery, user: User) -> Shown:
    """The board for one person. Kept: two queries, the data version and the own list."""
    watched = frozenset(watchlist.codes(user))
    if asked.is_personal:
        kept = _choose(asked, user)
    else:
        key = ("board", asked, get_language())
        kept = cached(
            key,
            depends_on=("cot",),
            seconds=lifetimes.of(asked.as_of, lifetimes.BOARD),
            compute=lambda: _choose(asked, None),
        )
    lines = kept["lines"]
    if asked.pins:
        lines = sorted(lines, key=lambda each: each[0] not in watched)
    return Shown(lines, kept["pills"], kept["stored"], _day(kept["newest"]), watched)


def _choose(asked: BoardPageQuery, user: User | None) -> dict[str, Any]:
    board = show(
        asked.basis, asked, report_type=asked.report_type, user_id=user.pk if user else None
    )
    cells = _cells(asked)
    # Kept before the data changed, they lack a market that this read of the data has: its version rises after it.
    cells |= _draw(asked, [row for row in board.rows if row["code"] not in cells])
    return {
        "lines": [(row["code"], cells[row["code"]], row["stale"]) for row in board.rows],
        "pills": [(pill.category, pill.count) for pill in board.pills],
        "stored": board.stored,
        "newest": board.newest and board.newest.isoformat(),
    }


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _cells(asked: BoardPageQuery) -> dict[str, str]:
    """Every market there is, drawn in these columns."""
    whole = BoardPageQuery(
        universe="all",
        inactive=True,
        report=asked.report,
        basis=asked.basis,
        columns=asked.columns,
        as_of=asked.as_of,
    )
    key = ("board-cells", whole, get_language())
    return cached(
        key,
        depends_on=("cot",),
        seconds=lifetimes.of(asked.as_of, lifetimes.BOARD),
        compute=lambda: _draw(whole, show(whole.basis, whole, report_type=whole.report_type).rows),
    )


def _draw(asked: BoardPageQuery, rows: Sequence[Row]) -> dict[str, str]:
    """The cells of these markets by code."""
    _market, *columns = columns_of(asked.columns, asked.report)[1]
    template = Engine.get_default().get_template("cot/board_cells.html")
    return {row["code"]: _drawn(template, row, columns, _onward(row, asked)) for row in rows}


def _drawn(template: Template, row: Row, columns: Sequence[BoardColumn], onward: str) -> str:
    """One line of the table from its market on; kept by the hundred, so without the line breaks of the template."""
    context = {
        "market": row,
        "onward": onward,
        "is_cut": len(row["name"]) > LETTERS,
        "cells": [cell(row, column) for column in columns],
    }
    return template.render(Context(context)).replace("\n", "")


def _onward(row: Row, asked: BoardPageQuery) -> str:
    """What a market's page must be told to show what the line shows: report, basis and instant that are not its own."""
    told = MarketQuery(
        report="" if row["report_type"] == row["primary_report"] else row["report_type"],
        basis="" if asked.basis == "fo" else asked.basis,
        as_of=asked.as_of,
    ).written()
    return f"?{told}" if told else ""
