"""The elements a figure is drawn with, as text: paths, rules, words, and the attributes that paint them.

A colour is a token of the style sheet or nothing, and all text is escaped: what these functions return is safe.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from django.utils.html import escape

from core.pages.figures import Trace
from core.pages.plot import ACROSS, DOWN, Point, colours_of

TOKEN: Final = re.compile(r"(var\(--[\w-]+\))(?: / ([\d.]+))?")
DASHES: Final = {"solid": "", "dot": "1 4", "dash": "7 4"}


def pen(points: Sequence[Point]) -> str:
    """The way of one run of points: the first absolute, the others from the one before; one alone is a dot."""
    (x, y), *others = points
    if not others:
        return f"M{x} {y}h0"
    steps = (f"{to[0] - at[0]} {to[1] - at[1]}" for at, to in pairwise(points))
    # a minus parts two numbers as a blank does
    return f"M{x} {y}l{' '.join(steps)}".replace(" -", "-")


def rule(x0: float, y0: float, x1: float, y1: float, line: Mapping[str, Any]) -> str:
    """A straight line that keeps its width."""
    ends = (
        f'x1="{x0 / ACROSS:.1%}" x2="{x1 / ACROSS:.1%}" y1="{y0 / DOWN:.1%}" y2="{y1 / DOWN:.1%}"'
    )
    return f"<line {ends} {paint('stroke', line['color'])}{_dashed(line.get('dash', 'solid'))}/>"


def words(x: float, y: float, text: str, kind: str, more: str = "") -> str:
    """Text at a place in units; the style sheet says how its kind stands to it."""
    return f'<text class="{kind}" x="{_percent(x, ACROSS)}" y="{_percent(y, DOWN)}" {more}>{escape(text)}</text>'


def level(y: float, kind: str) -> str:
    """A line from edge to edge."""
    place = _percent(y, DOWN)
    return f'<line class="{kind}" x2="100%" y1="{place}" y2="{place}"/>'


def stroke(trace: Trace) -> str:
    """The attributes of a trace's stroke; of bars and marks in a legend, those of a thick one."""
    if "line" in trace and "color" in trace["line"]:
        line = trace["line"]
        return f'{paint("stroke", line["color"])} stroke-width="{line["width"]}"{_dashed(line["dash"])}'
    colour = colours_of(trace)[0] if trace["x"] else "var(--ink-3)"
    return f'{paint("stroke", colour)} stroke-width="7"'


def _dashed(dash: str) -> str:
    lengths = DASHES.get(dash, dash.replace("px", "").replace(",", " "))
    return f' stroke-dasharray="{lengths}"' if lengths else ""


def paint(what: str, colour: str) -> str:
    """`var(--g1) / 0.4` as attributes. Raises ValueError for anything but a token of the style sheet."""
    found = TOKEN.fullmatch(colour)
    if found is None:
        raise ValueError(f"no token of the style sheet: {colour!r}")
    opacity = f' {what}-opacity="{found[2]}"' if found[2] else ""
    return f'{what}="{found[1]}"{opacity}'


def _percent(place: float, of: int) -> str:
    return f"{round(place / of * 100, 1):g}%"
