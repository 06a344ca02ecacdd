"""The indicators of one group, week by week: pure functions of the published facts.

Every function takes `Rows` and a group key (`g1`…`g5`), so that the market page (all weeks of one market) and the board
(the newest week of all markets) compute the same number. Values come at full precision and are rounded by `Numbers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from core.series.cells import Labels, Number, Numbers, as_shown, labels, numbers
from core.series.windows import BoolArray, FloatArray, IntArray, Size, Window, streaks
from cot.measures.timeline import Rows, Timeline, shifted
from cot.variants import GroupRole

STRICT_SIZES: Final[tuple[Size, ...]] = (13, 26, 52, 156, 260, None)
WCI_SIZE: Final = 26
TABLE_SIZES: Final = (13, WCI_SIZE, 52, 156)
YEAR: Final = 52
MOVEMENT_STEP: Final = 6
SIGNALS: Final = ("BUY", "SELL")
PARTS: Final[tuple[Literal["long", "short", "spread"], ...]] = ("long", "short", "spread")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Bounds of the crowded label, inclusive: settings COT_CROWDED_BUY and COT_CROWDED_SELL."""

    buy: float = 80.0
    sell: float = 20.0

    def is_crowded(self, score: float) -> bool:
        """Whether a score of 0 to 100 lies at one of the two crowded ends."""
        return score >= max(self.buy, self.sell) or score <= min(self.buy, self.sell)


@dataclass(frozen=True, slots=True)
class Crowded:
    """The display index over 52 observations with its label, which only a full window has."""

    value: Numbers
    signal: Labels
    full: BoolArray


# --- published and derived facts ---


def net(rows: Rows, group: str) -> Numbers:
    """Long less short positions, in contracts."""
    return numbers(rows.measure(f"{group}_net"), 0)


def published(rows: Rows, fact: str) -> Numbers:
    """A change as the CFTC prints it; none in the week of a size seam, where it mixes two units."""
    return numbers(rows.measure(fact), 0, size_seam=rows.seam, otherwise="no_prior_week")


def change(rows: Rows, group: str) -> Numbers:
    """Published change of long less that of short positions."""
    values = rows.measure(f"{group}_long_change") - rows.measure(f"{group}_short_change")
    return numbers(values, 0, size_seam=rows.seam, otherwise="no_prior_week")


def change_pct_oi(rows: Rows, group: str) -> Numbers:
    """Published change of net in per cent of open interest: what makes moves of large and small markets comparable."""
    moved, interest = change(rows, group), rows.measure("open_interest")
    share = quotient(100 * moved.values, interest)
    return numbers(share, 1, inherited=moved.codes, oi_zero=interest == 0)


def total(rows: Rows, group: str) -> Numbers:
    """Long and short positions together, in contracts."""
    return numbers(rows.measure(f"{group}_long") + rows.measure(f"{group}_short"), 0)


def total_change(rows: Rows, group: str) -> Numbers:
    """Published change of long plus that of short positions: whether the group holds more or less than before."""
    values = rows.measure(f"{group}_long_change") + rows.measure(f"{group}_short_change")
    return numbers(values, 0, size_seam=rows.seam, otherwise="no_prior_week")


def traders(rows: Rows, fact: str) -> Numbers:
    """Number of traders; the CFTC hides counts of one to three."""
    return numbers(rows.measure(fact), 0, otherwise="suppressed")


def pct_of_oi(rows: Rows, name: str) -> Numbers:
    """100·x/open interest, in per cent."""
    return _percent(rows.measure(name), rows.measure("open_interest"))


def oi_pct(rows: Rows) -> Numbers:
    """Published change of open interest in per cent of open interest."""
    return oi_trend(rows, digits=1)


def oi_trend(rows: Rows, *, digits: int = 2) -> Numbers:
    """The same number at the two decimals of the board."""
    moved, interest = published(rows, "oi_change"), rows.measure("open_interest")
    return numbers(
        quotient(100 * moved.values, interest),
        digits,
        inherited=moved.codes,
        oi_zero=interest == 0,
    )


def pct_oi_change(rows: Rows, group: str) -> Numbers:
    """Net in per cent of open interest less that of the row before; ratios cross a size seam unscaled."""
    values = 100 * (rows.measure(f"{group}_share") - rows.before(f"{group}_share"))
    return numbers(values, 1, no_prior_week=rows.first, gap=rows.gap)


def _percent(values: FloatArray, interest: FloatArray) -> Numbers:
    return numbers(quotient(100 * values, interest), 1, oi_zero=interest == 0)


def quotient(values: FloatArray, divisor: FloatArray) -> FloatArray:
    quotient: FloatArray = np.divide(
        values, divisor, out=np.full(len(values), np.nan), where=divisor != 0
    )
    return quotient


def holds(rows: Rows, group: str) -> BoolArray:
    """Whether a group holds anything, now or in the year behind: else it is nobody's counterpart."""
    held = rows.measure(f"{group}_long") + rows.measure(f"{group}_short") > 0
    there: BoolArray = held | (rows.window(f"{group}_net", YEAR).range > 0)
    return there


def opposed(rows: Rows) -> BoolArray:
    """Where the speculators have a counterpart, one that holds anything."""
    found = np.zeros(len(rows.scale), bool)
    for key, where in rows.opposites().items():
        found |= where & holds(rows, key)
    return found


# --- scores over windows ---


def display_index(window: Window) -> Numbers:
    """The display rule: 100·(x − min)/(max − min) of at least two observations, 50 when all are equal."""
    return numbers(window.display_index(), 1, null_input=window.count == 0, window=window.count < 2)


def strict(window: Window, values: FloatArray, digits: int) -> Numbers:
    """A score that exists only over a full window."""
    return numbers(
        values,
        digits,
        null_input=window.count == 0,
        window=window.count < window.needed,
        weeks_missing=window.torn,
        sparse=window.sparse,
        flat=window.flat,
    )


def index(window: Window) -> Numbers:
    """100·(x − min)/(max − min), 0–100: the COT index as Briese and Williams published it."""
    return strict(window, window.index(), 1)


def rank(window: Window) -> Numbers:
    """Share of observations below, equals half, 0–100: not the same as the index."""
    return strict(window, window.rank(), 1)


def z(window: Window) -> Numbers:
    """Distance from the mean in standard deviations (ddof 1)."""
    return strict(window, window.z(), 2)


def width(rows: Rows, window: Window) -> Numbers:
    """Highest less lowest value in contracts of that week's own size: how much a 0–100 score stands for."""
    return strict(window, window.range / rows.scale, 0)


def willco(rows: Rows, group: str) -> Numbers:
    """Williams' WILLCO: index over 26 observations of net/open interest (zones 75, 25); `wci` is the raw-net form."""
    return index(rows.window(f"{group}_share", WCI_SIZE))


def extremes(rows: Rows) -> Numbers:
    """Index over 52 observations of the speculators' net less that of their counterpart."""
    score = index(rows.window("lead", YEAR))
    return numbers(score.values, 1, no_counterpart=~opposed(rows), inherited=score.codes)


def movement(window: Window, *, step: int = MOVEMENT_STEP) -> Numbers:
    """Index less the index `step` observations before; ±40 is a surge."""
    seen = window.count > 0
    values = np.full(len(seen), np.nan)
    scores = window.index()[seen]
    values[seen] = scores - shifted(scores, step)
    flat = window.flat & (window.count >= window.needed)
    return numbers(
        values,
        1,
        null_input=~seen,
        flat=flat,
        weeks_missing=window.torn,
        sparse=window.sparse,
        otherwise="window",
    )


def weeks_in_state(window: Window) -> Numbers:
    """Consecutive observations with the rank ≥ 95, or with it ≤ 5; an episode ends after one observation outside."""
    ranked = rank(window)
    seen = window.count > 0
    values = np.full(len(seen), np.nan)
    values[seen] = streaks(extreme_side(ranked.rounded()[seen], 95.0))
    return numbers(values, 0, inherited=ranked.codes)


def extreme_side(ranks: FloatArray, bound: float) -> IntArray:
    """+1 where the rank as shown is at or above the bound, −1 at or below its mirror, 0 between or unknown."""
    return (ranks >= bound).astype(np.int64) - (ranks <= 100 - bound)


def crowded(window: Window, role: GroupRole, thresholds: Thresholds) -> Crowded:
    """High reads BUY for commercials, SELL for all others, low the reverse, bounds included: a label, not advice."""
    value = display_index(window)
    high, low = value.rounded() >= thresholds.buy, value.rounded() <= thresholds.sell
    buy, sell = (high, low) if role == "commercial" else (low, high)
    places = np.where(buy, 1, np.where(sell, 2, 0))
    return Crowded(
        value,
        labels(places, SIGNALS, null_input=window.count == 0, not_full=~window.full),
        window.full,
    )


Computed = Numbers | Labels | BoolArray


# --- statistic rows ---


@dataclass(frozen=True, slots=True)
class Statistics:
    """Over all observations, whatever range a page shows; None where no value exists."""

    max: Number
    min: Number
    max_5y: Number
    min_5y: Number
    avg_13w: Number


def statistics(line: Timeline) -> dict[str, Statistics]:
    """Statistic rows of open interest and of each group, counts in contracts of the newest size."""
    found = {
        "open_interest": _statistics(line, numbers(line.measure("open_interest"), 0)),
        "oi_change": _statistics(line, published(line, "oi_change")),
        "oi_pct": _statistics(line, oi_pct(line)),
    }
    for group in line.groups:
        k = group.key
        found[f"{k}_net"] = _statistics(line, net(line, k))
        found[f"{k}_change"] = _statistics(line, change(line, k))
        found[f"{k}_change_long"] = _statistics(line, published(line, f"{k}_long_change"))
        found[f"{k}_change_short"] = _statistics(line, published(line, f"{k}_short_change"))
        found[f"{k}_pct_net_oi"] = _statistics(line, pct_of_oi(line, f"{k}_net"))
    return found


def _statistics(line: Timeline, shown: Numbers) -> Statistics:
    values = shown.values
    if shown.digits == 0:  # counts have a size, percentages have none
        values = (values * line.scale)[line.breaks[-1] if line.breaks else 0 :]
    values = values[~np.isnan(values)]
    if not len(values):
        return Statistics(None, None, None, None, None)
    five = values[-260:]
    numbers = (values.max(), values.min(), five.max(), five.min(), values[-13:].mean())
    return Statistics(*(as_shown(value, shown.digits) for value in numbers))
