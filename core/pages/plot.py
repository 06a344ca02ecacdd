"""Where everything of a figure stands: its axes across and down, its bars, its lines and shapes, in whole units.

The units are those of the stretched part of a drawing, ACROSS wide and DOWN high, counted from its upper left corner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

from core.pages import scales
from core.pages.figures import Shape, Trace
from core.pages.scales import Scale

ACROSS: Final = 1000  # about a pixel each
DOWN: Final = 400
TICKS: Final = 6

Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Bar:
    """From `start` to `end` in values, around `at` across."""

    at: float
    start: float
    end: float
    colour: str


@dataclass(frozen=True)
class Plot:
    """A figure's traces and layout, with the place of every value of them."""

    data: Sequence[Trace]
    layout: Mapping[str, Any]

    # --- across ---

    @cached_property
    def names(self) -> list[str]:
        """What stands across where that is neither days nor numbers."""
        found = [place for trace in self.data for place in trace["x"] if isinstance(place, str)]
        return [] if self.is_dated else list(dict.fromkeys(found))

    @cached_property
    def is_dated(self) -> bool:
        return bool(self.layout["xaxis"].get("type") == "date")

    def number(self, place: Any) -> float:
        """A day, a name or a number across, as a number."""
        if self.is_dated:
            return date.fromisoformat(place).toordinal()
        return self.names.index(place) if self.names else float(place)

    @cached_property
    def across(self) -> Scale:
        if given := self.layout["xaxis"].get("range"):
            return Scale(self.number(given[0]), self.number(given[1]), 0, ACROSS)
        if self.names:
            return Scale(-0.5, len(self.names) - 0.5, 0, ACROSS)
        places = [self.number(place) for trace in self.data for place in trace["x"]]
        half = max(
            (width / 2 for trace in self.data for width in trace.get("width", ())), default=0
        )
        return Scale(min(places, default=0) - half, max(places, default=1) + half, 0, ACROSS)

    def ticks_across(self) -> Iterable[tuple[float, str]]:
        """Where names, days or numbers are written, and how."""
        if self.names:
            return enumerate(self.names)
        if self.is_dated:
            first, last = (
                date.fromordinal(round(end)) for end in (self.across.low, self.across.high)
            )
            return [(day.toordinal(), text) for day, text in scales.day_ticks(first, last, TICKS)]
        ticks = scales.round_ticks(self.across.low, self.across.high, TICKS)
        return [(value, scales.shortened(value)) for value in ticks]

    # --- down ---

    @cached_property
    def down(self) -> dict[str, Scale]:
        """The scale of every axis of values, by the name traces and shapes call it."""
        return {
            name: self._scale(name) for name in dict.fromkeys(axis_of(trace) for trace in self.data)
        }

    def axis(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.layout.get(name.replace("y", "yaxis"), {})
        return found

    def _scale(self, name: str) -> Scale:
        axis = self.axis(name)
        bottom, top = axis.get("domain", (0, 1))
        low, high = axis.get("range") or self._reach(name, zero=axis.get("rangemode") == "tozero")
        return Scale(low, high, (1 - bottom) * DOWN, (1 - top) * DOWN)

    def _reach(self, name: str, *, zero: bool) -> tuple[float, float]:
        traces = [trace for trace in self.data if axis_of(trace) == name]
        values = [
            value
            for trace in traces
            if trace["type"] != "bar"
            for value in trace["y"]
            if value is not None
        ]
        bars = [edge for bar in self.bars.get(name, ()) for edge in (bar.start, bar.end)]
        is_filled = any("fill" in trace for trace in traces)
        return scales.spread([*values, *bars], zero=zero or is_filled or bool(bars))

    @cached_property
    def bars(self) -> dict[str, list[Bar]]:
        """Every bar by its axis; of a `relative` figure each stands on those before it of the same sign."""
        found: dict[str, list[Bar]] = defaultdict(list)
        heights: dict[tuple[str, Any, bool], float] = defaultdict(float)
        for trace in self.data:
            if trace["type"] != "bar":
                continue
            for place, value, colour in zip(trace["x"], trace["y"], colours_of(trace), strict=True):
                if value is None:
                    continue
                start = heights[axis_of(trace), place, value < 0]
                if self.layout.get("barmode") == "relative":
                    heights[axis_of(trace), place, value < 0] += value
                found[axis_of(trace)].append(Bar(self.number(place), start, start + value, colour))
        return found

    # --- places ---

    def runs(self, trace: Trace) -> Iterator[list[Point]]:
        """The points of a trace between two gaps."""
        run: list[Point] = []
        for x, y in self.points(trace):
            if y is not None:
                run.append((x, y))
            elif run:
                yield run
                run = []
        if run:
            yield run

    def points(self, trace: Trace) -> Iterator[tuple[int, int | None]]:
        """Every point of a trace; no height where it has no value."""
        scale = self.down[axis_of(trace)]
        for place, value in zip(trace["x"], trace["y"], strict=True):
            height = None if value is None else round(scale.place(value))
            yield round(self.across.place(self.number(place))), height

    def ends(self, shape: Shape, side: str) -> tuple[float, float]:
        """Both ends of a shape across or down, cut at the edges of the plot."""
        first, last, axis = shape[f"{side}0"], shape[f"{side}1"], shape[f"{side}ref"]
        if axis == "paper":
            whole = Scale(0, 1, 0, ACROSS) if side == "x" else Scale(0, 1, DOWN, 0)
            return whole.place(first), whole.place(last)
        if side == "x":
            return self.across.cut(self.number(first)), self.across.cut(self.number(last))
        return self.down[axis].cut(first), self.down[axis].cut(last)


def axis_of(trace: Trace) -> str:
    return str(trace.get("yaxis", "y"))


def colours_of(trace: Trace) -> Sequence[str]:
    """The colour of every point of a trace."""
    colour = trace["marker"]["color"]
    return [colour] * len(trace["x"]) if isinstance(colour, str) else colour
