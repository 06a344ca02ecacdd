"""How far back one has to go for a net as low or as high as the newest one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np

from core.series.windows import IntArray
from cot.measures.timeline import Timeline

LEAST: Final = 8  # reports; "the lowest since last week" is no news


@dataclass(frozen=True, slots=True)
class Record:
    """Newest net is the lowest or highest since `day`, over `n` reports; of all there are where `day` is None."""

    end: Literal["lowest", "highest"]
    day: date | None
    n: int


def record(line: Timeline, group: str) -> Record | None:
    """The end that reaches further back; None where another report of the last few was as low and one as high.

    Counts are compared in contracts of the newest size; the unit of another one ends the search.
    """
    values = line.scaled(f"{group}_net")
    start = line.breaks[-1] if line.breaks else 0
    if not len(values) or np.isnan(values[-1]):
        return None
    before, now = values[start:-1], values[-1]
    found = [
        _since(line, start, np.flatnonzero(before <= now), "lowest"),
        _since(line, start, np.flatnonzero(before >= now), "highest"),
    ]
    furthest = max(found, key=lambda each: each.n)
    return furthest if furthest.n >= LEAST else None


def _since(
    line: Timeline, start: int, places: IntArray, end: Literal["lowest", "highest"]
) -> Record:
    """The reports after the last one as low, or as high, are those it holds for."""
    if not len(places):
        return Record(end, None, len(line) - start)
    last = start + int(places[-1])
    return Record(end, line.dates[last].tolist(), len(line) - 1 - last)
