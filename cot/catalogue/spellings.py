"""Which name a market bore when: spellings seen in files become one history without overlaps.

Every week belongs to the strongest spelling any file shows for it, so the order in which files arrive means nothing.
Legacy files cut names and units short; the longer text is therefore the stronger one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from cot.publication.calendar import expected_report_dates


class Spelling(NamedTuple):
    """How a market is written in a file."""

    name: str
    exchange_name: str
    units: str
    commodity_code: str

    @property
    def strength(self) -> tuple[int, int, Spelling]:
        return len(self.name) + len(self.exchange_name), len(self.units), self


@dataclass(frozen=True, slots=True)
class Period:
    """A spelling and the first and last report that bear it."""

    spelling: Spelling
    first_date: date
    last_date: date


def merge(periods: Iterable[Period]) -> list[Period]:
    """The history of one market, oldest first: no two periods overlap, equal neighbours are one."""
    periods = list(dict.fromkeys(periods))
    if len(periods) < 2:
        return periods
    days = {_week(day): day for period in periods for day in (period.first_date, period.last_date)}
    return [
        Period(spelling, days.get(first) or _report_of(first), days.get(last) or _report_of(last))
        for spelling, first, last in _runs(periods)
    ]


def _runs(periods: Sequence[Period]) -> list[tuple[Spelling, int, int]]:
    """Runs of weeks under the strongest spelling."""
    spans = [(p.spelling, _week(p.first_date), _week(p.last_date)) for p in periods]
    edges = sorted({week for _, first, last in spans for week in (first, last + 1)})
    runs: list[tuple[Spelling, int, int]] = []
    for start, stop in pairwise(edges):
        covering = [spelling for spelling, first, last in spans if first <= start <= last]
        if not covering:
            continue
        strongest = max(covering, key=lambda spelling: spelling.strength)
        if runs and runs[-1][0] == strongest and runs[-1][2] == start - 1:
            runs[-1] = (strongest, runs[-1][1], stop - 1)
        else:
            runs.append((strongest, start, stop - 1))
    return runs


def _week(day: date) -> int:
    """Number of the week since year 1, Monday to Sunday: it holds one report."""
    return (day.toordinal() - 1) // 7


def _report_of(week: int) -> date:
    monday = date.fromordinal(week * 7 + 1)
    return next(
        expected_report_dates(monday, monday + timedelta(days=6)), monday + timedelta(days=1)
    )
