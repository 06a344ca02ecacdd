"""A figure drawn on the server: the description Plotly would draw, as SVG.

So a page has its charts at once, without JavaScript, on paper and on a slow phone. Every place is a percentage of the
element, so one drawing fits every size; text keeps its own. Lines and bars stand in a nested element that is stretched,
and strokes keep their width. Colours are the tokens of the figure, which the browser reads from the style sheet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from django.utils.safestring import SafeString, mark_safe

from core.pages import scales, svg
from core.pages.figures import Figure, Trace
from core.pages.plot import ACROSS, DOWN, TICKS, Plot, axis_of, colours_of
from core.templatetags.numbers import written

APART: Final = 0.07 * DOWN  # two labels nearer than this would cover each other in a low chart
TICK_APART: Final = 0.055 * DOWN  # the same of a level's value, which is never moved
THIN: Final = 1  # a line of this width stands behind another one
MARKS: Final = {"triangle-up": "▲", "triangle-down": "▼"}


@dataclass(frozen=True, slots=True)
class Key:
    """One line of a legend: whose it is, and the attributes that draw its stroke."""

    name: str
    stroke: SafeString


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure as one SVG element as large as its box, and a legend where the figure asks for one.

    Lines with gaps and fills, marks, bars side by side or stacked, bands, zones, levels, notes, rows of their own axes
    below each other, and the newest value at the end of every line. components/drawn.html puts it into a page; the
    style sheet leaves room around the SVG for its labels.
    """

    svg: SafeString
    legend: Sequence[Key] = ()


def drawn(figure: Figure) -> Drawing:
    """Raises ValueError for a colour that is no token of the style sheet."""
    plot = Plot(figure["data"], figure["layout"])
    stretched = [_zones(plot), _fills(plot), _bars(plot), _lines(plot), _dots(plot)]
    elements = [
        '<svg class="drawn" width="100%" height="100%" aria-hidden="true">',
        *_axes(plot),
        f'<svg width="100%" height="100%" viewBox="0 0 {ACROSS} {DOWN}" preserveAspectRatio="none">',
        *(element for part in stretched for element in part),
        "</svg>",
        *_rules(plot),
        *_signs(plot),
        *_notes(plot),
        "</svg>",
    ]
    # all text in both is escaped, all colours are tokens
    return Drawing(mark_safe("".join(elements)), _legend(plot))  # noqa: S308 see above


def _legend(plot: Plot) -> list[Key]:
    shown = plot.data if plot.layout.get("showlegend") else ()
    named = [trace for trace in shown if trace.get("showlegend", True)]
    return [Key(trace["name"], mark_safe(svg.stroke(trace))) for trace in named]  # noqa: S308 tokens only


# --- the stretched part ---


def _zones(plot: Plot) -> Iterator[str]:
    """Below everything else."""
    for shape in plot.layout.get("shapes", ()):
        if shape["type"] == "rect":
            (x0, x1), (y0, y1) = plot.ends(shape, "x"), plot.ends(shape, "y")
            way = f"M{x0:.0f} {y0:.0f}H{x1:.0f}V{y1:.0f}H{x0:.0f}z"
            yield f'<path d="{way}" {svg.paint("fill", shape["fillcolor"])}/>'


def _fills(plot: Plot) -> Iterator[str]:
    """The ground between a line and zero."""
    for trace in plot.data:
        if "fill" in trace:
            zero = round(plot.down[axis_of(trace)].place(0))
            way = "".join(f"{svg.pen(run)}V{zero}H{run[0][0]}z" for run in plot.runs(trace))
            yield f'<path d="{way}" {svg.paint("fill", trace["fillcolor"])}/>'


def _bars(plot: Plot) -> Iterator[str]:
    for name, bars in plot.bars.items():
        scale, ways = plot.down[name], defaultdict[str, list[str]](list)
        for bar in bars:
            start, end = round(scale.place(bar.start)), round(scale.place(bar.end))
            # what moved a little is seen too
            end = start - 1 if start == end and bar.end > bar.start else end
            ways[bar.colour].append(f"M{round(plot.across.place(bar.at))} {start}V{end}")
        for colour, way in ways.items():
            width = f'stroke-width="{_bar_width(plot):.2g}"'
            yield f'<path d="{"".join(way)}" {width} {svg.paint("stroke", colour)}/>'


def _bar_width(plot: Plot) -> float:
    """Three quarters of the distance between two bars."""
    places = sorted({plot.across.place(bar.at) for bars in plot.bars.values() for bar in bars})
    return 0.75 * min((after - before for before, after in pairwise(places)), default=ACROSS / 4)


def _lines(plot: Plot) -> Iterator[str]:
    for trace in filter(_is_line, plot.data):
        way = "".join(map(svg.pen, plot.runs(trace)))
        yield f'<path class="line" d="{way}" {svg.stroke(trace)}/>'


def _is_line(trace: Trace) -> bool:
    return trace["type"] == "scatter" and "lines" in trace["mode"]


def _dots(plot: Plot) -> Iterator[str]:
    """Round marks, as strokes without length: those are not stretched."""
    for trace in plot.data:
        marker = trace["marker"]
        if trace["type"] != "scatter" or "symbol" in marker:
            continue
        size = marker["size"]
        sizes = [size] * len(trace["x"]) if isinstance(size, int) else size
        ways = defaultdict[tuple[int, str], list[str]](list)
        for (x, y), size, colour in zip(plot.points(trace), sizes, colours_of(trace), strict=True):
            if y is not None and size:
                ways[size, colour].append(f"M{x} {y}h0")
        for (size, colour), way in ways.items():
            yield f'<path class="dot" d="{"".join(way)}" stroke-width="{size}" {svg.paint("stroke", colour)}/>'


# --- words and rules, which are never stretched ---


def _axes(plot: Plot) -> Iterator[str]:
    for name in plot.down:
        newest = _newest(plot, name)
        yield from _ticks(plot, name, [place for place, _text, _colour in newest])
        for place, text, colour in newest:
            yield svg.words(ACROSS, place, text, "value last", svg.paint("fill", colour))
    for value, text in plot.ticks_across():
        yield svg.words(plot.across.place(value), DOWN, text, "across")


def _ticks(plot: Plot, name: str, taken: Sequence[float]) -> Iterator[str]:
    """Levels with their values; no value where the newest one of a line is written."""
    scale, axis = plot.down[name], plot.axis(name)
    most = axis.get("nticks", TICKS)
    for value in axis.get("tickvals") or scales.round_ticks(scale.low, scale.high, most):
        place = scale.place(value)
        yield svg.level(place, "zero" if value == 0 and axis.get("zeroline", True) else "grid")
        if all(abs(place - other) > TICK_APART for other in taken):
            text = f"{scales.shortened(value)}{axis.get('ticksuffix', '')}"
            yield svg.words(ACROSS, place, text, "value")


def _newest(plot: Plot, name: str) -> list[tuple[float, str, str]]:
    """Place, text and colour of the newest value of every line of an axis that reaches the newest point.

    A thin line has it only where it fits: moved aside, it would be read as a level of the axis.
    """
    axis, scale = plot.axis(name), plot.down[name]
    lines = [trace for trace in plot.data if axis_of(trace) == name and _is_line(trace)]
    ended = [trace for trace in lines if trace["y"] and trace["y"][-1] is not None]
    strong = [trace["y"][-1] for trace in ended if trace["line"]["width"] > THIN]

    def fits(trace: Trace) -> bool:
        place = scale.place(trace["y"][-1])
        return trace["line"]["width"] > THIN or all(
            abs(place - scale.place(value)) > APART for value in strong
        )

    ended = [trace for trace in ended if fits(trace)]
    is_count = axis.get("tickformat") == "~s"

    def text(value: float) -> str:
        short = scales.shortened(value) if is_count else written(value, 1)
        return f"{short}{axis.get('ticksuffix', '')}"

    ended.sort(key=lambda trace: trace["y"][-1], reverse=True)
    values = [trace["y"][-1] for trace in ended]
    places = scales.kept_apart([scale.place(value) for value in values], APART, DOWN)
    return [
        (place, text(value), trace["line"]["color"])
        for place, value, trace in zip(places, values, ended, strict=True)
    ]


def _rules(plot: Plot) -> Iterator[str]:
    """Levels and uprights of the figure's own."""
    for shape in plot.layout.get("shapes", ()):
        if shape["type"] == "line":
            (x0, x1), (y0, y1) = plot.ends(shape, "x"), plot.ends(shape, "y")
            yield svg.rule(x0, y0, x1, y1, shape["line"])


def _signs(plot: Plot) -> Iterator[str]:
    """Marks that are no dots, as characters."""
    for trace in plot.data:
        marker = trace.get("marker", {})
        if "symbol" not in marker:
            continue
        for (x, y), symbol, colour in zip(
            plot.points(trace), marker["symbol"], colours_of(trace), strict=True
        ):
            if y is not None:
                yield svg.words(x, y, MARKS[symbol], "sign", svg.paint("fill", colour))


def _notes(plot: Plot) -> Iterator[str]:
    """Words at a day, left of it at the top; the head of a row, at the left edge over it."""
    for note in plot.layout.get("annotations", ()):
        if note.get("xref") == "paper":
            yield svg.words(note["x"] * ACROSS, (1 - note["y"]) * DOWN, note["text"], "row-head")
        else:
            yield svg.words(plot.across.place(plot.number(note["x"])), 0, note["text"], "note")
