"""Figures of the chart pages: indicators, bubbles and the map of all markets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _

from core.pages.figures import (
    SCORE,
    Days,
    Figure,
    Values,
    bars,
    by_sign,
    count_axis,
    days_axis,
    dots,
    level,
    line,
    over_time,
    score_axis,
    upright,
)
from cot.pages.charts import contracts, crowding_zones, dash

SMALLEST, LARGEST = 6, 44  # diameters of bubbles
LOWER: Final = 0.26  # height of the lower of two plots
NAMED: Final = 22  # diameter from which a market is named on the map


def indicators(
    days: Days, lines: Sequence[tuple[str, str, Values]], bounds: tuple[float, float]
) -> Figure:
    """One index of every chosen group: (key, name, values)."""
    traces = [
        line(name, days, values, f"var(--{key})", width=1.7, dash=dash(key), hover=SCORE)
        for key, name, values in lines
    ]
    return over_time(traces, crowding_zones(*bounds), yaxis=score_axis(), showlegend=True)


def bubbles(days: Days, net: Values, long_change: Values, short_change: Values) -> Figure:
    """Net with a mark a week: its size the change of net, a triangle the way it went, a dot for none."""
    change = [
        None if a is None or b is None else a - b
        for a, b in zip(long_change, short_change, strict=True)
    ]
    largest = max((abs(value) for value in change if value is not None), default=0) or 1
    marks = dots(
        _("Change of net"),
        days,
        [None if moved is None else value for value, moved in zip(net, change, strict=True)],
        [f"{token} / 0.6" for token in by_sign(change)],
        size=[
            round(SMALLEST + (LARGEST - SMALLEST) * abs(value or 0) / largest, 1)
            for value in change
        ],
        symbol=[
            "circle" if not value else "triangle-up" if value > 0 else "triangle-down"
            for value in change
        ],
    )
    marks |= {"customdata": change, "hovertemplate": f"%{{customdata:+,.0f}} {_('contracts')}"}
    traces = [
        line(_("Net"), days, net, "var(--ink-3)", width=1, hover=contracts(sign=True)),
        marks,
        bars(
            _("Change of longs"),
            days,
            long_change,
            "var(--long) / 0.8",
            axis="y2",
            hover=contracts(sign=True),
        ),
        bars(
            _("Change of shorts"),
            days,
            short_change,
            "var(--short) / 0.8",
            axis="y2",
            hover=contracts(sign=True),
        ),
    ]
    return over_time(
        traces,
        yaxis=count_axis(domain=[LOWER + 0.06, 1]),
        yaxis2=count_axis(domain=[0, LOWER], nticks=6, anchor="x"),
        xaxis=days_axis(days, anchor="y2"),
    )


def crowd_map(
    points: Sequence[tuple[str, str, float, float, float, str]], address: str, query: str = ""
) -> Figure:
    """Every market: code, name, index, change of the index, share of open interest in its category, group of traders.

    A click on a market opens its page, below `address`, with the query.
    """
    sizes = [round(8 + 5.2 * share**0.5, 1) for *_rest, share, _group in points]
    told = _(
        "index %{x:.1f}, %{y:+.1f} in 13 reports<br>%{customdata[2]:.1f} per cent of its category"
    )
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [point[2] for point in points],
        "y": [point[3] for point in points],
        "text": [
            point[1] if size > NAMED else "" for point, size in zip(points, sizes, strict=True)
        ],
        "textposition": "top center",
        "cliponaxis": False,
        "textfont": {"size": 11, "color": "var(--ink-2)"},
        "customdata": [[point[0], point[1], point[4], point[5]] for point in points],
        "marker": {
            "size": sizes,
            "color": [_heat(point[2]) for point in points],
            "line": {"width": 1, "color": "var(--line-strong)"},
        },
        "hovertemplate": f"<b>%{{customdata[1]}}</b> %{{customdata[0]}}<br>%{{customdata[3]}}: {told}<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "meta": {"open": address, "query": query, "names": "apart"},
            "xaxis": {
                "range": [-7, 107],
                "tickvals": [0, 20, 50, 80, 100],
                "showspikes": False,
                "zeroline": False,
                "title": {"text": _("index of one year")},
            },
            "yaxis": {
                "side": "right",
                "zeroline": False,
                "title": {"text": _("change over 13 reports")},
            },
            "hovermode": "closest",
            "showlegend": False,
            "shapes": [level(0, dash="solid"), *(upright(bound) for bound in (20, 50, 80))],
        },
    }


def _heat(index: float) -> str:
    """A place on the crowding scale: stronger towards both ends."""
    return f"var(--crowd) / {0.12 + 0.78 * abs(index - 50) / 50:.2f}"
