"""Where every market stands and which way it goes: behind the map (cot §13)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from cot.catalogue import registry
from cot.measures.cells import number
from cot.measures.indicators import YEAR
from cot.measures.windows import newest
from cot.models import Market
from cot.selectors import panel
from cot.variants import VARIANTS
from equilibrium.caching import cached

BACK: Final = 13  # observations over which the index is compared
LIVE: Final = 300


@dataclass(frozen=True, slots=True)
class Point:
    """A market of the newest report: strict index of one year, its change, share of open interest in its category."""

    code: str
    name: str
    category: str
    index: float
    change: float
    share: float


def points(basis: str, universe: str, category: str = "") -> list[Point]:
    """Every market on its primary report that has both numbers, the largest share first. Kept per data version."""
    found = cached(("cot-map", basis), depends_on=("cot",), seconds=LIVE, compute=lambda: _all(basis))
    outside = () if universe == "all" else registry.OUTSIDE_CORE
    return [
        Point(**row) for row in found if row["category"] not in outside and category in ("", row["category"])
    ]  # fmt: skip


def _all(basis: str) -> list[dict[str, Any]]:
    markets = {market.code: market for market in Market.objects.filter(is_consolidated=False)}
    rows = [row for key, variant in VARIANTS.items() if variant.subtype == basis for row in _of_variant(key, markets)]
    totals: dict[str, float] = defaultdict(float)
    for market, interest, _index, _change in rows:
        totals[market.category] += interest
    found = [
        Point(market.code, market.name, market.category, index, change, share)
        for market, interest, index, change in rows
        if index is not None and change is not None
        and (share := number(100 * interest / (totals[market.category] or 1), 1)) is not None
    ]  # fmt: skip
    return [asdict(point) for point in sorted(found, key=lambda point: (-point.share, point.code))]


def _of_variant(key: str, markets: dict[str, Market]) -> list[tuple[Market, float, Any, Any]]:
    """Market, open interest, index and its change, for the markets of the newest report whose primary report it is."""
    variant = VARIANTS[key]
    loaded = panel.load(variant)
    if not loaded.stamps:
        return []
    latest = max(stamp.report_date for stamp in loaded.stamps)
    history = loaded.rows.history(f"{registry.spec_group(variant.type)}_net")
    now = newest(history, YEAR).index()
    before = newest(history[:, :-BACK], YEAR).index() if history.shape[1] > BACK else np.full(len(now), np.nan)
    interest = loaded.rows.facts["open_interest"]
    return [
        (market, float(interest[place]), number(now[place], 1), number(now[place] - before[place], 1))
        for place, stamp in enumerate(loaded.stamps)
        if stamp.report_date == latest
        and (market := markets.get(stamp.code)) is not None
        and market.primary_report == variant.type
    ]
