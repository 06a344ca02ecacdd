"""The columns of the board in its three presets, made from the registry of columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext

from core.words import Words
from cot import columns
from cot.columns import BOARD_FIRST
from cot.columns.column import Column as Registered
from cot.pages.board_cells import LOOKS, BoardColumn
from cot.variants import REPORTS, Group


@dataclass(frozen=True, slots=True)
class BoardSpan:
    """A head over several columns."""

    label: Words
    span: int


def columns_of(preset: str, report: str) -> tuple[list[BoardSpan], tuple[BoardColumn, ...]]:
    """Heads over several columns, and the columns: the market, each group in its order, the rest."""
    shown = [
        column for column in columns.COLUMNS if column.board and preset in column.board.presets
    ]
    ordered = columns.arranged(shown, BOARD_FIRST)
    of_groups = [column for column in ordered if column.of_group]
    market, rest = ordered[:1], [column for column in ordered[1:] if not column.of_group]
    found = [_made(column) for column in market]
    for group in REPORTS[report].groups if of_groups else ():
        found += [_made(column, gettext(group.name), group) for column in of_groups]
    beside = gettext("Market") if of_groups else ""
    found += [_made(column, beside) for column in rest]
    return list(_spans(found)), tuple(found)


def _made(column: Registered, head: str = "", group: Group | None = None) -> BoardColumn:
    """As it is shown, under a head."""
    on = column.board
    assert on is not None, "chosen because it stands on the board"
    definition = columns.of_column(column.name)
    return BoardColumn(
        field=column.named(group.key) if group else column.name,
        label=on.label,
        look=LOOKS[on.look],
        title=on.title,
        css=on.css,
        sorts=on.sorts,
        hottest=on.hottest,
        digits=column.digits or 0,
        head=on.span or head,
        guide=definition.page_anchor if definition else "",
    )


def _spans(found: Sequence[BoardColumn]) -> Iterator[BoardSpan]:
    """The heads over the columns behind the market; none where no column has one."""
    if any(column.head for column in found):
        for label, same in groupby(found[1:], key=lambda column: str(column.head)):
            yield BoardSpan(label, len(list(same)))
