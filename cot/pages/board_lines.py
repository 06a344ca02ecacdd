"""The lines of the board, kept per data version: which markets in which order, and the drawn cells of every market.

Drawing a market's cells costs more than choosing and sorting the markets, and does not depend on either: two entries.
What is personal, the stars, is read on every request and never kept.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import date, datetime
from typing import Any, NamedTuple

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
from cot.selectors.tiles import Tile, at_extreme, own, tiles


class Drawn(NamedTuple):
    """A market as it is kept: its drawn cells, and by what the page arranges it."""

    code: str
    cells: str
    is_stale: bool
    category: str
    main_code: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The markets in the order of the board, counts by category, how many are stored, newest reports, the own list."""

    lines: Sequence[Drawn]
    pills: Sequence[tuple[str, int]]
    stored: int
    dates: Mapping[str, date]
    released: datetime | None
    tiles: Sequence[Tile]
    watched: Collection[str]


def shown(asked: BoardPageQuery, user: User | None) -> Shown:
    """The board for one person. Kept: two queries, the data version and the own list. A stranger has no list."""
    watched = frozenset(watchlist.codes(user) if user else ())
    closed = replace(asked, open=())
    if asked.is_personal:
        kept = _choose(closed, user)
    else:
        key = ("board", closed, get_language())
        kept = cached(
            key,
            depends_on=("cot",),
            seconds=lifetimes.of(asked.as_of, lifetimes.BOARD),
            compute=lambda: _choose(closed, None),
        )
    return Shown(
        lines=[Drawn(*line) for line in kept["lines"]],
        pills=kept["pills"],
        stored=kept["stored"],
        dates={kind: date.fromisoformat(day) for kind, day in kept["dates"].items()},
        released=datetime.fromisoformat(kept["released"]) if kept["released"] else None,
        tiles=[
            *(Tile(*each) for each in kept["tiles"]),
            *([own(kept["extremes"], watched)] if user else []),
        ],
        watched=watched,
    )


def _choose(asked: BoardPageQuery, user: User | None) -> dict[str, Any]:
    board = show(
        asked.basis, asked, report_type=asked.report_type, user_id=user.pk if user else None
    )
    whole = _whole(asked)
    cells = whole["cells"]
    # Kept before the data changed, they lack a market that this read of the data has: its version rises after it.
    cells |= _draw(asked, [row for row in board.rows if row["code"] not in cells])
    return {
        "lines": [
            (
                row["code"],
                cells[row["code"]],
                row["stale"],
                row["category"],
                row["main_code"],
            )
            for row in board.rows
        ],
        "pills": [(pill.category, pill.count) for pill in board.pills],
        "stored": board.stored,
        "dates": {kind: day.isoformat() for kind, day in board.dates.items()},
        "released": board.release.release_at.isoformat() if board.release else "",
        "tiles": [astuple(tile) for tile in tiles(board.universe)],
        "extremes": whole["extremes"],
    }


def _whole(asked: BoardPageQuery) -> dict[str, Any]:
    """Every market there is, drawn in these columns, and what is said of those at an extreme, on whosever list."""
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
        compute=lambda: _draw_all(whole),
    )


def _draw_all(asked: BoardPageQuery) -> dict[str, Any]:
    board = show(asked.basis, asked, report_type=asked.report_type)
    return {"cells": _draw(asked, board.rows), "extremes": at_extreme(board.reported)}


def _draw(asked: BoardPageQuery, rows: Sequence[Row]) -> dict[str, str]:
    """The cells of these markets by code."""
    _market, *columns = columns_of(asked.columns, asked.report)[1]
    template = Engine.get_default().get_template("cot/board_cells.html")
    return {
        row["code"]: _drawn(
            template, row, columns, _onward(row, asked), "" if asked.is_wide else _official(row)
        )
        for row in rows
    }


def _official(row: Row) -> str:
    """What the CFTC calls the market. Not said again where the columns are many: it would weigh."""
    return f"{row['name']} · {row['code']}"


def _drawn(
    template: Template, row: Row, columns: Sequence[BoardColumn], onward: str, title: str
) -> str:
    """One line of the table from its market on; kept by the hundred, so without the line breaks of the template."""
    context = {
        "market": row,
        "onward": onward,
        "title": title,
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
