"""How long the indicator module takes: 1,000 weeks × 5 groups × all windows; at most 25 ms are meant.

Run: .venv/bin/python bench/bench_indicators.py
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cot import columns
from cot.measures import indicators
from cot.measures.timeline import Timeline
from cot.variants import variant

WEEKS, ROUNDS = 1000, 30


def market() -> Timeline:
    """A random walk in every fact, as long as twenty years of weeks."""
    random = np.random.default_rng(7)
    dates = np.datetime64("2006-01-03") + 7 * np.arange(WEEKS)
    kind = variant("disagg", "fo")
    facts = {
        field: abs(random.integers(-9000, 9000, WEEKS).cumsum() + 400_000).astype(float)
        for field in kind.fields
    }
    return Timeline(dates, facts, kind.report.groups)


def windows(line: Timeline) -> None:
    """Display index, index, rank, z and range of every group over 13, 26, 52, 156, 260 and all observations."""
    for group in line.groups:
        line.prepare(f"{group.key}_net", indicators.STRICT_SIZES)
        for size in indicators.STRICT_SIZES:
            window = line.window(f"{group.key}_net", size)
            indicators.display_index(window)
            indicators.index(window)
            indicators.rank(window)
            indicators.z(window)
            indicators.width(line, window)


def full_table(line: Timeline) -> None:
    """Every column of the market endpoint with fields=full, rounded and as Python numbers, and the statistic rows."""
    for cell in columns.weekly(line, indicators.Thresholds(), full=True).values():
        cell.tolist()
    indicators.statistics(line)


def milliseconds(work: Callable[[Timeline], None], clock: Callable[[], float]) -> float:
    """Median over fresh markets: nothing measured before is remembered."""
    spent = []
    for _ in range(ROUNDS):
        line = market()
        start = clock()
        work(line)
        spent.append(1000 * (clock() - start))
    return median(spent)


if __name__ == "__main__":
    for title, work, budget in (
        ("all windows", windows, 25.0),
        ("full table as JSON values", full_table, None),
    ):
        wall, processor = (
            milliseconds(work, time.perf_counter),
            milliseconds(work, time.process_time),
        )
        limit = f"; budget {budget:.0f} ms, ratio {wall / budget:.2f}" if budget else ""
        print(
            f"indicators, {WEEKS} weeks x 5 groups, {title}: {wall:.1f} ms, {processor:.1f} of processor time{limit}"
        )
