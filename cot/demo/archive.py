"""A folder of simulated reports, laid out like the CFTC's site and read by the same pipeline.

Well-known markets come first, under their real codes and names; beyond them codes of our own fill a large history.
The file `DEMO` says of the whole folder that nothing in it is real.
"""

from __future__ import annotations

import csv
import os
import zipfile
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import count, islice
from pathlib import Path
from typing import IO, Final

import numpy as np

from cot.demo import official_text
from cot.demo.official_text import MarketText, market_text
from cot.demo.simulator import DemoMarket, simulate
from cot.publication import calendar
from cot.variants import LAST_BULK_YEAR, VARIANTS, Variant

MARK: Final = "DEMO"
SEED: Final = 20
_NOTICE: Final = "Simulated reports: every number in this folder is invented. Nothing here comes from the CFTC.\n"
_KNOWN: Final = Path(__file__).parent / "data" / "demo_markets.csv"
_BEGINNING: Final = date(1986, 1, 1)
_SPAN: Final = 40 * 365  # days in which invented markets are listed
_COMPRESSION: Final = 1  # a large history is written once and read once
# What a market beyond the well-known ones may be: commodity and subgroup code, and how many of ten are so.
_KINDS: Final = (
    ("023", "N16", 4),
    ("064", "N16", 2),
    ("006", "N60", 2),
    ("067", "N10", 1),
    ("138", "F20", 1),
)
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Life:
    """A market and the time it is traded."""

    market: DemoMarket
    listed: date
    delisted: date


@cache
def known_markets() -> tuple[DemoMarket, ...]:
    """The well-known markets of the demo, with what reports print of them and their typical size."""
    with _KNOWN.open(newline="", encoding="utf-8") as lines:
        return tuple(_known(*line) for line in islice(csv.reader(lines), 1, None))


def _known(
    code: str,
    name: str,
    exchange_name: str,
    exchange_code: str,
    region_code: str,
    commodity_code: str,
    subgroup_code: str,
    units: str,
    size: str,
    month: str,
) -> DemoMarket:
    exchange = (exchange_name, exchange_code, region_code)
    return DemoMarket(
        code, name, *exchange, commodity_code, subgroup_code, units, int(size), int(month)
    )


def lives(seed: int) -> Iterator[Life]:
    """Markets without end: the well-known ones, always traded, then invented ones, more of them in recent years."""
    for market in known_markets():
        yield Life(market, _BEGINNING, date.max)
    kinds = [(commodity, subgroup) for commodity, subgroup, tenths in _KINDS for _ in range(tenths)]
    rng = np.random.default_rng(seed)
    for serial in count():
        listed = _BEGINNING + timedelta(days=int(_SPAN * rng.uniform() ** 0.5))
        delisted = listed + timedelta(days=365 + int(rng.exponential(9 * 365)))
        size = int(10 ** rng.uniform(3.3, 5))
        yield Life(_invented(serial, *kinds[serial % len(kinds)], size), listed, delisted)


def _invented(serial: int, commodity: str, subgroup: str, size: int) -> DemoMarket:
    rest, low = divmod(serial, len(_DIGITS))
    series, high = divmod(rest, len(_DIGITS))
    code = f"{commodity}{_DIGITS[-1 - series]}{_DIGITS[high]}{_DIGITS[low]}"
    name = f"DEMO CONTRACT {serial:05d}"
    return DemoMarket(
        code, name, "DEMO EXCHANGE", "DMO", "01", commodity, subgroup, "DEMO UNITS", size, 0
    )


def write_demo(
    folder: Path,
    *,
    until: date,
    markets: int | None = None,
    years: int = 5,
    rows: int | None = None,
    seed: int = SEED,
    variants: Iterable[Variant] = VARIANTS.values(),
    progress: Progress | None = None,
) -> int:
    """Write archives and weekly texts of the last calendar years up to the report of `until`; how many rows.

    `markets` counts markets (all well-known ones when none is given); `rows` adds invented ones up to that many rows.
    """
    dates = list(calendar.expected_report_dates(_BEGINNING, until))
    wanted = tuple(variants)
    window = date(until.year - years + 1, 1, 1)
    chosen = _chosen(lives(seed), dates, window, wanted, markets, rows)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text(_NOTICE)
    written = 0
    with _Site(folder, dates[-1]) as site:
        for done, life in enumerate(chosen, 1):
            written += sum(
                site.add(variant, text)
                for variant, text in _texts(life, dates, window, wanted, seed)
            )
            if progress:
                progress(done, len(chosen))
    return written


def _chosen(
    candidates: Iterator[Life],
    dates: Sequence[date],
    window: date,
    variants: Sequence[Variant],
    markets: int | None,
    rows: int | None,
) -> list[Life]:
    """As many markets as were asked for, or as it takes to fill the rows, in the order of their codes."""
    number = markets or len(known_markets())
    chosen: list[Life] = []
    filled = 0
    for life in candidates:
        if filled >= rows if rows else len(chosen) >= number:
            break
        chosen.append(life)
        filled += sum(
            len(_days(life, dates, window, variant))
            for variant in variants
            if _holds(variant, life.market)
        )
    return sorted(chosen, key=lambda life: life.market.code)


def _holds(variant: Variant, market: DemoMarket) -> bool:
    return variant.type in ("legacy", market.report_type)


def _days(life: Life, dates: Sequence[date], window: date, variant: Variant) -> range:
    """Which of the dates this market is reported on in this variant."""
    first = max(life.listed, window, date(variant.first_year, 1, 1))
    return range(bisect_left(dates, first), bisect_right(dates, life.delisted))


def _texts(
    life: Life, dates: Sequence[date], window: date, variants: Sequence[Variant], seed: int
) -> Iterator[tuple[Variant, MarketText]]:
    """The rows of one market in every variant that holds it. The first change is against the week before the window."""
    whole = [day for day in dates if life.listed <= day <= life.delisted]
    futures, combined = simulate(life.market, whole, seed)
    for variant in variants:
        reported = _days(life, dates, window, variant)
        if not reported or not _holds(variant, life.market):
            continue
        start = whole.index(dates[reported.start])
        before = max(start - 1, 0)
        simulation = (futures if variant.subtype == "fo" else combined).since(before)
        text = market_text(variant, life.market, whole[before:], simulation)
        yield variant, MarketText(text.dates[start - before :], text.lines[start - before :])


@dataclass
class _Site:
    """The files being written: archives stay open until all markets are in."""

    folder: Path
    newest: date
    archives: dict[Path, IO[bytes]] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> _Site:
        return self

    def __exit__(self, *error: object) -> None:
        self.stack.close()
        stamp = calendar.derived(self.newest).release_at.timestamp()
        for path in self.archives:
            os.utime(path, (stamp, stamp))

    def add(self, variant: Variant, text: MarketText) -> int:
        """Put the rows of one market into the archives of their years, the newest week into the weekly text."""
        years = np.array([max(day.year, LAST_BULK_YEAR) for day in text.dates])
        for year in np.unique(years):
            start, stop = np.searchsorted(years, [year, year + 1])
            self._archive(variant, int(year)).write(text.newest_first(int(start), int(stop)))
        if text.dates[-1] == self.newest:
            self._weekly(variant).write(text.newest_first(len(text.dates) - 1, len(text.dates)))
        return len(text.dates)

    def _archive(self, variant: Variant, year: int) -> IO[bytes]:
        path = self.folder / (variant.bulk if year <= LAST_BULK_YEAR else variant.yearly_path(year))
        if path not in self.archives:
            path.parent.mkdir(parents=True, exist_ok=True)
            archive = self.stack.enter_context(
                zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION)
            )
            entry = zipfile.ZipInfo(
                official_text.member(variant),
                (self.newest.year, self.newest.month, self.newest.day, 15, 30, 0),
            )
            entry.compress_type = zipfile.ZIP_DEFLATED
            self.archives[path] = self.stack.enter_context(
                archive.open(entry, "w", force_zip64=True)
            )
            self.archives[path].write(official_text.header(variant.report))
        return self.archives[path]

    def _weekly(self, variant: Variant) -> IO[bytes]:
        path = self.folder / variant.weekly
        if path not in self.archives:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.archives[path] = self.stack.enter_context(path.open("wb"))
        return self.archives[path]
