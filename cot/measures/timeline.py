"""One market of one variant as arrays, oldest first, with its gaps and size seams. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from core.series.windows import (
    BoolArray,
    FloatArray,
    IntArray,
    Size,
    Window,
    earlier,
    nested,
)
from cot.variants import LONGEST_WEEK, Group

DateArray = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Seam:
    """The report date from which a contract is counted in another size; `factor` turns old counts into new ones."""

    date: date
    factor: float | None


@dataclass(frozen=True, slots=True)
class Hole:
    """Weeks of a report that are not stored: it came out in them, as in every week. Report dates on either side."""

    before: date
    after: date

    @property
    def weeks(self) -> int:
        """How many reports are missing."""
        return round((self.after - self.before).days / 7) - 1


WEEKLY_SINCE: Final = date(1993, 1, 1)  # before, positions were counted twice a month


def holes(dates: DateArray) -> tuple[Hole, ...]:
    """Where weeks are missing between the report dates stored of a variant: the CFTC itself leaves none out."""
    stored = np.unique(dates[dates >= np.datetime64(WEEKLY_SINCE)]).astype("datetime64[D]")
    wide = np.flatnonzero(np.diff(stored.astype(np.int64)) > LONGEST_WEEK)
    return tuple(Hole(*stored[[place, place + 1]].tolist()) for place in wide.tolist())


def torn(days: IntArray | FloatArray, span: FloatArray, missing: Sequence[Hole]) -> BoolArray:
    """Which windows that end on `days` and reach `span` days back lie on both sides of a hole."""
    sides = [[hole.before, hole.after] for hole in missing]
    before, after = np.array(sides, "datetime64[D]").astype(np.int64).T
    place = np.searchsorted(before, days - span)  # the first hole in reach
    there = place < len(before)
    found: BoolArray = there & (after[np.where(there, place, 0)] <= days)
    return found


class Rows(Protocol):
    """What a formula needs: many weeks of one market (`Timeline`) or the newest week of many (`board.Newest`)."""

    @property
    def groups(self) -> tuple[Group, ...]: ...
    @property
    def first(self) -> BoolArray: ...
    @property
    def gap(self) -> BoolArray: ...
    @property
    def seam(self) -> BoolArray: ...
    @property
    def scale(self) -> FloatArray: ...
    def measure(self, name: str) -> FloatArray: ...
    def opposites(self) -> dict[str, BoolArray]: ...
    def before(self, name: str) -> FloatArray: ...
    def window(self, name: str, size: Size, back: int = 0) -> Window: ...
    def zeros(self, name: str, size: int) -> IntArray: ...
    def steps(self, name: str, size: int) -> FloatArray: ...
    def span(self, name: str, size: Size) -> FloatArray: ...


@dataclass(frozen=True)
class Timeline:
    """Facts as printed, float64 with nan for null. `measure` adds what every formula starts from."""

    dates: DateArray
    facts: Mapping[str, FloatArray]
    groups: tuple[Group, ...]
    seams: Sequence[Seam] = ()
    spec: str = ""  # the group of the speculators, and its counterpart where it has one
    comm: str = ""
    missing: Sequence[Hole] = ()  # weeks of the variant that are not stored
    _windows: dict[tuple[str, Size], Window] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __len__(self) -> int:
        return len(self.dates)

    @cached_property
    def days(self) -> IntArray:
        """The report dates as numbers of days."""
        return self.dates.astype("datetime64[D]").astype(np.int64)

    @cached_property
    def first(self) -> BoolArray:
        return np.equal(np.arange(len(self)), 0)

    @cached_property
    def gap(self) -> BoolArray:
        """More than eight days since the row before: nothing may be differenced across it."""
        return np.diff(self.days, prepend=self.days[:1]) > LONGEST_WEEK

    @cached_property
    def seam(self) -> BoolArray:
        """The report in which the size changed: its published changes mix two units."""
        return np.isin(self.dates, np.array([seam.date for seam in self.seams], "datetime64[D]"))

    @cached_property
    def scale(self) -> FloatArray:
        """What turns a printed count of that row into contracts of the newest size."""
        scale = np.ones(len(self))
        for seam in self.seams:
            scale[: self._row_of(seam)] *= seam.factor or 1.0
        return scale

    @cached_property
    def breaks(self) -> list[int]:
        """Rows where the unit changed by an unknown factor: windows of counts start anew there."""
        return sorted(
            {self._row_of(seam) for seam in self.seams if seam.factor is None} - {0, len(self)}
        )

    def measure(self, name: str) -> FloatArray:
        """A fact, or `gk_net` = long − short, or `gk_share` = net/open interest (nan when that is 0), or `lead`."""
        if name == "lead":
            return lead(
                {group.key: self.measure(f"{group.key}_net") for group in self.groups},
                self.spec,
                self.opposites(),
            )
        group, _, what = name.partition("_")
        return measure(self.facts, group, what) if what in ("net", "share") else self.facts[name]

    def opposites(self) -> dict[str, BoolArray]:
        """The counterpart of the speculators, in every week the same."""
        return {self.comm: np.ones(len(self), bool)} if self.comm else {}

    def scaled(self, name: str) -> FloatArray:
        """The same in contracts of the newest size; a share of open interest has no size."""
        return self.measure(name) if name.endswith("_share") else self.measure(name) * self.scale

    def before(self, name: str) -> FloatArray:
        """The value in the row before, as printed."""
        return shifted(self.measure(name), 1)

    def window(self, name: str, size: Size, back: int = 0) -> Window:
        """Measured once, however many columns are made of it; with `back` as it was so many observations before."""
        if (name, size) not in self._windows:
            self.prepare(name, [size])
        window = self._windows[name, size]
        return earlier(window, back) if back else window

    def zeros(self, name: str, size: int) -> IntArray:
        """How many of the last `size` observations are 0."""
        values = self.measure(name)
        seen = ~np.isnan(values)
        counted = np.cumsum(values[seen] == 0)
        found = np.zeros(len(self), np.int64)
        found[seen] = counted - np.concatenate([np.zeros(size, int), counted])[: len(counted)]
        return found

    def steps(self, name: str, size: int) -> FloatArray:
        """The last `size` weekly differences up to each row, one row of them per row; nan across gap and seam."""
        since = self.measure(name) - self.before(name)
        since[self.gap | self.seam] = np.nan
        padded = np.concatenate([np.full(size, np.nan), since])
        return np.lib.stride_tricks.sliding_window_view(padded, size)[1:]

    def span(self, name: str, size: Size) -> FloatArray:
        """Days from the first to the last observation of the window behind every value; nan where there is no value."""
        values, found = self.scaled(name), np.full(len(self), np.nan)
        breaks = () if name.endswith("_share") else self.breaks
        for part in np.split(np.arange(len(self)), breaks):
            there = part[~np.isnan(values[part])]
            oldest = np.maximum(np.arange(len(there)) - (size or len(there)) + 1, 0)
            found[there] = self.days[there] - self.days[there[oldest]]
        return found

    def prepare(self, name: str, sizes: Sequence[Size]) -> None:
        """Measure several windows at once, shortest first: half the work of one after the other."""
        breaks = () if name.endswith("_share") else self.breaks
        found = nested(self.scaled(name), sizes, breaks, days=self.days)
        for size, window in zip(sizes, found, strict=True):
            if self.missing and window.sparse.any():
                across = torn(self.days, self.span(name, size), self.missing)
                window = replace(window, torn=window.sparse & across)
            self._windows[name, size] = window

    def _row_of(self, seam: Seam) -> int:
        return int(np.searchsorted(self.dates, np.datetime64(seam.date)))


def measure(facts: Mapping[str, FloatArray], group: str, what: str) -> FloatArray:
    """Net position of a group, or that as a share of open interest."""
    net: FloatArray = facts[f"{group}_long"] - facts[f"{group}_short"]
    if what == "net":
        return net
    interest = facts["open_interest"]
    share: FloatArray = np.divide(net, interest, out=np.full(len(net), np.nan), where=interest != 0)
    return share


def lead(
    nets: Mapping[str, FloatArray], spec: str, opposites: Mapping[str, BoolArray]
) -> FloatArray:
    """Net of the speculators less that of their counterpart; nan where they have none."""
    found = np.full(len(next(iter(nets.values()))), np.nan)
    for key, where in opposites.items():
        found[where] = (nets[spec] - nets[key])[where]
    return found


def shifted(values: FloatArray, rows: int) -> FloatArray:
    """The value `rows` observations earlier, nan before the first."""
    return np.concatenate(
        [np.full(min(rows, len(values)), np.nan), values[: max(len(values) - rows, 0)]]
    )
