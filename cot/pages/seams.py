"""Where a figure or a table crosses a change of the contract's size or weeks without a report."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from django.utils.translation import gettext as _

from core.pages.blocks import day_span
from core.pages.figures import HOLE, Figure, upright, zone
from core.templatetags.numbers import short_day, written
from cot.measures.timeline import Seam


def crossed(seams: Sequence[Seam], days: Sequence[str]) -> list[Seam]:
    """The seams with reports of both sizes among these days, which are ISO dates, oldest first."""
    return [
        seam
        for seam in seams
        if days and date.fromisoformat(days[0]) < seam.date <= date.fromisoformat(days[-1])
    ]


def words(seam: Seam) -> str:
    """What changed; the factor where it is known."""
    if seam.factor is None:
        return _("contract size changed")
    return _("contract size changed, factor %(factor)s") % {"factor": _factor(seam.factor)}


def note(seam: Seam) -> str:
    """The same in a figure, where there is little room; the sentence stands below it."""
    if seam.factor is None:
        return _("new contract size")
    return _("size × %(factor)s") % {"factor": _factor(seam.factor)}


def _factor(factor: float) -> str:
    return written(factor, 0 if factor.is_integer() else 3)


def sentence(seam: Seam) -> str:
    return _("With the report of %(day)s: %(what)s.") % {
        "day": short_day(seam.date),
        "what": words(seam),
    }


EMPTY: Final = "var(--ink-3) / 0.10"


def _holes(days: Sequence[str]) -> list[tuple[str, str]]:
    """The days of the reports on both sides of every stretch of more than three weeks without one."""
    return [
        (before, after)
        for before, after in itertools.pairwise(days)
        if date.fromisoformat(after) - date.fromisoformat(before) > HOLE
    ]


def empty_weeks(days: Sequence[str]) -> str:
    """What the grey ground is, from the first to the last week of each stretch; nothing where there is none."""
    week = timedelta(days=7)
    spans = [
        day_span(date.fromisoformat(before) + week, date.fromisoformat(after) - week)
        for before, after in _holes(days)
    ]
    return (
        _("Grey: weeks without a report (%(spans)s).") % {"spans": ", ".join(spans)}
        if spans
        else ""
    )


def explained(
    figure: Figure, seams: Sequence[Seam], days: Sequence[str]
) -> tuple[Figure, list[str]]:
    """A figure over these days with a pale ground where the lines lift the pen and a mark at every seam.

    With a sentence on each seam; what the ground is, `empty_weeks` says once for all figures of a page.
    """
    found, layout = crossed(seams, days), figure["layout"]
    grounds = [
        zone(0, 1, EMPTY) | {"xref": "x", "yref": "paper", "x0": before, "x1": after}
        for before, after in _holes(days)
    ]
    if grounds:
        figure = figure | {"layout": layout | {"shapes": [*grounds, *layout.get("shapes", ())]}}
    return marked(figure, found), [*map(sentence, found)]


def is_over_time(figure: Figure | None) -> bool:
    return figure is not None and "sync" in figure["layout"].get("meta", {})


def marked(figure: Figure, seams: Sequence[Seam]) -> Figure:
    """The figure with an upright line and its words at every seam."""
    if not seams:
        return figure
    layout = figure["layout"]
    lines = [upright(seam.date.isoformat()) for seam in seams]
    notes = [
        {
            "x": seam.date.isoformat(), "xref": "x", "xanchor": "right", "y": 1, "yref": "paper", "yanchor": "top",
            "text": note(seam), "showarrow": False, "font": {"size": 11, "color": "var(--ink-2)"},
        }
        for seam in seams
    ]  # fmt: skip
    more = {
        "shapes": [*layout.get("shapes", ()), *lines],
        "annotations": [*layout.get("annotations", ()), *notes],
    }
    return figure | {"layout": layout | more}
