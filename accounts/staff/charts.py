"""The chart of new accounts as a Plotly dict; `charts.js` gives it the theme's colours."""

from __future__ import annotations

import math
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.staff.statistics import Statistics

TICKS: Final = 5


def registrations_chart(numbers: Statistics) -> dict[str, Any]:
    """One bar a local day."""
    days = numbers.registrations_by_day
    bars = {
        "type": "bar",
        "name": _("New accounts"),
        "x": [day.date.isoformat() for day in days],
        "y": [day.count for day in days],
        "marker": {"color": "var(--accent)", "line": {"width": 0}},
        "hovertemplate": "%{x|%a %d %b %Y}: %{y}<extra></extra>",
    }
    most = max(day.count for day in days)
    step = max(1, math.ceil(most / TICKS))  # there is no half account
    top = step * max(1, math.ceil(most / step))
    layout = {
        "xaxis": {"type": "date"},
        "yaxis": {"title": {"text": _("accounts")}, "range": [0, top], "tick0": 0, "dtick": step},
    }
    return {"data": [bars], "layout": layout}


def registrations_table(numbers: Statistics) -> dict[str, Any]:
    """The same as rows, newest first, for readers without the chart."""
    rows = [
        [day.date.isoformat(), day.count]
        for day in reversed(numbers.registrations_by_day)
        if day.count
    ]
    return {"head": [_("Day"), _("New accounts")], "rows": rows}
