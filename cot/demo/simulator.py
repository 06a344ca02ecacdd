"""Positions of traders that nobody holds: a seeded simulator for the demo and for measuring speed.

One market is a few slow random processes (open interest, mood of speculators, shares of the groups). Contracts are
counted, not measured: every long has its short, so the accounting identities hold exactly.
Adding weeks at the end never changes earlier ones.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cot.catalogue import registry

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

LONG, SHORT, SPREAD = 0, 1, 2
_GROUPS, _SIDES = 5, 3
_CELLS: Final = _GROUPS * _SIDES
_CONCENTRATION: Final = 8


@dataclass(frozen=True, slots=True)
class DemoMarket:
    """What is fixed about a market: the facts a report prints of it, and its typical size in contracts."""

    code: str
    name: str
    exchange_name: str
    exchange_code: str
    region_code: str
    commodity_code: str
    subgroup_code: str
    units: str
    open_interest: int
    crop_month: int  # month in which a new crop year begins; 0 where there is none

    @property
    def category(self) -> str:
        return registry.classify(self.code, self.commodity_code, self.subgroup_code).category

    @property
    def report_type(self) -> str:
        return "tff" if self.category in _FINANCIAL else "disagg"


@dataclass(frozen=True, slots=True)
class Crop:
    """One crop year, or all together: contracts (weeks × groups × long, short, spread), traders, concentration.

    The groups are those of the market's own report; `concentration` holds tenths of a percent (weeks × 8).
    """

    contracts: Counts
    traders: Counts
    concentration: Counts

    def since(self, start: int) -> Crop:
        return Crop(self.contracts[start:], self.traders[start:], self.concentration[start:])


@dataclass(frozen=True, slots=True)
class Simulation:
    """All positions of one market in one subtype: `all` is not quite `old` plus `other`."""

    all: Crop
    old: Crop
    other: Crop

    def since(self, start: int) -> Simulation:
        """The same without the first weeks."""
        return Simulation(self.all.since(start), self.old.since(start), self.other.since(start))


_FINANCIAL: Final = frozenset({"currencies", "rates", "indices", "crypto"})
# Shares of open interest of the five groups, as averages of recent years suggest: long, short, spread.
_SHARES: Final = {
    "grains": ((27, 15, 15, 9, 9), (33, 1, 25, 5, 11), (0, 3, 14, 7, 0)),
    "energy": ((24, 12, 12, 7, 5), (22, 26, 6, 5, 5), (0, 8, 14, 14, 0)),
    "metals": ((5, 12, 28, 22, 14), (20, 30, 8, 10, 10), (0, 3, 8, 6, 0)),
    "softs": ((22, 10, 28, 7, 6), (45, 10, 7, 5, 5), (0, 3, 14, 8, 0)),
    "livestock": ((14, 18, 27, 10, 10), (45, 1, 8, 12, 13), (0, 1, 14, 5, 0)),
    "power_gas": ((64, 15, 3, 5, 5), (62, 18, 4, 5, 4), (0, 6, 1, 1, 0)),
    "currencies": ((28, 30, 14, 6, 20), (30, 28, 22, 3, 15), (1, 3, 2, 0.3, 0)),
    "rates": ((4, 50, 11, 10, 8), (10, 20, 42, 5, 10), (1, 13, 3, 1, 0)),
    "indices": ((22, 36, 12, 3, 17), (40, 16, 18, 3, 14), (3, 2, 3, 0.2, 0)),
    "crypto": ((7, 20, 18, 36, 13), (15, 2, 56, 16, 5), (1, 0.2, 4, 1, 0)),
}
_SIMILAR: Final = {"dairy": "livestock", "environmental": "power_gas", "other": "energy"}
# How the mood of speculators moves the (log) long and short share of each group.
_MOOD: Final = {
    "disagg": ((-0.25, -0.1, 0.7, 0.15, 0.2), (0.3, 0.1, -0.8, -0.1, -0.15)),
    "tff": ((-0.5, 0.35, 0.6, 0.1, 0.2), (0.5, -0.35, -0.6, -0.1, -0.2)),
}
_GROWTH: Final = 0.03  # of open interest in a year
_MOOD_MEMORY, _SLOW, _QUICK = 0.965, 0.985, 0.93  # correlation of one week with the next


def simulate(market: DemoMarket, dates: list[date], seed: int) -> tuple[Simulation, Simulation]:
    """Futures only, and futures and options combined, on these report dates (oldest first)."""
    rng = np.random.default_rng([seed, zlib.crc32(market.code.encode())])
    character = rng.uniform(size=4)
    noise = rng.standard_normal((len(dates), 4 + 3 * _CELLS + _CONCENTRATION))
    slow, mood, options, crop = _remembering(
        noise[:, :4], np.array([_SLOW, _MOOD_MEMORY, _SLOW, _QUICK])
    ).T
    cells = _remembering(noise[:, 4 : 4 + 3 * _CELLS], _QUICK).reshape(-1, 3, _GROUPS, _SIDES)
    ripple = _remembering(noise[:, -_CONCENTRATION:], _QUICK)
    years = np.array([(day - date(2026, 1, 1)).days / 365.25 for day in dates])
    season = np.array([day.timetuple().tm_yday / 365.25 for day in dates])
    cycle = 0.06 * np.sin(2 * np.pi * (4 * season + character[0])) + 0.012 * noise[:, 0]
    futures = np.rint(market.open_interest * np.exp(0.3 * slow + cycle + _GROWTH * years)) + 400
    optional = np.rint(futures * (0.1 + 0.4 * character[1]) * np.exp(0.25 * options))
    later = _share_of_next_crop(market, season, crop)
    parts = [
        _split(market, oi, later, mood, cells[:, k]) for k, oi in enumerate((futures, optional))
    ]
    combined = tuple(one + two for one, two in zip(*parts, strict=True))
    return _simulation(parts[0], cells[:, 2], ripple), _simulation(combined, cells[:, 2], ripple)


def _remembering(noise: Floats, memory: float | Floats) -> Floats:
    """Each column as a first-order autoregression of unit variance, started in equilibrium."""
    weeks = np.arange(len(noise))[:, None]
    shocks = noise * np.where(weeks == 0, 1.0, np.sqrt(1 - np.square(memory)))
    past = np.power(memory, weeks)
    return np.asarray(np.cumsum(shocks / past, axis=0) * past)


def _share_of_next_crop(market: DemoMarket, season: Floats, crop: Floats) -> Floats:
    """Share of open interest in later crop years: grows through the season, starts anew with the harvest."""
    if not market.crop_month:
        return np.zeros(len(season))
    through = (season - (market.crop_month - 1) / 12) % 1.0
    return np.asarray(np.clip(0.03 + 0.8 * through**2.2 + 0.02 * crop, 0.01, 0.9))


def _split(
    market: DemoMarket, open_interest: Floats, later: Floats, mood: Floats, cells: Floats
) -> tuple[Counts, Counts, Counts]:
    """Contracts of all, old and other crop years. A spread between crop years is a leg in each, and a spread in all."""
    later_interest = np.rint(open_interest * later)
    old = _block(market, open_interest - later_interest, mood, cells)
    other = _block(market, later_interest, mood, cells[:, :, ::-1])
    can_spread = (old + other)[:, :, SPREAD] > 0
    calendar = np.minimum(old[..., LONG], other[..., SHORT]) * 3 // 10
    reverse = np.minimum(old[..., SHORT], other[..., LONG]) // 10
    across = np.where(can_spread, np.minimum(calendar + reverse, _free(old, other)), 0)
    total = old + other + across[..., None] * np.array([-1, -1, 1])
    return total, old, other


def _free(old: Counts, other: Counts) -> Counts:
    """What a group holds outright on both sides, at most half of it: so much may be a spread between crop years."""
    outright = (old + other)[..., :SPREAD]
    return np.asarray(outright.min(axis=-1) // 2)


def _block(market: DemoMarket, open_interest: Floats, mood: Floats, cells: Floats) -> Counts:
    """Whole contracts: longs plus spreads, and shorts plus spreads, are exactly the open interest."""
    category = market.category
    shares = np.array(_SHARES[_SIMILAR.get(category, category)]).T
    pull = np.zeros((_GROUPS, _SIDES))
    pull[:, :SPREAD] = np.array(_MOOD[market.report_type]).T
    weight = shares * np.exp(0.8 * pull * mood[:, None, None] + 0.18 * cells)
    longs, shorts, spreads = weight[..., LONG], weight[..., SHORT], weight[..., SPREAD]
    per_contract = open_interest / (longs.sum(1) + spreads.sum(1))
    contracts = np.zeros((len(open_interest), _GROUPS, _SIDES), dtype=np.int64)
    contracts[..., SPREAD] = spreads * per_contract[:, None]
    outright = open_interest.astype(np.int64) - contracts[..., SPREAD].sum(1)
    for side, weights in ((LONG, longs), (SHORT, shorts)):
        contracts[..., side] = weights / weights.sum(1, keepdims=True) * outright[:, None]
        contracts[:, -1, side] += outright - contracts[..., side].sum(1)
    return contracts


def _simulation(parts: tuple[Counts, ...], crowd: Floats, ripple: Floats) -> Simulation:
    interest = _open_interest(parts[0])
    crops = [
        Crop(part, _traders(part, interest, crowd), _concentration(part, ripple)) for part in parts
    ]
    return Simulation(*crops)


def _open_interest(contracts: Counts) -> Counts:
    return np.asarray(contracts[..., LONG].sum(1) + contracts[..., SPREAD].sum(1))


def _traders(contracts: Counts, market_interest: Counts, crowd: Floats) -> Counts:
    """Traders per group and side; more in larger markets. Nobody counts the non-reportable ones."""
    scale = np.maximum(12.0, 60 * (np.log10(market_interest) - 3))[:, None, None]
    share = contracts / market_interest[:, None, None]
    traders = np.ceil(scale * np.sqrt(share) * np.exp(0.12 * crowd))
    traders[:, -1] = 0
    return np.asarray(np.minimum(traders, contracts), dtype=np.int64)


def _concentration(contracts: Counts, ripple: Floats) -> Counts:
    """Tenths of a percent held by the largest 4 and 8 traders: gross, then net; 4 before 8, long before short."""
    interest = np.maximum(_open_interest(contracts), 1)
    unit = 1 / (1 + np.exp(-0.4 * ripple))
    columns = [np.zeros(0)] * _CONCENTRATION
    for side in (LONG, SHORT):
        reported = (contracts[:, :-1, side] + contracts[:, :-1, SPREAD]).sum(1) / interest
        gross8 = reported * (0.3 + 0.5 * unit[:, side])
        gross4 = gross8 * (0.5 + 0.3 * unit[:, 2 + side])
        net8 = gross8 * (0.5 + 0.45 * unit[:, 4 + side])
        net4 = np.minimum(gross4, net8) * (0.7 + 0.25 * unit[:, 6 + side])
        for place, column in zip((0, 2, 4, 6), (gross4, gross8, net4, net8), strict=True):
            columns[place + side] = column
    return (1000 * np.stack(columns, axis=1)).astype(np.int64)
