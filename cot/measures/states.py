"""Words for what a group is doing: flows, flips, price states, who holds how much. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np

from core.series.cells import Labels, Number, Numbers, as_shown, labels, numbers
from core.series.windows import BoolArray, FloatArray, Size, rolling
from cot.measures.indicators import extreme_side, index, pct_of_oi, rank, z
from cot.measures.timeline import Rows, Timeline, shifted

FLOWS: Final = ("new_longs", "long_liquidation", "new_shorts", "short_covering", "no_change")
FLIPS: Final = ("long", "short")
# By the signs of (price, long, short), minus before plus: − − −, − − +, … + + +; then a zero in any of them.
EIGHT_STATES: Final = (
    "liquidation",
    "strong_bearish",
    "accumulation",
    "floor_building",
    "profit_taking",
    "distribution",
    "strong_bullish",
    "topping_out",
    "unchanged",
)
# By the signs of (price, open interest) in the same order.
INTEREST_STATES: Final = (
    "long_liquidation",
    "new_supply",
    "short_covering",
    "strong_demand",
    "unchanged",
)
DIVERGENCES: Final = ("spec_long_comm_short", "spec_short_comm_long")
CONCENTRATION_ZONES: Final = ("low", "elevated", "high")
TRIPLE: Final = (52, 156, 260)
RISK: Final = 30.0  # per cent of open interest above which one side is called a risk
BINS: Final = 25


# --- flows and flips ---


def flow(rows: Rows, group: str) -> Labels:
    """The larger of the published changes of long and short names the week; a tie is no change."""
    bought, sold = rows.measure(f"{group}_long_change"), rows.measure(f"{group}_short_change")
    longs, shorts = abs(bought) > abs(sold), abs(sold) > abs(bought)
    cases = [longs & (bought > 0), longs, shorts & (sold > 0), shorts]
    unknown = np.isnan(bought) | np.isnan(sold)
    places = np.select(cases, [1, 2, 3, 4], default=5)
    return labels(places, FLOWS, size_seam=rows.seam, gap=rows.gap, no_prior_week=unknown)


def flip(rows: Rows, group: str) -> Labels:
    """Net crossed zero since the row before: `long` from ≤ 0 to above, `short` from ≥ 0 to below."""
    now, was = rows.measure(f"{group}_net"), rows.before(f"{group}_net")
    places = np.select([(was <= 0) & (now > 0), (was >= 0) & (now < 0)], [1, 2], default=0)
    unknown = np.isnan(now) | np.isnan(was)
    return labels(
        places,
        FLIPS,
        size_seam=rows.seam,
        no_prior_week=rows.first,
        gap=rows.gap,
        null_input=unknown,
    )


def flip_size(rows: Rows, group: str) -> Numbers:
    """Contracts the net moved by in a flip."""
    moved = abs(rows.measure(f"{group}_net") - rows.before(f"{group}_net"))
    return numbers(moved, 0, size_seam=rows.seam, no_prior_week=rows.first, gap=rows.gap)


def bias(rows: Rows, group: str) -> Numbers:
    """100·long/(long + short); none when the group holds nothing."""
    bought = rows.measure(f"{group}_long")
    held = bought + rows.measure(f"{group}_short")
    values = np.divide(100 * bought, held, out=np.full(len(held), np.nan), where=held != 0)
    return numbers(values, 1, no_data=held == 0)


@dataclass(frozen=True, slots=True)
class Velocity:
    """Acceleration of net; `warning` where it works against the position."""

    value: Numbers
    warning: BoolArray


def velocity(line: Timeline, group: str) -> Velocity:
    """This week's step of net less the step before; none if either crosses a gap or a size seam."""
    net = line.measure(f"{group}_net")
    step = net - line.before(f"{group}_net")
    value = numbers(
        step - shifted(step, 1),
        0,
        size_seam=_now_or_before(line.seam),
        no_prior_week=_now_or_before(line.first),
        gap=_now_or_before(line.gap),
    )
    return Velocity(value, np.less(np.sign(value.rounded()) * np.sign(net), 0))


def _now_or_before(mask: BoolArray) -> BoolArray:
    before: BoolArray = np.concatenate([[False], mask[:-1]])[: len(mask)]
    return mask | before


# --- beside the price ---


def price_change(line: Timeline, closes: FloatArray | None) -> Numbers:
    """Between the closes beside two consecutive reports; `closes` has nan where there is none, None for no price."""
    if closes is None:
        closes = np.full(len(line), np.nan)
    since = closes - shifted(closes, 1)
    return numbers(
        since,
        6,
        otherwise="no_price",
        no_price=np.isnan(closes),
        no_prior_week=line.first,
        gap=line.gap,
    )


def eight_states(line: Timeline, groups: Sequence[str], moved: Numbers) -> Labels:
    """Signs of (price, long, short) of one group or of several added up; a zero among them is `unchanged`."""
    bought = sum((line.measure(f"{group}_long_change") for group in groups), np.zeros(len(line)))
    sold = sum((line.measure(f"{group}_short_change") for group in groups), np.zeros(len(line)))
    return _by_signs(line, EIGHT_STATES, moved, [bought, sold])


def interest_states(line: Timeline, moved: Numbers) -> Labels:
    """Signs of (price, open interest); a zero among them is `unchanged`."""
    return _by_signs(line, INTEREST_STATES, moved, [line.measure("oi_change")])


def _by_signs(
    line: Timeline, words: tuple[str, ...], moved: Numbers, changes: list[FloatArray]
) -> Labels:
    legs = [moved.values, *changes]
    place = np.ones(len(line))
    for weight, leg in zip((1, 2, 4), reversed(legs), strict=False):
        place += weight * (leg > 0)
    unchanged = np.any([leg == 0 for leg in legs], axis=0)
    unprinted = np.any([np.isnan(leg) for leg in changes], axis=0) & (moved.codes == 0)
    places = np.where(unchanged, len(words), place)
    return labels(
        places, words, inherited=moved.codes, size_seam=line.seam, no_prior_week=unprinted
    )


# --- power, divergence, zones ---


@dataclass(frozen=True, slots=True)
class Power:
    """What share of open interest a group holds on each side, and whether that is a risk."""

    long: Numbers
    short: Numbers

    @property
    def long_liquidation_risk(self) -> BoolArray:
        return np.greater(self.long.rounded(), RISK)

    @property
    def short_squeeze_risk(self) -> BoolArray:
        return np.greater(self.short.rounded(), RISK)


def power(rows: Rows, group: str) -> Power:
    """100·long/open interest and 100·short/open interest; above 30 is a risk."""
    return Power(pct_of_oi(rows, f"{group}_long"), pct_of_oi(rows, f"{group}_short"))


def divergence(rows: Rows, spec: str, comm: str | None, size: Size) -> Labels:
    """Speculators at one end of their range and their counterpart at the other: ranks ≥ 90 and ≤ 10."""
    theirs = rank(rows.window(f"{spec}_net", size))
    if comm is None:
        return labels(
            np.zeros(len(theirs.codes)),
            DIVERGENCES,
            no_counterpart=np.ones(len(theirs.codes), bool),
        )
    others = rank(rows.window(f"{comm}_net", size))
    spec_side, comm_side = (
        extreme_side(theirs.rounded(), 90.0),
        extreme_side(others.rounded(), 90.0),
    )
    places = np.select([spec_side * comm_side >= 0, spec_side > 0], [0, 1], default=2)
    return labels(
        places, DIVERGENCES, inherited=np.where(theirs.codes > 0, theirs.codes, others.codes)
    )


@dataclass(frozen=True, slots=True)
class Lookback:
    """The newest net over one window."""

    size: int | None
    net: Number
    rank: Number
    z: Number
    index: Number
    n: int
    full: bool
    reason: str | None


def lookback(line: Timeline, name: str, size: Size) -> Lookback:
    """Score of the newest value of `name` (a net, a side or open interest) over the last `size` observations."""
    window = line.window(name, size)
    ranked = rank(window)
    shown = numbers(line.measure(name), 0)
    n, full = int(window.count[-1]), bool(window.full[-1])
    return Lookback(
        size,
        shown.at(-1),
        ranked.at(-1),
        z(window).at(-1),
        index(window).at(-1),
        n,
        full,
        ranked.reason(-1),
    )


def window_dates(line: Timeline, name: str, size: Size) -> tuple[date, date] | tuple[None, None]:
    """The report dates of the first and the last observation behind the newest value."""
    span = line.span(name, size)[-1]
    if np.isnan(span):
        return None, None
    last: date = line.dates[-1].tolist()
    return last - timedelta(days=int(span)), last


def triple(line: Timeline, group: str) -> tuple[Lookback, ...]:
    """The newest net against 52, 156 and 260 reports side by side."""
    return tuple(lookback(line, f"{group}_net", size) for size in TRIPLE)


@dataclass(frozen=True, slots=True)
class Zone:
    """Between which contracts nine tenths of the window lie."""

    p5: Number
    p95: Number
    n: int


def zone(line: Timeline, name: str, size: Size) -> Zone:
    """5th and 95th percentile of the window behind the newest value, linear interpolation; needs two observations."""
    held = recent(line, name, size)
    if len(held) < 2:
        return Zone(None, None, len(held))
    low, high = np.percentile(held, [5, 95])
    return Zone(as_shown(low, 0), as_shown(high, 0), len(held))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How often net stood where. `marked` is the bin of the newest value; `edges` has one entry more than `counts`."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    marked: int | None
    n: int


def distribution(line: Timeline, group: str, size: Size) -> Distribution:
    """25 equal bins from minimum to maximum, half-open, the last one closed; a flat window is one bin."""
    held = recent(line, f"{group}_net", size)
    if not len(held):
        return Distribution((), (), None, 0)
    low, high = float(held.min()), float(held.max())
    if low == high:
        return Distribution((low, high), (len(held),), 0, len(held))
    counts, edges = np.histogram(held, bins=BINS)
    marked = min(int(np.searchsorted(edges, held[-1], side="right")) - 1, BINS - 1)
    return Distribution(tuple(edges.tolist()), tuple(counts.tolist()), marked, len(held))


def spread_rank(line: Timeline, spec: str, comm: str | None, size: Size) -> Numbers:
    """Rank of the distance between the two nets, |spec − comm|, in the window."""
    if comm is None:
        return numbers(np.full(len(line), np.nan), 1, otherwise="no_counterpart")
    apart = abs(line.scaled(f"{spec}_net") - line.scaled(f"{comm}_net"))
    return rank(rolling(apart, size, line.breaks, days=line.days))


def recent(line: Timeline, name: str, size: Size) -> FloatArray:
    """The non-null values in the window behind the newest row, oldest first, in contracts of the newest size."""
    values = line.scaled(name)[line.breaks[-1] if line.breaks else 0 :]
    held: FloatArray = values[~np.isnan(values)]
    return held[-size:] if size else held


# --- concentration ---


@dataclass(frozen=True, slots=True)
class Concentration:
    """The four largest traders on the side the speculators are on, in per cent of open interest."""

    side: Literal["long", "short"] | None
    gross: Number
    net: Number
    zone: str | None
    spread_books: bool
    reason: str | None


def concentration(line: Timeline, spec: str) -> Concentration:
    """Zones < 40 low, < 60 elevated, else high; gross ≥ 10 above net: the largest hold spread books."""
    held = line.measure(f"{spec}_net")[-1] if len(line) else np.nan
    if np.isnan(held) or held == 0:
        return Concentration(
            None, None, None, None, False, "null_input" if np.isnan(held) else "no_data"
        )
    side: Literal["long", "short"] = "long" if held > 0 else "short"
    gross = as_shown(line.measure(f"conc_gross4_{side}")[-1], 1)
    net = as_shown(line.measure(f"conc_net4_{side}")[-1], 1)
    if gross is None:
        return Concentration(side, None, net, None, False, "null_input")
    word = CONCENTRATION_ZONES[(gross >= 40) + (gross >= 60)]
    return Concentration(
        side, gross, net, word, net is not None and round(gross - net, 1) >= 10, None
    )
