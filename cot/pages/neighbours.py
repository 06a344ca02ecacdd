"""The market before and the one after: of the board one came from, or of all markets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.http import QueryDict
from django.utils.translation import get_language

from accounts.models import User
from core.caching import cached
from core.errors import AppError
from core.pages.addresses import Address
from cot import lifetimes
from cot.models import Category, Market
from cot.pages.board_lines import Drawn, Shown
from cot.pages.board_query import BoardPageQuery
from cot.pages.board_sections import SIBLING, Arrangement
from cot.selectors import watchlist
from cot.selectors.board import show


class Neighbour(NamedTuple):
    code: str
    name: str


def neighbours(code: str, board: str, user: User) -> tuple[Neighbour | None, Neighbour | None]:
    """In the order of that board as this person sees it; of all by category and name where it is not on one.

    Siblings folded under another market are passed over, unless one of them is what one looks at.
    """
    names: dict[str, str] = cached(
        ("cot-by-category",),
        depends_on=("cot",),
        seconds=lifetimes.STEADY,
        compute=lambda: dict(_by_category()),
    )
    lines = _of_board(board, user) if board else []
    mains = [each for each, is_sibling in lines if not is_sibling]
    every = [each for each, _is_sibling in lines]
    order = next((each for each in (mains, every, list(names)) if code in each), [code])
    place = order.index(code)
    return _at(order, place - 1, names), _at(order, place + 1, names)


def _at(order: list[str], place: int, names: dict[str, str]) -> Neighbour | None:
    there = 0 <= place < len(order)
    return Neighbour(order[place], names.get(order[place], order[place])) if there else None


def _of_board(board: str, user: User) -> list[tuple[str, bool]]:
    """Its lines, each with whether it is a sibling; none of a board whose address nobody understands.

    Kept for everybody with the same own list and language, whose names a board may be sorted by.
    """
    try:
        asked = BoardPageQuery.of(QueryDict(board))
        found: list[tuple[str, bool]] = cached(
            ("cot-board-order", get_language(), asked, *watchlist.codes(user)),
            depends_on=("cot",),
            seconds=lifetimes.of(asked.as_of, lifetimes.BOARD),
            compute=lambda: list(_lines(asked, user)),
        )
    except AppError:
        return []
    return found


def _lines(asked: BoardPageQuery, user: User) -> Iterator[tuple[str, bool]]:
    """As the board arranges them, without the cells, which cost most of it."""
    owner = user.pk if asked.is_personal else None
    rows = show(asked.basis, asked, report_type=asked.report_type, user_id=owner).rows
    lines = [
        Drawn(row["code"], "", row["stale"], row["category"], row["main_code"]) for row in rows
    ]
    board = Shown(lines, (), 0, {}, None, (), frozenset(watchlist.codes(user)))
    address = Address(QueryDict(), asked.defaults())
    for section in Arrangement(asked, address, board, opened={}, has_stars=False).sections():
        for line in section.lines:
            yield line.code, line.css.startswith(SIBLING)


def _by_category() -> Iterator[tuple[str, str]]:
    places = {name: number for number, name in enumerate(Category.values)}
    every = Market.objects.order_by("name", "code").values_list("category", "code", "name")
    for _category, code, name in sorted(every, key=lambda row: places[row[0]]):
        yield code, name
