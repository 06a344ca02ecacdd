"""What is worth a look this week: the few markets of each kind, read off the rows of the board. Pure.

A kind is a filter of the board, so a tile leads to the markets it counts. Crowded markets come by open interest, the
unusually light by their distance from normal, moves by how unusual they are, turns by how severe. Main contracts only:
what a micro contract does, its main contract says; and only of the newest report: older ones tell of another week.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cot.selectors.board_query import BoardQuery, Row

SHOWN: Final = 3  # markets that a tile names
CROWDED: Final = ("overcrowded", "extreme", "reversal_watch")
UNUSUAL: Final = 2  # deviations from which a week's change is a big move

# The kinds of tiles in their order: the filter that says which markets are of it.
KINDS: Final[Mapping[str, BoardQuery]] = {
    "crowded_long": BoardQuery(state=CROWDED, side="long", main=True),
    "crowded_short": BoardQuery(state=CROWDED, side="short", main=True),
    "light": BoardQuery(state=("least",), main=True),
    "moves": BoardQuery(min_change_sd=UNUSUAL, main=True),
    "turning": BoardQuery(state=("flip", "reversal_watch"), main=True),
    "own": BoardQuery(state=(*CROWDED, "least"), universe="watch"),
}
OF_SCORES: Final = ("crowded_long", "crowded_short", "light")
# What a tile says of a market.
SAID: Final = (
    "code", "plain_name", "state", "state_side", "spec_rank_1y", "spec_z_1y", "spec_change_pct_oi", "weeks_at_extreme",
)  # fmt: skip

Rank = Callable[[Row], float]


@dataclass(frozen=True, slots=True)
class Tile:
    """A kind, how many markets are of it, and the first of them with what is said of each.

    `scored` says how many could be of it where scores of others are missing: then none found is not none there.
    """

    kind: str
    count: int
    markets: Sequence[Row]
    scored: int | None = None


def _size(row: Row) -> float:
    return float(row["open_interest"])


def _distance(row: Row) -> float:
    return abs(float(row["spec_z_1y"] or 0))


def _move(row: Row) -> float:
    return float(row["spec_change_sd"] or 0)


def _severity(row: Row) -> float:
    return float(row["state_severity"] or 0)


_FIRST: Final[Mapping[str, Rank]] = {"light": _distance, "moves": _move, "turning": _severity}


def tiles(rows: Iterable[Row]) -> list[Tile]:
    """Every kind that is the same for everybody."""
    found = list(rows)
    return [_tile(kind, found) for kind in KINDS if kind != "own"]


def own(extremes: Iterable[Row], watched: Collection[str]) -> Tile:
    """The kind that is a person's own: the markets of their list among those at an extreme, small contracts too."""
    found = [row for row in extremes if row["code"] in watched]
    return Tile("own", len(found), tuple(found[:SHOWN]))


def at_extreme(rows: Iterable[Row]) -> tuple[Row, ...]:
    """What a tile says of every market at an extreme, the largest first: enough to make `own` for anybody."""
    return tuple(_said(row) for row in _ordered("own", rows))


def _tile(kind: str, rows: Sequence[Row]) -> Tile:
    found = _ordered(kind, rows)
    return Tile(kind, len(found), tuple(_said(row) for row in found[:SHOWN]), _scored(kind, rows))


def _scored(kind: str, rows: Sequence[Row]) -> int | None:
    scored = sum(row["spec_rank_1y"] is not None for row in rows)
    return scored if kind in OF_SCORES and scored < len(rows) else None


def _ordered(kind: str, rows: Iterable[Row]) -> list[Row]:
    first = _FIRST.get(kind, _size)
    found = [row for row in rows if KINDS[kind].keep(row)]
    return sorted(found, key=lambda row: (-first(row), -row["open_interest"], row["code"]))


def _said(row: Row) -> Row:
    return {name: row[name] for name in SAID}
