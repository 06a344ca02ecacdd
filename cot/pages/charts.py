"""How the numbers of a market look as figures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from core.pages.figures import (
    PERCENT,
    SCORE,
    Days,
    Figure,
    Row,
    Shape,
    Values,
    bars,
    by_sign,
    count_axis,
    dots,
    level,
    line,
    over_time,
    percent_axis,
    score_axis,
    stacked,
    upright,
    zone,
)


def contracts(*, sign: bool = False) -> str:
    """The exact value with its unit, for the hover box."""
    return f"%{{y:{'+' if sign else ''},.0f}} {_('contracts')}"


def dash(group: str) -> str:
    """The fifth group of a report is dotted: no fifth colour keeps apart from four others for every eye."""
    return "2px,2px" if group == "g5" else "solid"


CROWDED: Final = "var(--crowd) / 0.10"


def crowding_zones(buy: float, sell: float) -> list[Shape]:
    """The two ends of a 0–100 scale in the colour of crowding."""
    low, high = min(buy, sell), max(buy, sell)
    return [zone(high, None, CROWDED), zone(None, low, CROWDED), level(50)]


# --- blocks over time ---


def net_positions(days: Days, nets: Sequence[tuple[str, str, Values]], chosen: str) -> Figure:
    """Net of every group: (key, name, values); the chosen group is the strong line on a light ground."""
    traces = [
        line(
            name,
            days,
            values,
            f"var(--{key})",
            width=2.2 if key == chosen else 1.2,
            dash=dash(key),
            hover=contracts(sign=True),
            fill=f"var(--{key}) / 0.09" if key == chosen else "",
        )
        for key, name, values in nets
    ]
    return over_time(traces)


@dataclass(frozen=True, slots=True)
class Band:
    """Between which values nine tenths of a window lie, and from which day to which it reaches."""

    low: float | None
    high: float | None
    first: str
    last: str


def net_and_scores(
    days: Days,
    nets: Sequence[tuple[str, str, Values]],
    chosen: str,
    band: Band | None,
    scores: tuple[Values, Values],
    bounds: tuple[float, float],
    heads: tuple[str, str],
) -> Figure:
    """Net over index and rank: (key, name, values) per group, the chosen one the strong line with its band."""
    colour = f"var(--{chosen})"
    lines = [
        line(
            name,
            days,
            values,
            f"var(--{key})",
            width=2 if key == chosen else 1.1,
            dash=dash(key),
            hover=contracts(sign=True),
        )
        for key, name, values in nets
    ]
    index, rank = scores
    scored = [
        line(_("Index"), days, index, colour, width=1.7, hover=SCORE),
        line(_("Percentile"), days, rank, "var(--ink-3)", width=1, dash="2px,2px", hover=SCORE),
    ]
    rows = [
        Row(heads[0], lines, count_axis(), 1.75, _band(band, colour)),
        Row(heads[1], scored, score_axis(), 1, crowding_zones(*bounds)),
    ]
    return stacked(rows, showlegend=len(lines) > 1)


def _band(band: Band | None, colour: str) -> list[Shape]:
    if band is None or band.low is None or band.high is None:
        return []
    reach = {"xref": "x", "x0": band.first, "x1": band.last}
    ground = zone(band.low, band.high, f"{colour} / 0.10")
    edges = [level(edge, f"{colour} / 0.55") for edge in (band.low, band.high)]
    return [shape | reach for shape in (ground, *edges)]


def flows(days: Days, long_change: Values, short_change: Values, change: Values) -> Figure:
    """What moved net: longs added above, shorts added below the line, and their sum as a dot."""
    sold = [None if value is None else -value for value in short_change]
    traces = [
        bars(_("Longs"), days, long_change, "var(--long) / 0.75", hover=contracts(sign=True)),
        bars(
            _("Shorts, turned round"), days, sold, "var(--short) / 0.75", hover=contracts(sign=True)
        ),
        dots(_("Change of net"), days, change, "var(--ink)", size=4, hover=contracts(sign=True)),
    ]
    return over_time(traces, barmode="relative")


def side(
    days: Days, values: Values, low: float | None, high: float | None, token: str, name: str
) -> Figure:
    """One side of a group with the band that holds nine tenths of the window."""
    shapes = []
    if low is not None and high is not None:
        shapes = [zone(low, high, f"var(--{token}) / 0.10"), level(low), level(high)]
    trace = line(name, days, values, f"var(--{token})", width=1.8, hover=contracts())
    return over_time([trace], shapes, yaxis=count_axis(rangemode="normal"))


def open_interest(days: Days, interest: Values, change: Values) -> Figure:
    """Open interest above, its printed change below."""
    held = line(_("Open interest"), days, interest, "var(--interest)", width=1.8, hover=contracts())
    moved = bars(_("Change"), days, change, "var(--interest)", hover=contracts(sign=True))
    rows = [
        Row(_("All open contracts"), [held], count_axis(), 2.4),
        Row(_("Change"), [moved], count_axis(nticks=4)),
    ]
    return stacked(rows, showlegend=False)


def biases(days: Days, bias: Values, flip_days: Days, flip_sides: Sequence[str]) -> Figure:
    """Share of longs in all positions of the group; a triangle where net changed its sign."""
    place = dict(zip(days, bias, strict=True))
    colours = ["var(--long)" if side == "long" else "var(--short)" for side in flip_sides]
    symbols = ["triangle-up" if side == "long" else "triangle-down" for side in flip_sides]
    marks = dots(
        _("Flip"), flip_days, [place.get(day) for day in flip_days], colours, symbol=symbols, size=9
    )
    words = [_("to net long") if side == "long" else _("to net short") for side in flip_sides]
    traces = [
        line(_("Long share"), days, bias, "var(--ink-2)", width=1.6, hover=PERCENT),
        marks | {"text": words, "hovertemplate": "%{text}"},
    ]
    return over_time(traces, [level(50)], yaxis=percent_axis())


def velocities(days: Days, values: Values, warnings: Sequence[bool]) -> Figure:
    """Acceleration of net; strong where it works against the position."""
    colours = [
        f"{token} / {0.9 if warned else 0.38}"
        for token, warned in zip(by_sign(values), warnings, strict=True)
    ]
    return over_time([bars(_("Velocity"), days, values, colours, hover=contracts(sign=True))])


def powers(days: Days, longs: Values, shorts: Values, limit: float) -> Figure:
    """Share of open interest the speculators hold on each side; above the limit is a risk."""
    traces = [
        line(_("Long"), days, longs, "var(--long)", width=1.7, hover=PERCENT),
        line(_("Short"), days, shorts, "var(--short)", width=1.7, hover=PERCENT),
    ]
    return over_time(
        traces, [level(limit, "var(--warn)", dash="dash")], yaxis=percent_axis(rangemode="tozero")
    )


def concentrations(days: Days, gross: tuple[Values, Values], net: tuple[Values, Values]) -> Figure:
    """What the four largest hold, long and short: solid before, dotted after netting."""
    hover = PERCENT
    names = (_("Long"), _("Short"))
    traces = [
        line(name, days, values, f"var(--{token})", width=1.7, hover=hover)
        for name, token, values in zip(names, ("long", "short"), gross, strict=True)
    ]
    traces += [
        line(
            _("%(side)s, net") % {"side": name},
            days,
            values,
            f"var(--{token})",
            width=1,
            dash="dot",
            hover=hover,
        )
        for name, token, values in zip(names, ("long", "short"), net, strict=True)
    ]
    shapes = [zone(40, 60, "var(--warn) / 0.06"), zone(60, 100, "var(--bad) / 0.07")]
    return over_time(
        traces, shapes, yaxis=percent_axis(rangemode="tozero", range=_reach(*gross, *net))
    )


def _reach(*series: Values) -> list[float]:
    """From zero to a little above the largest value, so that zones never stretch the axis."""
    return [
        0,
        1.12
        * max((value for values in series for value in values if value is not None), default=60),
    ]


def divergences(
    days: Days, spec: tuple[str, str, Values], comm: tuple[str, str, Values], found: Sequence[bool]
) -> Figure:
    """Ranks of speculators and counterpart: (key, name, values); weeks at opposite ends are marked."""
    traces = [
        line(name, days, values, f"var(--{key})", width=1.6, hover=SCORE)
        for key, name, values in (spec, comm)
    ]
    at = [day for day, marked in zip(days, found, strict=True) if marked]
    ranks = [rank for rank, marked in zip(spec[2], found, strict=True) if marked]
    if at:
        traces.append(
            dots(_("Divergence"), at, ranks, "var(--crowd)", size=7) | {"hovertemplate": SCORE}
        )
    return over_time(
        traces,
        [zone(90, None, CROWDED), zone(None, 10, CROWDED)],
        yaxis=score_axis(tickvals=[0, 10, 50, 90, 100]),
    )


# --- blocks of another shape ---


def distribution(edges: Sequence[float], counts: Sequence[int], marked: int | None) -> Figure:
    """How often net stood where; the bin of the newest week is bright."""
    middle = [(low + high) / 2 for low, high in itertools.pairwise(edges)]
    spans = [[low, high] for low, high in itertools.pairwise(edges)]
    colours = [
        "var(--ink)" if place == marked else "var(--ink-3) / 0.45" for place in range(len(counts))
    ]
    trace = bars(_("Weeks"), [], counts, colours) | {
        "x": middle,
        "customdata": spans,
        "width": [0.92 * (high - low or 1) for low, high in spans],
        "hovertemplate": _("%{customdata[0]:,.0f} to %{customdata[1]:,.0f}: %{y} weeks")
        + "<extra></extra>",
    }
    return {
        "data": [trace],
        "layout": {
            "xaxis": {"tickformat": "~s", "nticks": 7, "showspikes": False},
            "yaxis": {"side": "right", "nticks": 5},
            "hovermode": "closest",
            "showlegend": False,
            "shapes": [upright(0)] if edges and edges[0] < 0 < edges[-1] else [],
        },
    }


def crop_years(
    names: Sequence[str], old: tuple[Values, Values], other: tuple[Values, Values]
) -> Figure:
    """Long above and short below the line for every group, old crop strong, other crops pale."""
    down = [[None if value is None else -value for value in part] for part in (old[1], other[1])]
    parts = (
        (_("Long, old crop"), old[0], "var(--long)"),
        (_("Long, other crops"), other[0], "var(--long) / 0.4"),
        (_("Short, old crop"), down[0], "var(--short)"),
        (_("Short, other crops"), down[1], "var(--short) / 0.4"),
    )
    return {
        "data": [
            bars(label, names, values, colour, hover=contracts(sign=True))
            for label, values, colour in parts
        ],
        "layout": {
            "barmode": "relative",
            "xaxis": {"showspikes": False},
            "yaxis": count_axis(),
            "showlegend": True,
        },
    }
