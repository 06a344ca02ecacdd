"""Figures as Plotly dicts: one base for every chart of the module (pages §6).

A figure names its colours by token, "var(--g3)" or "var(--g3) / 0.3"; `charts.js` reads them from the style sheet and
adds fonts, grid and hover, so one figure serves both themes. Undefined values stay None: a line breaks there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

Figure = dict[str, Any]
Trace = dict[str, Any]
Values = Sequence[int | float | None]

LONG: Final = "var(--long)"
SHORT: Final = "var(--short)"
HIGH: Final = "var(--crowd-high)"
LOW: Final = "var(--crowd-low)"
PRICE: Final = "var(--price)"
CONTRACTS: Final = ",.0f"
ONE_DECIMAL: Final = ",.1f"


def group_colour(key: str, alpha: float | None = None) -> str:
    """The colour of a group of traders, `g1` to `g5`, the same in every chart."""
    return faded(f"var(--{key})", alpha) if alpha is not None else f"var(--{key})"


def faded(colour: str, alpha: float) -> str:
    """A token with an opacity, 0 to 1."""
    return f"{colour} / {alpha:g}"


def figure(traces: Sequence[Trace], *, unit: str = "", sync: bool = True, **layout: Any) -> Figure:
    """Traces over time with the unit at the value axis; `sync` shares range and cursor with the page's other charts."""
    axis = {"title": {"text": unit}} | layout.pop("yaxis", {})
    time = {"type": "date", "hoverformat": "%a %d %b %Y"} | layout.pop("xaxis", {})
    meta = {"sync": "x"} if sync else {}
    return {"data": list(traces), "layout": {"xaxis": time, "yaxis": axis, "meta": meta, **layout}}


def line(name: str, days: Sequence[date], values: Values, colour: str, *, shown: str = CONTRACTS, **more: Any) -> Trace:
    """A line that breaks where a value is undefined. `shown` is the number format of the hover."""
    style = {"color": colour, "width": 1.6} | more.pop("line", {})
    return _series("scatter", name, days, values, shown) | {"mode": "lines", "line": style, "connectgaps": False} | more


def bars(name: str, days: Sequence[date], values: Values, colour: str, *, shown: str = CONTRACTS, **more: Any) -> Trace:
    """One bar a report in one colour."""
    return _series("bar", name, days, values, shown) | {"marker": {"color": colour, "line": {"width": 0}}} | more


def signed_bars(name: str, days: Sequence[date], values: Values, *, shown: str = CONTRACTS, **more: Any) -> Trace:
    """One bar a report, coloured by sign."""
    colours = [LONG if value is not None and value >= 0 else SHORT for value in values]
    marker = {"color": colours, "line": {"width": 0}}
    return _series("bar", name, days, values, shown) | {"marker": marker} | more


def _series(kind: str, name: str, days: Sequence[date], values: Values, shown: str) -> Trace:
    return {
        "type": kind,
        "name": name,
        "x": [day.isoformat() for day in days],
        "y": list(values),
        "hovertemplate": f"%{{y:{shown}}}",
    }


def zone(low: float, high: float, colour: str, alpha: float = 0.12) -> dict[str, Any]:
    """A horizontal band behind the lines, for `shapes` of the layout: the crowded ends of an index."""
    return {
        "type": "rect",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": low,
        "y1": high,
        "fillcolor": faded(colour, alpha),
        "line": {"width": 0},
        "layer": "below",
    }


def level(value: float, colour: str = "var(--line-strong)") -> dict[str, Any]:
    """A horizontal line across the chart, for `shapes` of the layout."""
    style = {"width": 1, "color": colour, "dash": "dot"}
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": value,
        "y1": value,
        "line": style,
        "layer": "below",
    }


def moment(day: date, colour: str, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A vertical line with its word, as a shape and an annotation: the report day, the release."""
    style = {"width": 1, "color": colour, "dash": "dash"}
    x = day.isoformat()
    shape = {"type": "line", "yref": "paper", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": style}
    word = {
        "x": x,
        "yref": "paper",
        "y": 1,
        "text": label,
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"size": 11},
    }
    return shape, word
