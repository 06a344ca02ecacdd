"""Where a market stands: the word for its speculators with its side, how long, how much attention it asks for. Pure.

Thresholds compare what is seen: ranks and shares of open interest to one decimal, z to two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from core.series.cells import CodeArray, Labels, Numbers, labels, numbers
from core.series.windows import BoolArray, FloatArray, IntArray, streaks
from cot.measures.indicators import (
    YEAR,
    change,
    change_pct_oi,
    extreme_side,
    pct_of_oi,
    quotient,
    rank,
    z,
)
from cot.measures.states import flip
from cot.measures.timeline import Rows, Timeline
from cot.variants import LONGEST_WEEK

Side = Literal["long", "short"]

STATES: Final = (
    "neutral",
    "pre_flip",
    "least",
    "extreme",
    "reversal_watch",
    "overcrowded",
    "flip",
)
SIDES: Final[tuple[Side, Side]] = ("long", "short")
SEVERITIES: Final = (0, 1, 1, 2, 3, 4, 5)  # of the states; of `least` beyond two deviations 2
EXTREME: Final = 90.0  # rank, and its mirror below
CROWDED: Final = 95.0
FAR: Final = 2.0  # standard deviations
MIDDLE: Final = 50.0
SMALL: Final = (
    1.0  # per cent of open interest: a change below it flips nothing, a range below it says nothing
)
TURN: Final = 0.5  # per cent of open interest
EMPTY: Final = 13  # of 52 nets of zero: too few traders for a score
STEPS: Final = 26  # weekly differences without which they have no deviation
NOTHING: Final = 1e-9  # per cent of open interest: what equal differences leave of binary fractions
MOST: Final = 3.0  # of either half of `attention`


# --- what cannot be scored ---


def range_pct_oi(rows: Rows, group: str) -> Numbers:
    """By how much of open interest net moved within a year."""
    interest, width = rows.measure("open_interest"), rows.window(f"{group}_net", YEAR).range
    share = quotient(100 * width / rows.scale, interest)
    return numbers(share, 1, oi_zero=interest == 0)


def too_small(rows: Rows, group: str) -> BoolArray:
    """Net moved by less than 1 % of open interest within a year, or was 0 in 13 or more of 52 reports."""
    year = rows.window(f"{group}_net", YEAR)
    still = range_pct_oi(rows, group).rounded() < SMALL
    little = still | (rows.zeros(f"{group}_net", YEAR) >= EMPTY)
    found: BoolArray = (year.count >= year.needed) & ~year.sparse & little
    return found


def unscored(rows: Rows, group: str) -> CodeArray:
    """Why no score can be trusted here, if there is a reason."""
    ranked = rank(rows.window(f"{group}_net", YEAR))
    return numbers(ranked.values, 1, too_small=too_small(rows, group), inherited=ranked.codes).codes


def at_extreme(rows: Rows, group: str) -> IntArray:
    """+1 net long with rank ≥ 90, −1 net short with rank ≤ 10, 0 else and where nothing can be scored."""
    end = extreme_side(rank(rows.window(f"{group}_net", YEAR)).rounded(), EXTREME)
    sided = (end == np.sign(rows.measure(f"{group}_net"))) & (unscored(rows, group) == 0)
    return np.where(sided, end, 0)


# --- the state ---


def state(rows: Rows, group: str) -> Labels:
    """The first that holds, most severe first; without scores still a flip or one that is close.

    A change of sign of at least 1 % of open interest is a flip, a smaller one is close to it. A market too small stands
    in no state: its net is always near zero.
    """
    now, was = rows.measure(f"{group}_net"), rows.before(f"{group}_net")
    year = rows.window(f"{group}_net", YEAR)
    ranks, scores, sign = rank(year).rounded(), z(year).rounded(), np.sign(now)
    why, small = unscored(rows, group), too_small(rows, group)
    moved, size = change(rows, group).values, abs(change_pct_oi(rows, group).rounded())
    crowded = at_extreme(rows, group) != 0
    least = (why == 0) & (sign != 0) & (extreme_side(ranks, EXTREME) == -sign)
    crossed = flip(rows, group).places > 0
    shrunk = (abs(now) < 0.3 * abs(was)) & (abs(moved) > 0) & ~rows.gap
    near = crossed | shrunk | (abs(pct_of_oi(rows, f"{group}_net").rounded()) < SMALL)
    cases = [
        crossed & (size >= SMALL),
        crowded & (extreme_side(ranks, CROWDED) == sign) & (sign * scores >= FAR),
        crowded & (np.sign(moved) == -sign) & (size >= TURN),
        crowded,
        least,
        near,
    ]
    places = np.select(cases, [7, 6, 5, 4, 3, 2], default=1)
    return labels(
        places,
        STATES,
        size_seam=rows.seam,
        null_input=np.isnan(now),
        inherited=np.where((places == 1) | small, why, 0).astype(np.int8),
    )


def state_side(rows: Rows, group: str) -> Labels:
    """The side the speculators are on where they stand in a state; none while neutral or flat."""
    found, sign = state(rows, group), np.sign(rows.measure(f"{group}_net"))
    places = np.select([found.places <= 1, sign > 0, sign < 0], [0, 1, 2], default=0)
    return labels(places, SIDES, inherited=found.codes)


def severity(rows: Rows, group: str) -> Numbers:
    """0 neutral to 5 flip: what the board sorts by. The least of a side counts 2 beyond two deviations, else 1."""
    found = state(rows, group)
    values = np.array([0, *SEVERITIES], float)[found.places]
    far = abs(z(rows.window(f"{group}_net", YEAR)).rounded()) >= FAR
    values[(found.places == 1 + STATES.index("least")) & far] = 2
    return numbers(values, 0, inherited=found.codes)


# --- how long, and since when ---


def weeks_at_extreme(line: Timeline, group: str) -> Numbers:
    """Observations in a row at the extreme on one side, whatever the word; 1 is new, 0 is not there."""
    seen = ~np.isnan(line.measure(f"{group}_net"))
    lengths = np.zeros(len(line))
    lengths[seen] = streaks(at_extreme(line, group)[seen])
    return numbers(lengths, 0, inherited=unscored(line, group))


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of reports at the extreme on one side.

    `back_after` reports after the first one the rank was back at 50; None while it is not. `lost` where a report
    without a rank came before that: nobody knows when it was. `running` where the newest report is at the extreme.
    """

    first: date
    last: date
    side: Side
    reports: int
    back_after: int | None
    running: bool
    lost: bool = False


def episodes(line: Timeline, group: str) -> tuple[Episode, ...]:
    """Every time the group stood at an extreme, oldest first."""
    seen = ~np.isnan(line.measure(f"{group}_net"))
    ranks = rank(line.window(f"{group}_net", YEAR)).rounded()[seen]
    return tuple(_episodes(line.dates[seen].tolist(), at_extreme(line, group)[seen], ranks))


def _episodes(dates: list[date], ends: IntArray, ranks: FloatArray) -> Iterator[Episode]:
    starts = np.flatnonzero(np.diff(ends, prepend=0)).tolist()
    for start, after in pairwise([*starts, len(ends)]):
        if end := int(ends[start]):
            # back in the middle, or unknown
            gone = np.flatnonzero(~(end * (ranks[after:] - MIDDLE) > 0))
            place = after + int(gone[0]) if len(gone) else None
            lost = place is not None and bool(np.isnan(ranks[place]))
            yield Episode(
                first=dates[start],
                last=dates[after - 1],
                side=SIDES[end < 0],
                reports=after - start,
                back_after=None if place is None or lost else place - start,
                running=after == len(ends),
                lost=lost,
            )


# --- what changed, and how unusual that is ---


def rank_before(rows: Rows, group: str) -> Numbers:
    """Rank over 52 as it was one observation before."""
    year = rows.window(f"{group}_net", YEAR, 1)
    unknown = np.isnan(rows.measure(f"{group}_net"))
    before = rank(year)
    return numbers(
        before.values,
        1,
        null_input=unknown,
        no_prior_week=year.count == 0,
        inherited=before.codes,
    )


def rank_change(rows: Rows, group: str, weeks: int) -> Numbers:
    """Rank over 52 less that of `weeks` observations before; none where one of these weeks is a gap."""
    name = f"{group}_net"
    year = rows.window(name, YEAR, weeks)
    now, before = rank(rows.window(name, YEAR)), rank(year)
    return numbers(
        now.values - before.values,
        1,
        null_input=np.isnan(rows.measure(name)),
        gap=rows.span(name, weeks + 1) > LONGEST_WEEK * weeks,
        window=year.count == 0,
        inherited=np.where(now.codes > 0, now.codes, before.codes),
    )


def deviation(rows: Rows, group: str) -> FloatArray:
    """Standard deviation (ddof 1) of the last 52 weekly differences of net in per cent of open interest.

    Without those across gaps and size seams; nan with fewer than 26 of them, or when they are all equal.
    """
    steps = 100 * rows.steps(f"{group}_share", YEAR)
    known = ~np.isnan(steps)
    count = known.sum(axis=1)
    mean = np.where(known, steps, 0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(known, (steps - mean[:, None]) ** 2, 0).sum(axis=1)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    return np.where((count >= STEPS) & (spread > NOTHING), spread, np.nan)


def change_sd(rows: Rows, group: str) -> Numbers:
    """Size of the published change in its own standard deviations: how unusual the week is for this market."""
    moved = change_pct_oi(rows, group)
    return numbers(
        abs(moved.values) / deviation(rows, group),
        1,
        inherited=moved.codes,
        too_small=too_small(rows, group),
        otherwise="window",
    )


def attention(rows: Rows, group: str) -> Numbers:
    """min(max(|z| − 1, 0), 3) + min(change in its own deviations, 3): 0 nothing to see, 6 far out and on the move.

    A half that cannot be computed counts 0; none where neither can.
    """
    scores = z(rows.window(f"{group}_net", YEAR))
    moved = change_sd(rows, group)
    far = np.clip(abs(scores.values) - 1, 0, MOST)
    both = np.nan_to_num(far) + np.nan_to_num(np.minimum(moved.values, MOST))
    unknown = np.isnan(far) & np.isnan(moved.values)
    return numbers(
        np.where(unknown, np.nan, both),
        2,
        size_seam=rows.seam,
        too_small=too_small(rows, group),
        inherited=np.where(unknown, scores.codes, 0).astype(np.int8),
    )
