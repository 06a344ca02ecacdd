"""One row of the board per market: the newest week of many markets measured at once. Pure.

`Newest` gives the formulas of `indicators` and `states` the newest week of every market where `Timeline` gives them
every week of one: the same functions make both, so board and market page show the same number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np

from core.series.cells import REASONS, Labels, Numbers, numbers
from core.series.windows import BoolArray, FloatArray, IntArray, Size, Window, newest, rolling
from cot.measures import indicators
from cot.measures.indicators import YEAR, Computed
from cot.measures.timeline import DateArray, Rows, Seam, lead, measure
from cot.variants import LONGEST_WEEK, Group

SPARK: Final = 26


@dataclass(frozen=True)
class Newest:
    """All rows of a variant, sorted by market and date, read at the last row of each market.

    `starts` holds the first row of each market; `nets` and `interest` have a value per row, `facts` one per market.
    """

    codes: Sequence[str]
    starts: IntArray
    dates: DateArray
    interest: FloatArray
    nets: Mapping[str, FloatArray]
    facts: Mapping[str, FloatArray]
    groups: tuple[Group, ...]
    seams: Mapping[str, Sequence[Seam]]
    spec: str = ""  # the group of the speculators, and of each market its counterpart, or nothing
    comms: Sequence[str] = ()
    _windows: dict[tuple[str, Size], Window] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _histories: dict[str, FloatArray] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _days: dict[str, FloatArray] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.codes)

    @cached_property
    def ends(self) -> IntArray:
        """The row after the last one of each market."""
        return np.append(self.starts[1:], len(self.dates))

    @cached_property
    def first(self) -> BoolArray:
        only: BoolArray = self.ends - self.starts == 1
        return only

    @cached_property
    def gap(self) -> BoolArray:
        days = self.dates.astype(np.int64)
        apart: BoolArray = days[self.ends - 1] - days[self._previous] > LONGEST_WEEK
        return apart

    @cached_property
    def seam(self) -> BoolArray:
        last = self.dates[self.ends - 1].tolist()
        return np.array(
            [self._has_seam(code, day) for code, day in zip(self.codes, last, strict=True)], bool
        )

    @cached_property
    def scale(self) -> FloatArray:
        """The newest week is counted in the newest size."""
        return np.ones(len(self))

    def measure(self, name: str) -> FloatArray:
        if name == "lead":
            return lead(
                {group.key: self.measure(f"{group.key}_net") for group in self.groups},
                self.spec,
                self.opposites(),
            )
        group, _, what = name.partition("_")
        return measure(self.facts, group, what) if what in ("net", "share") else self.facts[name]

    def opposites(self) -> dict[str, BoolArray]:
        """Which markets have which group as the counterpart of the speculators."""
        return {key: np.equal(self.comms, key) for key in sorted(set(self.comms) - {""})}

    def before(self, name: str) -> FloatArray:
        """`gk_net` or `gk_share` of the row before."""
        group, _, what = name.partition("_")
        net, interest = self.nets[group][self._previous], self.interest[self._previous]
        if what == "share":
            net = np.divide(net, interest, out=np.full(len(net), np.nan), where=interest != 0)
        return np.where(self.first, np.nan, net)

    def window(self, name: str, size: Size) -> Window:
        """Windows of `gk_net` or `lead`."""
        if (name, size) not in self._windows:
            self._windows[name, size] = newest(self.history(name), size, days=self.days(name))
        return self._windows[name, size]

    def history(self, name: str) -> FloatArray:
        """`gk_net` or `lead` without nulls, one market per row, aligned right, nan on the left.

        Counts are contracts of the newest size.
        Empty where the newest week has no net: there is nothing to compare.
        """
        if name not in self._histories:
            self._histories[name] = self._aligned(self._nets(name) * self._scales)
            self._histories[name][np.isnan(self.measure(name))] = np.nan
        return self._histories[name]

    def days(self, name: str) -> FloatArray:
        """The day of every value of `history`."""
        if name not in self._days:
            days = self.dates.astype("datetime64[D]").astype(np.float64)
            nets = self._nets(name) * self._scales
            self._days[name] = self._aligned(np.where(np.isnan(nets), np.nan, days))
        return self._days[name]

    def span(self, name: str, size: Size) -> FloatArray:
        """Days from the first to the last observation of the window behind the newest value; nan without any."""
        days = self.days(name)
        if not days.size:
            return np.full(len(self), np.nan)
        recent = days[:, -size:] if size else days
        oldest: FloatArray = np.fmin.reduce(recent, axis=1)
        return days[:, -1] - oldest

    def _nets(self, name: str) -> FloatArray:
        if name != "lead":
            return self.nets[name.partition("_")[0]]
        weeks = self.ends - self.starts
        return lead(
            self.nets,
            self.spec,
            {key: np.repeat(where, weeks) for key, where in self.opposites().items()},
        )

    @cached_property
    def _previous(self) -> IntArray:
        return np.maximum(self.ends - 2, self.starts)

    @cached_property
    def _scales(self) -> FloatArray:
        """What turns each row's counts into the newest size; nan where nobody knows."""
        scales = np.ones(len(self.dates))
        for place, code in enumerate(self.codes):
            rows = slice(self.starts[place], self.ends[place])
            for seam in self.seams.get(code, ()):
                before = self.dates[rows] < np.datetime64(seam.date)
                scales[rows][before] *= seam.factor or np.nan
        return scales

    def _aligned(self, values: FloatArray) -> FloatArray:
        known = np.flatnonzero(~np.isnan(values))
        market = np.searchsorted(self.starts, known, side="right") - 1
        counts = np.bincount(market, minlength=len(self))
        width = max(counts.max(initial=0), 1)
        place = np.arange(len(known)) - (np.cumsum(counts) - counts)[market]
        matrix = np.full((len(self), width), np.nan)
        matrix[market, width - counts[market] + place] = values[known]
        return matrix

    def _has_seam(self, code: str, day: date) -> bool:
        return any(seam.date == day for seam in self.seams.get(code, ()))


def cells(rows: Newest, shown: Mapping[str, Computed]) -> list[dict[str, Any]]:
    """The computed columns market by market, and what is made of several; `reasons` tells why a value is null."""
    if not len(rows):
        return []
    lists = [cell.tolist() for cell in shown.values()]
    found = [dict(zip(shown, values, strict=True)) for values in zip(*lists, strict=True)]
    why, sparks = _reasons(shown, len(rows)), _sparks(rows, rows.spec)
    opposed = indicators.opposed(rows)
    for place, record in enumerate(found):
        record["signals"] = [
            {"group": group.short, "signal": signal}
            for group in rows.groups
            if (signal := record[f"signal_{group.key}"])
        ]
        record["comm_group"] = rows.comms[place] if opposed[place] else None
        record["spark"] = sparks[place]
        record["reasons"] = why[place]
    return found


def weeks_in_state(rows: Rows, name: str) -> Numbers:
    """Length of the episode, counted in the whole history of the few markets that are in one."""
    assert isinstance(rows, Newest), "of one market, `indicators.weeks_in_state` counts every week"
    ranked = indicators.rank(rows.window(name, YEAR))
    lengths = np.zeros(len(rows))
    for place in np.flatnonzero(indicators.extreme_side(ranked.rounded(), 95.0)):
        history, days = rows.history(name)[place], rows.days(name)[place]
        seen = ~np.isnan(history)
        past = rolling(history[seen], YEAR, days=days[seen].astype(np.int64))
        episode = indicators.weeks_in_state(past)
        lengths[place] = episode.values[-1]
    return numbers(lengths, 0, inherited=ranked.codes)


def _sparks(rows: Newest, spec: str) -> list[list[int]]:
    last = rows.history(f"{spec}_net")[:, -SPARK:]
    return [[int(value) for value in line if value == value] for line in last.tolist()]


def _reasons(shown: Mapping[str, Computed], count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{} for _ in range(count)]
    for name, cell in shown.items():
        if isinstance(cell, Numbers | Labels):
            for place in np.flatnonzero(cell.codes):
                found[place][name] = REASONS[cell.codes[place]]
    return found
