"""What each cell of the board says and how it looks, as plain values; `components/cells.html` writes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _

from core.pages.tables import Cell
from core.templatetags.numbers import DASH, heat_level, score_heat, short_day, side, written
from core.words import Words
from cot.pages.standings import standing_numbers
from cot.selectors.board import OF_A_YEAR
from cot.selectors.board_query import Row
from cot.standing_words import STATES, standing
from cot.variants import REPORTS
from cot.words import reason

MARK: Final = "cot/board_mark.html"  # a badge, a bar before its number, or a line

Look = Callable[[Row, "BoardColumn"], Cell]


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """A column of the table: how it is called, by what it sorts (nothing: it does not), how it is drawn and defined."""

    field: str
    label: Words
    look: Look
    title: Words = ""
    css: str = ""
    sorts: bool = True
    hottest: int = 0
    digits: int = 0
    head: Words = ""
    guide: str = ""


def missing(row: Row, field: str) -> Cell:
    """A dash whose title is the reason in words."""
    return Cell(DASH, "null", str(reason(row["reasons"].get(field))))


def plain(row: Row, column: BoardColumn) -> Cell:
    """A number as it is."""
    return Cell(written(row[column.field], column.digits))


def signed(row: Row, column: BoardColumn) -> Cell:
    """A number with its sign, coloured as text."""
    value = row[column.field]
    return Cell(written(value, column.digits, sign=True), side(value))


def heated(row: Row, column: BoardColumn) -> Cell:
    """A change with a fixed hottest value, in the colour of its sign."""
    return _heated(row, column, column.hottest, side(row[column.field]))


def interest(row: Row, column: BoardColumn) -> Cell:
    """A change of what is held, long and short together, in per cent: it has no side, so it is grey."""
    return _heated(row, column, column.hottest, "interest")


def change(row: Row, column: BoardColumn) -> Cell:
    """A change in contracts; its heat is its share of open interest, so that large and small markets compare."""
    hottest = (row["open_interest"] or 0) * column.hottest / 100
    return _heated(row, column, hottest, side(row[column.field]))


def interest_change(row: Row, column: BoardColumn) -> Cell:
    """The same in contracts; its heat is its share of open interest."""
    return _heated(row, column, (row["open_interest"] or 0) * column.hottest / 100, "interest")


def deviations(row: Row, column: BoardColumn) -> Cell:
    """Standard deviations from the mean, on the crowding scale: the sign is in the number."""
    return _heated(row, column, column.hottest, "")


def _heated(row: Row, column: BoardColumn, hottest: float, tone: str) -> Cell:
    value = row[column.field]
    text = written(value, column.digits, sign=True)
    return (
        Cell(text, tone, heat=str(heat_level(value, hottest))) if hottest and value else Cell(text)
    )


def score(row: Row, column: BoardColumn) -> Cell:
    """0 to 100 on the crowding scale."""
    value = row[column.field]
    return Cell(written(value, 1), heat=str(score_heat(value)))


def points(row: Row, column: BoardColumn) -> Cell:
    """A change of the percentile in whole points."""
    return _heated(row, replace(column, digits=0), column.hottest, side(row[column.field]))


def rank(row: Row, column: BoardColumn) -> Cell:
    """A place between 0 and 100 with that of last week, and the whole percentile."""
    value = row[column.field]
    places = (value, row["spec_rank_1y_prev"])
    return Cell(written(value), mark=MARK, value=places, end="place")


def split(row: Row, column: BoardColumn) -> Cell:
    """The share of long, over a bar of long against short in steps of 5 %."""
    value = row[column.field]
    return Cell(written(value, 1), f"b{round(value / 5)}")


def state(row: Row, column: BoardColumn) -> Cell:
    """A badge by severity that tells its numbers and leads to its definition; a neutral market has none."""
    if row["state"] == "neutral":
        return Cell(str(STATES["neutral"]), "faint")
    word = str(standing(row["state"], row["state_side"]))
    return Cell(word, mark=MARK, value=(row["state_severity"], numbers_behind(row)), end="badge")


def numbers_behind(row: Row) -> str:
    """What the state of a market rests on."""
    return standing_numbers(
        net=row["spec_net"],
        change=row["spec_wow"],
        change_pct=row["spec_change_pct_oi"],
        rank=row["spec_rank_1y"],
        z=row["spec_z_1y"],
        weeks=row["weeks_at_extreme"],
    )


def weeks(row: Row, column: BoardColumn) -> Cell:
    """Weeks at an extreme; a dot for none, the zeros would be noise on most lines."""
    return Cell("·", "faint") if row[column.field] == 0 else plain(row, column)


def spark(row: Row, column: BoardColumn) -> Cell:
    return Cell(mark=MARK, value=row[column.field])


def market(row: Row, column: BoardColumn) -> Cell:
    return Cell(row["plain_name"])


def group(row: Row, column: BoardColumn) -> Cell:
    """The short name of the group the row's numbers belong to."""
    found = REPORTS[row["report_type"]].group(row["spec_group"])
    return Cell(found.short, title=_(found.name))


def day(row: Row, column: BoardColumn) -> Cell:
    """Only where it is not the day of the newest report of its kind, which the page says above."""
    if not row["stale"]:
        return Cell()
    return Cell(short_day(dt.date.fromisoformat(row["date"])))


# By the names that the registry of columns uses. The market itself stands in the template.
LOOKS: Final[Mapping[str, Look]] = {
    "count": plain,
    "signed": signed,
    "heat": heated,
    "change": change,
    "interest": interest,
    "interest_change": interest_change,
    "deviations": deviations,
    "points": points,
    "score": score,
    "rank": rank,
    "split": split,
    "state": state,
    "weeks": weeks,
    "spark": spark,
    "market": market,
    "group": group,
    "day": day,
}


def cell(row: Row, column: BoardColumn) -> Cell:
    """The cell of that column; a dash and why where the value is undefined; grey where a market is too small for it."""
    if row[column.field] is None:
        return missing(row, column.field).of(column.css)
    if row["too_small"] and column.field in OF_A_YEAR:
        text = column.look(row, column).text
        return Cell(text, "faint", str(reason("too_small"))).of(column.css)
    return column.look(row, column).of(column.css)
