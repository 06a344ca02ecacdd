"""Parts of figures: plain values in, a Plotly figure as a dict out.

Colours are names of tokens, `var(--g1)` or `var(--g1) / 0.3`; static/js/charts.js reads them from the style sheet, so a
figure follows theme and colour pair. Everything else that is common to all figures stands in the template there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

Figure = dict[str, Any]
Trace = dict[str, Any]
Shape = dict[str, Any]
Values = Sequence[float | int | None]
Days = Sequence[str]

WHOLE: Final = "%{y:,.0f}"
SIGNED: Final = "%{y:+,.0f}"
SCORE: Final = "%{y:.1f}"
PERCENT: Final = "%{y:.1f}\u202f%"
DAY: Final = "%a %-d %b %Y"
HOLE: Final = timedelta(days=21)
HEAD: Final = 0.055  # height of a row's head


def as_json(figure: Figure) -> str:
    """A figure, or several by their keys, for charts.js: without a blank between numbers."""
    return json.dumps(
        figure, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
    )


def line(
    name: str,
    days: Days,
    values: Values,
    colour: str,
    *,
    hover: str = WHOLE,
    width: float = 1.4,
    dash: str = "solid",
    fill: str = "",
    axis: str = "y",
) -> Trace:
    """A thin line with a dot at its end; a null and a hole between the days lift the pen."""
    days, values = with_holes(days, values)
    trace: Trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": days,
        "y": values,
        "yaxis": axis,
        "line": {"color": colour, "width": width, "dash": dash},
        "marker": {"color": colour, "size": _dots(values), "line": {"width": 0}},
        "hovertemplate": hover,
    }
    return trace | ({"fill": "tozeroy", "fillcolor": fill} if fill and None not in values else {})


def with_holes(days: Days, values: Values) -> tuple[list[str], list[float | int | None]]:
    """The same series with a null in every stretch of more than three weeks without a value."""
    # From the end, so that places before the one that grows stay what they were.
    known, found = [date.fromisoformat(day) for day in days], (list(days), list(values))
    for place in range(len(known) - 1, 0, -1):
        if known[place] - known[place - 1] > HOLE:
            found[0].insert(place, (known[place - 1] + timedelta(days=7)).isoformat())
            found[1].insert(place, None)
    return found


def _dots(values: Values) -> list[int]:
    """No dot on a line but at its newest point, and where a point has no neighbour to be joined to."""
    around = [None, *values, None]
    alone = [around[n] is None and around[n + 2] is None for n in range(len(values))]
    last = max((n for n, value in enumerate(values) if value is not None), default=-1)
    return [5 if n == last else 3 if alone[n] else 0 for n in range(len(values))]


def bars(
    name: str,
    days: Days,
    values: Values,
    colour: str | Sequence[str],
    *,
    hover: str = SIGNED,
    axis: str = "y",
) -> Trace:
    return {
        "type": "bar",
        "name": name,
        "x": days,
        "y": values,
        "yaxis": axis,
        "marker": {"color": colour, "line": {"width": 0}},
        "hovertemplate": hover,
    }


def dots(
    name: str,
    days: Days,
    values: Values,
    colour: str | Sequence[str],
    *,
    hover: str = SIGNED,
    **marker: Any,
) -> Trace:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": days,
        "y": values,
        "marker": {"color": colour, "size": 5, "line": {"width": 0}} | marker,
        "hovertemplate": hover,
    }


def zone(low: float | None, high: float | None, colour: str, *, axis: str = "y") -> Shape:
    """A shaded band across the whole plot, behind the lines; an open end reaches the edge of a 0–100 scale."""
    return {
        "type": "rect",
        "layer": "below",
        "xref": "paper",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": 0 if low is None else low,
        "y1": 100 if high is None else high,
        "fillcolor": colour,
        "line": {"width": 0},
    }


def level(
    value: float, colour: str = "var(--line-strong)", *, dash: str = "dot", axis: str = "y"
) -> Shape:
    """A thin level across the whole plot."""
    return {
        "type": "line",
        "layer": "below",
        "xref": "paper",
        "yref": axis,
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": {"color": colour, "width": 1, "dash": dash},
    }


def upright(value: float | str) -> Shape:
    """A thin line across the whole height, at a number or at a day."""
    return level(0) | {"xref": "x", "yref": "paper", "x0": value, "x1": value, "y0": 0, "y1": 1}


def over_time(traces: Sequence[Trace], shapes: Iterable[Shape] = (), **layout: Any) -> Figure:
    """Traces over days. All figures of a page made by this share range and cursor."""
    return {
        "data": list(traces),
        "layout": {
            "meta": {"sync": "x"},
            "xaxis": days_axis(traces[0]["x"]),
            "yaxis": count_axis(),
            "showlegend": len(traces) > 1,
            "legend": {"itemsizing": "trace"},
            "shapes": list(shapes),
        }
        | layout,
    }


@dataclass(frozen=True, slots=True)
class Row:
    """One of several plots below each other: what stands over it, what is in it, and its share of the height."""

    head: str
    traces: Sequence[Trace]
    axis: dict[str, Any]
    share: float = 1
    shapes: Sequence[Shape] = field(default=())


def stacked(rows: Sequence[Row], **layout: Any) -> Figure:
    """Rows from top to bottom on one axis of days, each with an axis of values of its own and its head over it."""
    traces: list[Trace] = []
    shapes: list[Shape] = []
    heads, axes, top = [], {}, 1.0
    height = (1 - HEAD * len(rows)) / sum(row.share for row in rows)
    for number, row in enumerate(rows, 1):
        name = f"y{number}" if number > 1 else "y"
        top -= HEAD
        bottom = max(top - row.share * height, 0)
        axes[name.replace("y", "yaxis")] = row.axis | {"domain": [round(bottom, 4), round(top, 4)]}
        traces += [trace | {"yaxis": name} for trace in row.traces]
        shapes += [shape | {"yref": name} for shape in row.shapes]
        heads.append(_head(row.head, round(top, 4)))
        top = bottom
    return over_time(
        traces,
        shapes,
        xaxis=days_axis(traces[0]["x"], anchor=name),
        annotations=heads,
        **axes | layout,
    )


def _head(text: str, top: float) -> dict[str, Any]:
    return {
        "text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom",
        "showarrow": False, "font": {"size": 11, "color": "var(--ink-2)"},
    }  # fmt: skip


def days_axis(days: Days, **more: Any) -> dict[str, Any]:
    """From the first day to a little behind the last, so that the newest dot is whole."""
    axis: dict[str, Any] = {"type": "date", "hoverformat": DAY} | more
    if len(days) > 1:
        first, last = date.fromisoformat(days[0]), date.fromisoformat(days[-1])
        axis["range"] = [days[0], (last + max((last - first) / 60, timedelta(days=2))).isoformat()]
    return axis


def count_axis(**more: Any) -> dict[str, Any]:
    """Whole numbers, thousands as k."""
    return {"side": "right", "tickformat": "~s", "nticks": 6} | more


def score_axis(**more: Any) -> dict[str, Any]:
    """0 to 100, with room at both ends."""
    return {
        "side": "right",
        "range": [-3, 103],
        "tickvals": [0, 20, 50, 80, 100],
        "zeroline": False,
    } | more


def percent_axis(**more: Any) -> dict[str, Any]:
    return {"side": "right", "ticksuffix": "\u202f%", "nticks": 6} | more


def by_sign(values: Values, tokens: tuple[str, str] = ("var(--long)", "var(--short)")) -> list[str]:
    """The token of each value's sign: the first for zero and above, the second below."""
    return [tokens[(value or 0) < 0] for value in values]
