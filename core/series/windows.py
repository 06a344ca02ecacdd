"""Where the newest observation stands among the last n: the kernels under every index, rank and score.

A window is handled as deviations from its newest value x, one row per observation (of one series) or per series (its
newest), so a page that needs every observation and a list that needs every series run the same arithmetic.
Positions are whole numbers: their sums and squares stay exact in float64, whatever the layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

Size = int | None  # a number of observations; None = the whole history
ALL_NEEDS: Final = 52  # observations without which "the whole history" says nothing
_MEASURED: Final = ("count", "low", "high", "lead", "total", "squares")
_CELLS: Final = 1 << 18  # cells handled at once: two megabytes, which stay in the processor's cache


@dataclass(frozen=True, slots=True)
class Window:
    """One window per row: the extremes less x, how many lie below x less how many above, Σ(v − x) and Σ(v − x)².

    `sparse` where n observations reach further back than n reports of every week may: known where days were given.
    `torn` where they do so because weeks between them are not stored.
    """

    needed: int
    count: IntArray
    low: FloatArray
    high: FloatArray
    lead: FloatArray
    total: FloatArray
    squares: FloatArray
    sparse: BoolArray = field(default_factory=lambda: np.zeros(1, bool))
    torn: BoolArray = field(default_factory=lambda: np.zeros(1, bool))

    @property
    def range(self) -> FloatArray:
        """Highest less lowest value, in the unit of the values."""
        return self.high - self.low

    @property
    def flat(self) -> BoolArray:
        return np.equal(self.low, self.high)

    @property
    def full(self) -> BoolArray:
        """All n observations exist, lie close together and differ: else a score is shown, if at all, as provisional."""
        return (self.count >= self.needed) & ~self.flat & ~self.sparse

    def display_index(self) -> FloatArray:
        """0–100 over whatever the window holds: needs two observations, 50 when they are equal."""
        index = np.where(self.flat, 50.0, self._place())
        return np.where(self.count >= 2, index, np.nan)

    def index(self) -> FloatArray:
        """100·(x − min)/(max − min); null unless full."""
        return np.where(self.full, self._place(), np.nan)

    def rank(self) -> FloatArray:
        """Share of the window below x, equals counted half and x among them, 0–100; null unless full."""
        return np.where(
            self.full, 50 * (self.count + self.lead) / np.maximum(self.count, 1), np.nan
        )

    def z(self) -> FloatArray:
        """(x − mean)/sd with ddof 1; null unless full."""
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = (self.squares - self.total**2 / self.count) / (self.count - 1)
            score = -self.total / self.count / np.sqrt(variance)
        return np.where(self.full, score, np.nan)

    def _place(self) -> FloatArray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return 100 * -self.low / self.range


def longest_span(size: int) -> int:
    """Days n weekly observations may span: n weeks and a tenth more, two at least. 52 reports lie within 58 weeks."""
    return 7 * (size + max(2, -(-size // 10)))


def rolling(
    values: FloatArray, size: Size, breaks: Sequence[int] = (), *, days: IntArray | None = None
) -> Window:
    """The window behind every value of one series, nulls skipped; at each of `breaks` it starts anew."""
    return nested(values, [size], breaks, days=days)[0]


def nested(
    values: FloatArray,
    sizes: Sequence[Size],
    breaks: Sequence[int] = (),
    *,
    days: IntArray | None = None,
) -> list[Window]:
    """Windows of several sizes, shortest first, in one pass: each longer one only adds what lies further back.

    With `days`, the day of every value, a window that reaches too far back is not full.
    """
    parts = [_over_nulls(part, sizes) for part in np.split(values, breaks)]
    found = parts[0] if len(parts) == 1 else [_join(same) for same in zip(*parts, strict=True)]
    whole = np.zeros(len(values), bool)
    return [
        replace(window, sparse=_is_sparse(values, days, size), torn=whole)
        for window, size in zip(found, sizes, strict=True)
    ]


def _is_sparse(values: FloatArray, days: IntArray | None, size: Size) -> BoolArray:
    """The whole history is as long as it is; any other window may not reach further back than its span."""
    found = np.zeros(len(values), bool)
    if days is None or size is None:
        return found
    there = np.flatnonzero(~np.isnan(values))
    if len(there) >= size:
        last, first = there[size - 1 :], there[: len(there) - size + 1]
        found[last] = days[last] - days[first] > longest_span(size)
    return found


def earlier(window: Window, back: int) -> Window:
    """Of a series: the window behind the observation `back` before each one; nothing where there is none."""
    seen = np.flatnonzero(window.count)
    old, there = seen[: max(len(seen) - back, 0)], np.zeros(len(window.count), bool)
    there[seen[back:]] = True
    parts = {name: getattr(window, name)[old] for name in (*_MEASURED, "sparse", "torn")}
    return _spread(replace(window, **parts), there)


def newest(matrix: FloatArray, size: Size, *, days: FloatArray | None = None) -> Window:
    """The window behind the last value of many series: one per row, aligned right, padded with nan on the left.

    `days` is laid out like the matrix.
    """
    width = min(size or matrix.shape[1], matrix.shape[1])
    count = np.count_nonzero(~np.isnan(matrix[:, -width:]), axis=1)
    parts = [
        _measure(matrix[rows, -width:], count[rows], [size])[0]
        for rows in _blocks(len(matrix), width)
    ]
    found = _join(parts) if parts else _nothing(0, size)
    sparse = np.zeros(len(matrix), bool)
    if days is not None and size is not None and days.shape[1] >= size:
        sparse = days[:, -1] - days[:, -size] > longest_span(size)  # false where one is nan
    return replace(found, sparse=sparse, torn=np.zeros(len(matrix), bool))


def _over_nulls(values: FloatArray, sizes: Sequence[Size]) -> list[Window]:
    there = ~np.isnan(values)
    windows = _every(values[there], sizes)
    return windows if there.all() else [_spread(window, there) for window in windows]


def _every(values: FloatArray, sizes: Sequence[Size]) -> list[Window]:
    """Windows of a series without nulls; early ones are as long as the history behind them."""
    if not len(values):
        return [_nothing(0, size) for size in sizes]
    width = sizes[-1] or len(values)
    padded = np.concatenate([np.full(width - 1, np.nan), values])
    parts = []
    for rows in _blocks(len(values), width):
        reach = min(width, rows.stop)  # columns further left are before the first observation
        cells = np.lib.stride_tricks.sliding_window_view(
            padded[rows.start : rows.stop + width - 1], width
        )
        count = np.minimum(np.arange(rows.start, rows.stop) + 1, width)
        parts.append(_measure(cells[:, width - reach :], count, sizes))
    return [_join(same) for same in zip(*parts, strict=True)]


def _blocks(rows: int, width: int) -> Iterator[slice]:
    step = max(_CELLS // max(width, 1), 1)
    yield from (slice(start, min(start + step, rows)) for start in range(0, rows, step))


def _measure(cells: FloatArray, count: IntArray, sizes: Sequence[Size]) -> list[Window]:
    """Reduce each row of `cells`. An absent cell becomes deviation 0, which changes no sum and no extreme."""
    # Laid out newest to oldest downwards, numpy works on whole rows at a time: three times faster for short windows.
    away = np.empty(cells.shape[::-1])
    np.subtract(cells.T[::-1], cells[:, -1], out=away)
    absent = away[count.min() :]
    absent[np.isnan(absent)] = 0.0
    found: list[Window] = []
    done = 0
    for size in sizes:
        until = min(size or len(away), len(away))
        used = np.minimum(count, until)
        added = _reduce(away[done:until], used, size or ALL_NEEDS) if until > done else None
        found.append(_longer(found[-1] if found else None, added, used, size or ALL_NEEDS))
        done = max(until, done)
    return found


def _reduce(away: FloatArray, count: IntArray, needed: int) -> Window:
    return Window(
        needed=needed,
        count=count,
        low=away.min(axis=0),
        high=away.max(axis=0),
        lead=_how_many(away < 0) - _how_many(away > 0),
        total=away.sum(axis=0),
        squares=np.einsum("ij,ij->j", away, away),
    )


def _longer(window: Window | None, added: Window | None, count: IntArray, needed: int) -> Window:
    """The window with what lies further back added to it."""
    if window is None or added is None:
        known = window or added
        assert known is not None, "a window holds at least its newest observation"
        return replace(known, count=count, needed=needed)
    return Window(
        needed=needed,
        count=count,
        low=np.minimum(window.low, added.low),
        high=np.maximum(window.high, added.high),
        lead=window.lead + added.lead,
        total=window.total + added.total,
        squares=window.squares + added.squares,
    )


def _how_many(mask: BoolArray) -> FloatArray:
    # Summing bytes is several times faster than np.count_nonzero along an axis.
    counted: IntArray = mask.view(np.int8).sum(axis=0, dtype=np.int32)
    return counted.astype(np.float64)


def _join(parts: Sequence[Window]) -> Window:
    return Window(
        needed=parts[0].needed,
        count=np.concatenate([part.count for part in parts]),
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        lead=np.concatenate([part.lead for part in parts]),
        total=np.concatenate([part.total for part in parts]),
        squares=np.concatenate([part.squares for part in parts]),
    )


def _spread(window: Window, there: BoolArray) -> Window:
    """The same windows with a row for every null: nothing counted, nothing known."""
    empty = _nothing(len(there), window.needed)
    for name in (*_MEASURED, "sparse", "torn"):
        getattr(empty, name)[there] = getattr(window, name)
    return empty


def _nothing(rows: int, size: Size) -> Window:
    unknown = [np.full(rows, np.nan) for _ in range(5)]
    found = Window(size or ALL_NEEDS, np.zeros(rows, np.int64), *unknown)
    return replace(found, sparse=np.zeros(rows, bool), torn=np.zeros(rows, bool))


def streaks(state: IntArray) -> IntArray:
    """How many times in a row, this one included, the value of `state` stands; 0 where it is 0."""
    start = (
        np.flatnonzero(np.diff(state, prepend=state[:1] - 1))
        if len(state)
        else np.zeros(0, np.int64)
    )
    length = np.arange(len(state)) + 1
    for first, end in pairwise([*start.tolist(), len(state)]):
        length[first:end] -= first
    return np.where(state == 0, 0, length)
