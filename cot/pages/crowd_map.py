"""Where every market stands and which way it goes: behind the map."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

import numpy as np

from core.caching import cached
from core.pages.tables import Cell
from core.series.cells import as_shown
from core.series.windows import FloatArray, newest
from core.templatetags.numbers import score_heat, written
from cot import lifetimes
from cot.catalogue import registry
from cot.measures.board import Newest
from cot.measures.indicators import YEAR
from cot.models import Market
from cot.selectors import panel
from cot.variants import VARIANTS, Report

Role = Literal["speculators", "counterpart", "small"]
ROLES: Final[tuple[Role, ...]] = ("speculators", "counterpart", "small")
BACK: Final = 13  # observations over which the index is compared


@dataclass(frozen=True, slots=True)
class Point:
    """A market of the newest report: strict index of one year, its change, share of open interest in its category.

    `group` is the short name of the traders whose positions these are.
    """

    code: str
    name: str
    category: str
    group: str
    index: float
    change: float
    share: float

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Index, change and share as cells of a table; the index on the crowding scale."""
        return (
            Cell(written(self.index, 1), heat=str(score_heat(self.index))),
            Cell(written(self.change, 1, sign=True)),
            Cell(written(self.share, 1)),
        )


@dataclass(frozen=True, slots=True)
class _Standing:
    """A market of the newest report on its primary one; index and change are None where they are undefined."""

    market: Market
    group: str
    interest: float
    index: Any
    change: Any


def points(
    basis: str,
    universe: str,
    category: str = "",
    role: Role = "speculators",
    as_of: datetime | None = None,
) -> list[Point]:
    """Every market on its primary report that has both numbers, the largest share first. Kept per data version."""
    found = cached(
        ("cot-map", basis, role, as_of), depends_on=("cot",), seconds=lifetimes.of(as_of, lifetimes.BOARD),
        compute=lambda: _all(basis, role, as_of),
    )  # fmt: skip
    outside = () if universe == "all" else registry.OUTSIDE_CORE
    return [
        Point(**row) for row in found if row["category"] not in outside and category in ("", row["category"])
    ]  # fmt: skip


def group_of(role: Role, report: Report, category: str) -> str:
    """The group that plays the role in a market of that category; empty where none does."""
    if role == "speculators":
        return registry.spec_group(report.type)
    if role == "counterpart":
        return registry.comm_group(report.type, category)
    return next(group.key for group in report.groups if group.role == "small")


def _all(basis: str, role: Role, as_of: datetime | None) -> list[dict[str, Any]]:
    markets = {market.code: market for market in Market.objects.filter(is_consolidated=False)}
    variants = [key for key, variant in VARIANTS.items() if variant.subtype == basis]
    rows = [row for key in variants for row in _of_variant(key, markets, role, as_of)]
    totals: dict[str, float] = defaultdict(float)
    for row in rows:
        totals[row.market.category] += row.interest
    found = [
        Point(row.market.code, row.market.name, row.market.category, row.group, row.index, row.change, share)
        for row in rows
        if row.index is not None and row.change is not None
        and (share := as_shown(100 * row.interest / (totals[row.market.category] or 1), 1)) is not None
    ]  # fmt: skip
    return [asdict(point) for point in sorted(found, key=lambda point: (-point.share, point.code))]


def _of_variant(
    key: str, markets: dict[str, Market], role: Role, as_of: datetime | None
) -> Iterator[_Standing]:
    """The markets of the newest report whose primary report this is."""
    report, loaded = VARIANTS[key].report, panel.all_markets(VARIANTS[key], as_of=as_of)
    latest = max((stamp.report_date for stamp in loaded.stamps), default=None)
    indices = (
        {group.key: _indices(loaded.rows, group.key) for group in report.groups}
        if loaded.stamps
        else {}
    )
    interest = loaded.rows.facts["open_interest"]
    for place, stamp in enumerate(loaded.stamps):
        market = markets.get(stamp.code)
        if stamp.report_date != latest or market is None or market.primary_report != report.type:
            continue
        if group := group_of(role, report, market.category):
            now, before = indices[group]
            index, change = as_shown(now[place], 1), as_shown(now[place] - before[place], 1)
        else:
            index = change = None
        short = report.group(group).short if group else ""
        yield _Standing(market, short, float(interest[place]), index, change)


def _indices(rows: Newest, group: str) -> tuple[FloatArray, FloatArray]:
    """The strict index of one year of every market, now and so many observations before."""
    history, days = rows.history(f"{group}_net"), rows.days(f"{group}_net")
    now = newest(history, YEAR, days=days).index()
    if history.shape[1] <= BACK:
        return now, np.full(len(history), np.nan)
    return now, newest(history[:, :-BACK], YEAR, days=days[:, :-BACK]).index()
