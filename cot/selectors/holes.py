"""Weeks of a report that came out and are not stored here: scores look across them in vain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from core.caching import cached
from cot import lifetimes
from cot.measures.timeline import Hole, holes
from cot.models import Observation
from cot.publication import calendar
from cot.variants import Variant

REACH: Final = timedelta(weeks=52)  # how long a window of a year still reaches back across a hole


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest report of a variant, and where weeks are missing before it, the oldest first."""

    newest: date | None
    holes: tuple[Hole, ...]


def of(variant: Variant) -> Stored:
    """Kept per data version."""
    days, spans = cached(
        ("cot-holes", variant.key),
        depends_on=("cot",),
        seconds=lifetimes.STEADY,
        compute=lambda: _find(variant),
    )
    found = [Hole(*map(date.fromisoformat, span)) for span in spans]
    return Stored(date.fromisoformat(days[-1]) if days else None, tuple(found))


def _find(variant: Variant) -> tuple[list[str], list[list[str]]]:
    """The newest report date, and the report dates on both sides of every hole."""
    stored = Observation.objects.filter(
        report_type=variant.type, subtype=variant.subtype, withdrawn_at=None
    )
    days = list(stored.order_by("report_date").values_list("report_date", flat=True).distinct())
    found = holes(np.array(days, "datetime64[D]"))
    return [str(day) for day in days[-1:]], [[str(each.before), str(each.after)] for each in found]


def in_reach(variant: Variant, as_of: datetime | None = None) -> list[Hole]:
    """The holes a window of a year behind the newest report looks across, at an instant or now."""
    stored = of(variant)
    if stored.newest is None:
        return []
    newest = min(stored.newest, as_of.date()) if as_of else stored.newest
    return [
        hole
        for hole in stored.holes
        if hole.after <= newest < hole.after + REACH
        and (as_of is None or calendar.derived(hole.after).release_at <= as_of)
    ]
