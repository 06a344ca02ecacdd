"""A figure drawn on the server: the description Plotly would draw, as SVG.

So a page has its charts at once, without JavaScript, on paper and on a slow phone. Every place is a percentage of the
element, so one drawing fits every size; text keeps its own. Lines and bars stand in a nested element that is stretched,
and strokes keep their width. Colours are the tokens of the figure, which the browser reads from the style sheet.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from core.pages import scales
from core.pages.figures import Figure, Shape, Trace
from core.pages.scales import Scale
from core.templatetags.numbers import written

ACROSS: Final = 1000  # units of the stretched part, about a pixel each
DOWN: Final = 400
TOKEN: Final = re.compile(r"(var\(--[\w-]+\))(?: / ([\d.]+))?")
TICKS: Final = 6
CLOSE: Final = 7.0  # percent of the height within which two labels would cover each other
DASHES: Final = {"solid": "", "dot": "1 4", "dash": "7 4"}
MARKS: Final = {"triangle-up": "▲", "triangle-down": "▼"}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a legend: whose it is, and the attributes that draw its stroke."""

    name: str
    stroke: SafeString


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as one SVG element as large as its box, and a legend where the figure asks for one.

    Lines with gaps and fills, marks, bars side by side or stacked, bands, zones, levels, notes, several axes below each
    other, and the newest value at the end of the strongest line. components/drawn.html puts it into a page; the style
    sheet leaves room around the SVG for its labels.
    """

    svg: SafeString
    legend: Sequence[Key] = ()


def drawn(figure: Figure) -> Drawing:
    """Raises ValueError for a colour that is no token of the style sheet."""
    plot = _Plot(figure["data"], figure["layout"])
    # all text in both is escaped, all colours are tokens
    return Drawing(mark_safe(plot.svg()), plot.legend())  # noqa: S308 see above


@dataclass(frozen=True, slots=True)
class _Bar:
    """From `start` to `end` in values, around `at` across."""

    at: float
    start: float
    end: float
    colour: str


@dataclass(frozen=True)
class _Plot:
    data: Sequence[Trace]
    layout: Mapping[str, Any]

    def svg(self) -> str:
        stretched = [
            *self._shapes("rect"),
            *self._fills(),
            *self._bars(),
            *self._lines(),
            *self._dots(),
        ]
        kept = [*self._shapes("line"), *self._signs(), *self._notes()]
        return "".join(
            [
                '<svg class="drawn" width="100%" height="100%" aria-hidden="true">',
                *self._value_axes(),
                *self._across_axis(),
                f'<svg width="100%" height="100%" viewBox="0 0 {ACROSS} {DOWN}" preserveAspectRatio="none">',
                *stretched,
                "</svg>",
                *kept,
                "</svg>",
            ]
        )

    def legend(self) -> list[Key]:
        shown = self.data if self.layout.get("showlegend") else ()
        return [Key(trace["name"], mark_safe(_stroke(trace))) for trace in shown]  # noqa: S308 tokens only

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

    # --- down ---

    @cached_property
    def axes(self) -> dict[str, Scale]:
        """The scale of every axis of values, by the name traces and shapes call it."""
        return {
            name: self._scale(name) for name in dict.fromkeys(_axis(trace) for trace in self.data)
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
        traces = [trace for trace in self.data if _axis(trace) == name]
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
    def bars(self) -> dict[str, list[_Bar]]:
        """Every bar by its axis; of a `relative` figure each stands on those before it of the same sign."""
        found: dict[str, list[_Bar]] = defaultdict(list)
        heights: dict[tuple[str, Any, bool], float] = defaultdict(float)
        for trace in self.data:
            if trace["type"] != "bar":
                continue
            for place, value, colour in zip(trace["x"], trace["y"], _colours(trace), strict=True):
                if value is None:
                    continue
                start = heights[_axis(trace), place, value < 0]
                if self.layout.get("barmode") == "relative":
                    heights[_axis(trace), place, value < 0] += value
                found[_axis(trace)].append(_Bar(self.number(place), start, start + value, colour))
        return found

    # --- the stretched part ---

    def points(self, trace: Trace) -> Iterator[list[Point]]:
        """The runs of points between two gaps, in whole units."""
        run: list[Point] = []
        scale = self.axes[_axis(trace)]
        for place, value in zip(trace["x"], trace["y"], strict=True):
            if value is not None:
                run.append(
                    (round(self.across.place(self.number(place))), round(scale.place(value)))
                )
            elif run:
                yield run
                run = []
        if run:
            yield run

    def _lines(self) -> Iterator[str]:
        for trace in self.data:
            if "line" in trace and trace["type"] == "scatter" and "lines" in trace["mode"]:
                path = "".join(map(_path, self.points(trace)))
                yield f'<path class="line" d="{path}" {_stroke(trace)}/>'

    def _fills(self) -> Iterator[str]:
        for trace in self.data:
            if "fill" in trace:
                zero = round(self.axes[_axis(trace)].place(0))
                path = "".join(f"{_path(run)}V{zero}H{run[0][0]}z" for run in self.points(trace))
                yield f'<path d="{path}" {_paint("fill", trace["fillcolor"])}/>'

    def _bars(self) -> Iterator[str]:
        for name, bars in self.bars.items():
            scale, paths = self.axes[name], defaultdict[str, list[str]](list)
            for bar in bars:
                start, end = round(scale.place(bar.start)), round(scale.place(bar.end))
                # what moved a little is seen too
                end = start - 1 if start == end and bar.end > bar.start else end
                paths[bar.colour].append(f"M{round(self.across.place(bar.at))} {start}V{end}")
            for colour, path in paths.items():
                yield (
                    f'<path d="{"".join(path)}" stroke-width="{self._bar_width(len(bars)):.2g}" '
                    f"{_paint('stroke', colour)}/>"
                )

    def _bar_width(self, count: int) -> float:
        """Three quarters of the distance between two bars."""
        places = sorted({self.across.place(bar.at) for bars in self.bars.values() for bar in bars})
        apart = min((after - before for before, after in pairwise(places)), default=ACROSS / 4)
        return apart * 0.75

    def _dots(self) -> Iterator[str]:
        """Round marks, as strokes without length: those are not stretched."""
        for trace in self.data:
            marker = trace["marker"]
            if trace["type"] != "scatter" or "symbol" in marker:
                continue
            sizes = (
                [marker["size"]] * len(trace["x"])
                if isinstance(marker["size"], int)
                else marker["size"]
            )
            paths = defaultdict[tuple[int, str], list[str]](list)
            for place, value, size, colour in zip(
                trace["x"], trace["y"], sizes, _colours(trace), strict=True
            ):
                if value is not None and size:
                    x, y = (
                        self.across.place(self.number(place)),
                        self.axes[_axis(trace)].place(value),
                    )
                    paths[size, colour].append(f"M{x:.0f} {y:.0f}h0")
            for (size, colour), path in paths.items():
                yield f'<path class="dot" d="{"".join(path)}" stroke-width="{size}" {_paint("stroke", colour)}/>'

    def _shapes(self, kind: str) -> Iterator[str]:
        """Zones below everything; levels and uprights, which keep their width, over it."""
        for shape in self.layout.get("shapes", ()):
            if shape["type"] == kind:
                (x0, x1), (y0, y1) = self._ends(shape, "x"), self._ends(shape, "y")
                if kind == "rect":
                    yield (
                        f'<path d="M{x0:.0f} {y0:.0f}H{x1:.0f}V{y1:.0f}H{x0:.0f}z" '
                        f"{_paint('fill', shape['fillcolor'])}/>"
                    )
                else:
                    yield _rule(x0, y0, x1, y1, shape["line"])

    def _ends(self, shape: Shape, side: str) -> tuple[float, float]:
        """Both ends of a shape across or down, in units, cut at the edges of the plot."""
        first, last, axis = shape[f"{side}0"], shape[f"{side}1"], shape[f"{side}ref"]
        if axis == "paper":
            whole = Scale(0, 1, 0, ACROSS) if side == "x" else Scale(0, 1, DOWN, 0)
            return whole.place(first), whole.place(last)
        if side == "x":
            return _cut(self.across, self.number(first)), _cut(self.across, self.number(last))
        return _cut(self.axes[axis], first), _cut(self.axes[axis], last)

    # --- words and rules, which are never stretched ---

    def _value_axes(self) -> Iterator[str]:
        for name, scale in self.axes.items():
            axis = self.axis(name)
            ticks = axis.get("tickvals") or scales.round_ticks(
                scale.low, scale.high, axis.get("nticks", TICKS)
            )
            taken = [place for place, _text, _colour in self._last_values(name)]
            for value in ticks:
                place = _down(scale.place(value))
                kind = "zero" if value == 0 and axis.get("zeroline", True) else "grid"
                yield f'<line class="{kind}" x2="100%" y1="{place}%" y2="{place}%"/>'
                if all(abs(place - other) > CLOSE for other in taken):
                    yield _words(
                        100,
                        place,
                        f"{scales.shortened(value)}{axis.get('ticksuffix', '')}",
                        "value",
                    )
            for place, text, colour in self._last_values(name):
                yield _words(100, place, text, "value last", _paint("fill", colour))

    def _last_values(self, name: str) -> list[tuple[float, str, str]]:
        """Place, text and colour of the newest value of the strongest line of an axis."""
        lines = [
            trace
            for trace in self.data
            if _axis(trace) == name and "lines" in trace.get("mode", "")
        ]
        strongest = max((trace["line"]["width"] for trace in lines), default=0)
        chosen = [trace for trace in lines if trace["line"]["width"] == strongest]
        if len(chosen) != 1 or not chosen[0]["y"] or chosen[0]["y"][-1] is None:
            return []
        value, axis = chosen[0]["y"][-1], self.axis(name)
        is_count = axis.get("tickformat") == "~s"
        text = (
            scales.shortened(value)
            if is_count
            else f"{written(value, 1)}{axis.get('ticksuffix', '')}"
        )
        return [(_down(self.axes[name].place(value)), text, chosen[0]["line"]["color"])]

    def _across_axis(self) -> Iterator[str]:
        for value, text in self._across_ticks():
            place = round(self.across.place(value) / ACROSS * 100, 1)
            yield _words(place, 100, text, "across")

    def _across_ticks(self) -> Iterable[tuple[float, str]]:
        if self.names:
            return enumerate(self.names)
        if self.is_dated:
            first, last = (
                date.fromordinal(round(end)) for end in (self.across.low, self.across.high)
            )
            return [(day.toordinal(), text) for day, text in scales.day_ticks(first, last, TICKS)]
        ticks = scales.round_ticks(self.across.low, self.across.high, TICKS)
        return [(value, scales.shortened(value)) for value in ticks]

    def _signs(self) -> Iterator[str]:
        """Marks that are no dots, as characters."""
        for trace in self.data:
            marker = trace.get("marker", {})
            if "symbol" in marker:
                colours = _colours(trace)
                scale = self.axes[_axis(trace)]
                for place, value, symbol, colour in zip(
                    trace["x"], trace["y"], marker["symbol"], colours, strict=True
                ):
                    if value is not None:
                        x = round(self.across.place(self.number(place)) / ACROSS * 100, 1)
                        yield _words(
                            x,
                            _down(scale.place(value)),
                            MARKS[symbol],
                            "sign",
                            _paint("fill", colour),
                        )

    def _notes(self) -> Iterator[str]:
        for note in self.layout.get("annotations", ()):
            x = round(self.across.place(self.number(note["x"])) / ACROSS * 100, 1)
            yield _words(x, 0, note["text"], "note")


def _path(points: Sequence[Point]) -> str:
    """One run of points: the first absolute, the others by the way from the one before; one alone is a dot."""
    (x, y), *others = points
    if not others:
        return f"M{x} {y}h0"
    steps = (f"{to[0] - at[0]} {to[1] - at[1]}" for at, to in pairwise(points))
    return f"M{x} {y}l{' '.join(steps)}".replace(
        " -", "-"
    )  # a minus parts two numbers as a blank does


def _stroke(trace: Trace) -> str:
    """The attributes of a trace's stroke; of bars and marks in a legend, those of a thick one."""
    if "line" in trace and "color" in trace["line"]:
        dash = DASHES.get(
            trace["line"]["dash"], trace["line"]["dash"].replace("px", "").replace(",", " ")
        )
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        return f'{_paint("stroke", trace["line"]["color"])} stroke-width="{trace["line"]["width"]}"{dashed}'
    return (
        f'{_paint("stroke", _colours(trace)[0] if trace["x"] else "var(--ink-3)")} stroke-width="7"'
    )


def _axis(trace: Trace) -> str:
    return str(trace.get("yaxis", "y"))


def _colours(trace: Trace) -> Sequence[str]:
    """The colour of every point of a trace."""
    colour = trace["marker"]["color"]
    return [colour] * len(trace["x"]) if isinstance(colour, str) else colour


def _paint(what: str, colour: str) -> str:
    """`var(--g1) / 0.4` as attributes. Raises ValueError for anything but a token of the style sheet."""
    found = TOKEN.fullmatch(colour)
    if found is None:
        raise ValueError(f"no token of the style sheet: {colour!r}")
    opacity = f' {what}-opacity="{found[2]}"' if found[2] else ""
    return f'{what}="{found[1]}"{opacity}'


def _rule(x0: float, y0: float, x1: float, y1: float, line: Mapping[str, Any]) -> str:
    dash = DASHES[line.get("dash", "solid")]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = (
        f'x1="{x0 / ACROSS:.1%}" x2="{x1 / ACROSS:.1%}" y1="{y0 / DOWN:.1%}" y2="{y1 / DOWN:.1%}"'
    )
    return f"<line {ends} {_paint('stroke', line['color'])}{dashed}/>"


def _words(x: float, y: float, text: str, kind: str, more: str = "") -> str:
    return f'<text class="{kind}" x="{x:g}%" y="{y:g}%" {more}>{escape(text)}</text>'


def _cut(scale: Scale, value: float) -> float:
    return scale.place(min(max(value, scale.low), scale.high))


def _down(place: float) -> float:
    return round(place / DOWN * 100, 1)
