"""One row of the board per market: the newest week of many markets measured at once. Pure.

`Newest` gives the formulas of `indicators` and `states` the newest week of every market where `Timeline` gives them
every week of one: the same functions make both, so board and market page show the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np

from core.series.cells import REASONS, Labels, Numbers, numbers
from core.series.windows import BoolArray, FloatArray, IntArray, Size, Window, newest
from cot.measures import indicators, standings
from cot.measures.indicators import YEAR, Computed
from cot.measures.timeline import (
    DateArray,
    Hole,
    Rows,
    Seam,
    Timeline,
    holes,
    lead,
    measure,
    torn,
)
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
    _windows: dict[tuple[str, Size, int], Window] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _steps: dict[str, FloatArray] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _lines: dict[tuple[int, str], Timeline] = field(
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

    def window(self, name: str, size: Size, back: int = 0) -> Window:
        """Windows of `gk_net` or `lead`, as they were `back` observations before."""
        if (name, size, back) not in self._windows:
            history, days = self.history(name), self.days(name)
            if back:
                history, days = _without(history, back), _without(days, back)
            window = newest(history, size, days=days)
            if self.missing and window.sparse.any():
                reach = _reach(days, size)
                across = torn(days[:, -1], reach, self.missing)
                window = replace(window, torn=window.sparse & across)
            self._windows[name, size, back] = window
        return self._windows[name, size, back]

    def line(self, place: int, group: str) -> Timeline:
        """The nets of one market week by week: read without the positions behind them, each stands as a long one."""
        if (place, group) not in self._lines:
            rows = slice(self.starts[place], self.ends[place])
            nets = self.nets[group][rows]
            facts = {
                "open_interest": self.interest[rows],
                f"{group}_long": nets,
                f"{group}_short": np.zeros(len(nets)),
            }
            seams = self.seams.get(self.codes[place], ())
            self._lines[place, group] = Timeline(
                self.dates[rows], facts, self.groups, seams, missing=self.missing
            )
        return self._lines[place, group]

    @cached_property
    def missing(self) -> tuple[Hole, ...]:
        """Weeks in which no market at all is stored."""
        return holes(self.dates)

    def zeros(self, name: str, size: int) -> IntArray:
        """How many of the last `size` observations are 0."""
        counted: IntArray = np.count_nonzero(self.history(name)[:, -size:] == 0, axis=1)
        return counted

    def steps(self, name: str, size: int) -> FloatArray:
        """The last `size` weekly differences of `gk_share`, one row per market; nan across gap and seam."""
        if name not in self._steps:
            self._steps[name] = self._all_steps(name.partition("_")[0])
        places = self.ends[:, None] + np.arange(-size, 0)
        found: FloatArray = self._steps[name][np.maximum(places, 0)]
        found[places <= self.starts[:, None]] = np.nan
        return found

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
        return _reach(self.days(name), size)

    def _all_steps(self, group: str) -> FloatArray:
        """The difference of every row's share of open interest to the row before."""
        shares: FloatArray = np.divide(
            self.nets[group],
            self.interest,
            out=np.full(len(self.dates), np.nan),
            where=self.interest != 0,
        )
        since: FloatArray = np.diff(shares, prepend=np.nan)
        days = self.dates.astype(np.int64)
        since[np.diff(days, prepend=days[:1]) > LONGEST_WEEK] = np.nan
        for place, code in enumerate(self.codes):
            if changed := [seam.date for seam in self.seams.get(code, ())]:
                rows = slice(self.starts[place], self.ends[place])
                since[rows][np.isin(self.dates[rows], np.array(changed, "datetime64[D]"))] = np.nan
        return since

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


def _without(matrix: FloatArray, back: int) -> FloatArray:
    """Less the `back` newest values of each row."""
    shorter = matrix[:, : max(matrix.shape[1] - back, 0)]
    return shorter if shorter.size else np.full((len(matrix), 1), np.nan)


def _reach(days: FloatArray, size: Size) -> FloatArray:
    """Days from the first of the last `size` observations to the newest; nan without any."""
    if not days.size:
        return np.full(len(days), np.nan)
    recent = days[:, -size:] if size else days
    reach: FloatArray = days[:, -1] - np.fmin.reduce(recent, axis=1)
    return reach


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


def weeks_in_state(rows: Rows, group: str) -> Numbers:
    """Length of the episode, counted in the whole history of the few markets that are in one."""
    ranked = indicators.rank(rows.window(f"{group}_net", YEAR))
    there = indicators.extreme_side(ranked.rounded(), 95.0)
    lengths = _counted(
        rows,
        group,
        there,
        lambda line: indicators.weeks_in_state(line.window(f"{group}_net", YEAR)),
    )
    return numbers(lengths, 0, inherited=ranked.codes)


def weeks_at_extreme(rows: Rows, group: str) -> Numbers:
    """Reports in a row at the extreme on one side, counted in the same way."""
    there = standings.at_extreme(rows, group)
    lengths = _counted(rows, group, there, lambda line: standings.weeks_at_extreme(line, group))
    return numbers(lengths, 0, inherited=standings.unscored(rows, group))


def _counted(
    rows: Rows, group: str, there: IntArray, count: Callable[[Timeline], Numbers]
) -> FloatArray:
    """What is counted at the end of each of these lines, 0 for all other markets."""
    assert isinstance(rows, Newest), "of one market, the same formula counts every week"
    found = np.zeros(len(rows))
    for place in np.flatnonzero(there).tolist():
        found[place] = count(rows.line(place, group)).values[-1]
    return found


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
