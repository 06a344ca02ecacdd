"""What a stranger sees of the newest report, which is public-domain data: a strip of known markets, and the majors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from core.caching import cached
from cot import lifetimes
from cot.models import Category
from cot.pages.board_cells import cell
from cot.pages.board_columns import columns_of
from cot.selectors.board import show
from cot.selectors.board_query import BoardQuery

# One of each kind of market, that everybody has heard of.
STRIP: Final = ("13874A", "043602", "099741", "088691", "067651", "002602", "133741")

# Columns of the overview that stand in the name, in the head of a category or above the table.
TOLD_OTHERWISE: Final = ("name", "category", "date")


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


@dataclass(frozen=True, slots=True)
class Line:
    """A major as it is drawn: its code, name and ticker, its cells, whether its report is older than the newest."""

    code: str
    name: str
    ticker: str
    cells: SafeString
    is_stale: bool


@dataclass(frozen=True, slots=True)
class Majors:
    """The heads of the columns, and the majors under their categories, extremes first."""

    heads: Sequence[tuple[str, str, str]]  # label, title, class
    sections: Sequence[tuple[str, Sequence[Line]]]


def majors() -> Majors:
    """The board's overview of the majors, which asks nobody's list. Kept per data version and language."""
    found = cached(
        ("public-majors", get_language()),
        depends_on=("cot",),
        seconds=lifetimes.BOARD,
        compute=_majors,
    )
    return Majors(
        heads=found["heads"],
        sections=[
            (
                str(Category(name).label),
                [
                    Line(code, called, ticker, SafeString(cells), stale)
                    for code, called, ticker, cells, stale in lines
                ],
            )
            for name, lines in found["sections"]
        ],
    )


def _majors() -> dict[str, Any]:
    columns = [
        column for column in columns_of("overview", "best")[1] if column.field not in TOLD_OTHERWISE
    ]
    template = get_template("components/cells.html")
    by_category: dict[str, list[tuple[object, ...]]] = {name: [] for name in Category.values}
    for row in show("fo", BoardQuery(universe="majors")).rows:
        cells = template.render({"cells": [cell(row, column) for column in columns]})
        by_category[row["category"]].append(
            (row["code"], row["plain_name"], row["ticker"], cells.replace("\n", ""), row["stale"])
        )
    return {
        "heads": [(str(column.label), str(column.title), column.css) for column in columns],
        "sections": [(name, lines) for name, lines in by_category.items() if lines],
    }
