"""Every column of the product, once. Table, board, guide, API, its document and exports are made from this list.

    column.py   what is said of a column
    report.py   what the report prints, and what follows from one row
    scores.py   where a number stands among the last n
    board.py    which market, what it is doing, how fresh it is
    blocks.py   what the blocks of a market's page show

A column belongs to the definition that explains it. To add one is to write it down there: docs/add-an-indicator.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.series.cells import numbers
from core.words import Words
from cot.catalogue.registry import SPECULATORS
from cot.columns.blocks import BLOCKS
from cot.columns.board import BOARD, MARKET
from cot.columns.column import Column, Definition, Subject, general
from cot.columns.report import REPORT
from cot.columns.scores import SCORES
from cot.measures.board import Newest
from cot.measures.indicators import TABLE_SIZES, Computed, Thresholds
from cot.measures.timeline import Rows, Timeline
from cot.variants import Group

SECTIONS: Final[dict[str, Words]] = {
    "report": _("The report"),
    "indicators": _("Indicators"),
    "board": _("The board"),
    "blocks": _("Blocks of a market"),
}
DEFINITIONS: Final[tuple[Definition, ...]] = (*REPORT, *SCORES, *BOARD, *BLOCKS)
COLUMNS: Final[tuple[Column, ...]] = (
    *MARKET,
    *(column for entry in DEFINITIONS for column in entry.shown),
)

# What people look for first, in this order; all else follows as it is written down.
TABLE_FIRST: Final = (
    "gk_long", "gk_short", "gk_spread", "gk_change_long", "gk_change_short", "gk_change_spread", "gk_change", "gk_net",
    "gk_pct_net_oi", "gk_pct_oi_change", "gk_pct_long", "gk_pct_short", "gk_pct_spread", "gk_traders_long",
    "gk_traders_short", "gk_traders_spread", "wci_gk", "cot_index_gk_3m", "cot_index_gk_1y", "cot_index_gk_3y",
    "crowded_gk", "rank_gk_52", "z_gk_52", "rank_gk_156", "z_gk_156", "range_gk_52", "rept_long", "rept_short",
)  # fmt: skip
BOARD_FIRST: Final = (
    "name", "spec_group", "spec_net", "spec_pct_oi", "spec_wow", "spec_change_pct_oi", "spec_rank_change_1w",
    "spec_rank_change_4w", "spark", "spec_rank_1y", "spec_z_1y", "gk_total", "gk_bias", "gk_total_change", "gk_pct_oi",
    "gk_pct_oi_change", "open_interest", "state_severity", "weeks_at_extreme", "date",
)  # fmt: skip

_BY_NAME: Final[Mapping[str, Definition]] = {
    name: entry for entry in DEFINITIONS for name in (entry.key, *entry.columns)
}
_FACTS: Final[Mapping[str, Column]] = {column.name: column for column in COLUMNS if column.fact}


def of_column(name: str) -> Definition | None:
    """The definition of a column as it is called in a table, on the board or in the API: `z_g3_52` → `z_gk_n`."""
    windowless = general(name)
    return (
        _BY_NAME.get(windowless.removesuffix("_n"))
        if windowless not in _BY_NAME
        else _BY_NAME[windowless]
    )


def of_fact(name: str) -> Column:
    """The column of a published fact: `g3_long` → `gk_long`."""
    return _FACTS[general(name)]


def arranged(columns: Iterable[Column], first: tuple[str, ...]) -> list[Column]:
    """The columns named in `first` in that order, then the others in theirs."""
    places = {name: place for place, name in enumerate(first)}
    return sorted(columns, key=lambda column: places.get(column.name, len(first)))


# --- computed for a market week by week, and for many markets in their newest week ---


def weekly(line: Timeline, thresholds: Thresholds, *, full: bool = False) -> dict[str, Computed]:
    """Every column of a week: of the market, of each group, and with `full` all the others too."""
    for group in line.groups:
        line.prepare(f"{group.key}_net", TABLE_SIZES)
    basic = [column for column in COLUMNS if column.weeks == "basic"]
    rest = [column for column in COLUMNS if column.weeks == "full"] if full else []
    of_group = [column for column in (*basic, *rest) if column.of_group]
    cells = dict(_market(line, [column for column in basic if not column.of_group], thresholds))
    for group in line.groups:
        cells.update(_group(line, group, of_group, thresholds))
    return cells | dict(
        _market(line, [column for column in rest if not column.of_group], thresholds)
    )


def newest(rows: Newest, thresholds: Thresholds) -> dict[str, Computed]:
    """Every computed column of the board; none where there is no market."""
    if not len(rows):
        return {}
    shown = [column for column in COLUMNS if column.rows]
    cells = dict(_market(rows, [column for column in shown if not column.of_group], thresholds))
    for group in rows.groups:
        cells.update(
            _group(rows, group, [column for column in shown if column.of_group], thresholds)
        )
    return cells


def _market(
    rows: Rows, columns: Iterable[Column], thresholds: Thresholds
) -> Iterator[tuple[str, Computed]]:
    spec = next(group for group in rows.groups if group.stem in SPECULATORS)
    yield from _group(rows, spec, columns, thresholds)


def _group(
    rows: Rows, group: Group, columns: Iterable[Column], thresholds: Thresholds
) -> Iterator[tuple[str, Computed]]:
    subject = Subject(rows, group, thresholds)
    for column in columns:
        if column.formula and column.belongs_to(group):
            name = column.named(group.key)
            yield name, column.formula(subject)
            if column.beside:
                window = subject.net(column.beside)
                yield f"{name}_n", numbers(window.count.astype(float), 0)
                yield f"{name}_full", window.full
