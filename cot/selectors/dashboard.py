"""Everything the page of one market shows besides its table: key figures and blocks.

Page and endpoint call `build`; the arithmetic is that of `indicators` and `states`. Columns run oldest first over the
chosen range and have one element per week; scores look back further than the range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any, Final

import numpy as np

from core.series.cells import Number, Numbers, as_shown, numbers
from core.series.windows import FloatArray, Size
from cot.catalogue import registry
from cot.measures import indicators, standings, states
from cot.measures.indicators import Computed
from cot.measures.records import Record, record
from cot.measures.standings import Episode
from cot.measures.states import Concentration, Distribution, Lookback, Zone
from cot.measures.timeline import Timeline
from cot.selectors.board import category_ranks
from cot.selectors.history import History
from cot.selectors.weeks import Weeks
from cot.variants import Group, Subtype

RANGES: Final[dict[str, Size]] = {
    "1M": 4,
    "3M": 13,
    "6M": 26,
    "1Y": 52,
    "2Y": 104,
    "3Y": 156,
    "5Y": 260,
    "all": None,
}
# sources that do not merely derive the release
TOLD: Final = ("published", "observed", "announced", "scheduled")
TOPS: Final = ("4_long", "4_short", "8_long", "8_short")


@dataclass(frozen=True, slots=True)
class Measure:
    """A key figure: its newest value, its published change, and where it stands in the lookback window.

    `change_pct` is the change in per cent of open interest; for open interest itself that is `oi_pct`.
    """

    value: Number
    change: Number
    change_pct: Number
    rank: Number
    z: Number
    index: Number


@dataclass(frozen=True, slots=True)
class Key:
    """Key figures of the chosen group. Rank, z and index are those of net; the state and what tells of it look back
    52 reports, whatever the lookback.

    `n` observations of the window exist, from `first` to `last`; `reason` says why there are no scores.
    """

    open_interest: Measure
    long: Measure
    short: Measure
    net: Measure
    rank: Number
    z: Number
    index: Number
    range: Number
    n: int
    first: date | None
    last: date | None
    full: bool
    reason: str | None
    state: str | None
    state_side: str | None
    state_severity: Number
    state_reason: str | None
    weeks_in_state: Number
    weeks_at_extreme: Number
    rank_1y: Number
    rank_1y_prev: Number
    z_1y: Number
    flow: str | None


@dataclass(frozen=True, slots=True)
class Flip:
    """A week in which net crossed zero, `size` contracts in one step."""

    date: date
    side: str | None
    net: Number
    size: Number


@dataclass(frozen=True, slots=True)
class SectorContext:
    """Where the speculators' one-year rank stands among the markets of the category; the highest is the first."""

    category_median_rank: Number
    market_rank_in_category: int | None
    n: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The blocks of one market. `columns` have a value per week of `dates`; `reasons` name the spans that are null.

    `zones` and `band` hold nine tenths of the lookback: of longs and shorts, and of net. `record` and `episodes` look
    over all weeks.
    """

    spec: Group
    comm: Group | None
    group: Group
    lookback: Size
    dates: tuple[date, ...]
    columns: Mapping[str, Sequence[Any]]
    reasons: Mapping[str, Sequence[Mapping[str, str]]]
    key: Key
    zones: Mapping[str, Zone]
    band: Zone
    record: Record | None
    episodes: tuple[Episode, ...]
    flips: tuple[Flip, ...]
    triple: tuple[Lookback, ...]
    distribution: Distribution
    spread_rank: Number
    concentration: Concentration
    concentration_gross: Mapping[str, Number]
    concentration_net: Mapping[str, Number]
    published_at: datetime | None


def build(
    found: History,
    *,
    category: str,
    group: Group | None = None,
    weeks: Size = 52,
    lookback: Size = 52,
    closes: FloatArray | None = None,
) -> Dashboard:
    """The blocks of a market with at least one week: `weeks` are shown, scores look back `lookback` observations.

    `closes` holds the last close up to five days before each report date; None where the market has no price. No query.
    """
    line, report = found.line, found.variant.report
    spec = report.group(registry.spec_group(report.type))
    comm = counterpart(found, category)
    chosen = group or spec
    shown = Weeks(found, dict(_columns(line, chosen, spec, comm, lookback, closes)))
    since = max(len(line) - weeks, 0) if weeks else 0
    opposite = comm.key if comm else None
    return Dashboard(
        spec=spec,
        comm=comm,
        group=chosen,
        lookback=lookback,
        dates=tuple(line.dates[since:].tolist()),
        columns={name: values[since:] for name, values in shown.columns().items()},
        reasons=shown.reasons([place >= since for place in range(len(line))]),
        key=_key(line, chosen.key, lookback),
        zones={
            side: states.zone(line, f"{chosen.key}_{side}", lookback) for side in ("long", "short")
        },
        band=states.zone(line, f"{chosen.key}_net", lookback),
        record=record(line, chosen.key),
        episodes=standings.episodes(line, chosen.key),
        flips=tuple(_flips(line, chosen.key, since)),
        triple=states.triple(line, chosen.key),
        distribution=states.distribution(line, chosen.key, lookback),
        spread_rank=states.spread_rank(line, spec.key, opposite, lookback).at(-1),
        concentration=states.concentration(line, spec.key),
        concentration_gross=_concentration(line, "gross"),
        concentration_net=_concentration(line, "net"),
        published_at=_published_at(found),
    )


def counterpart(found: History, category: str) -> Group | None:
    """The group opposite the speculators; none where it holds nothing in the year behind."""
    report = found.variant.report
    key = registry.comm_group(report.type, category)
    return report.group(key) if key and indicators.holds(found.line, key)[-1] else None


def _columns(
    line: Timeline,
    chosen: Group,
    spec: Group,
    comm: Group | None,
    lookback: Size,
    closes: FloatArray | None,
) -> Iterator[tuple[str, Computed]]:
    """The facts and scores of every week and, with a value per week as well, bias, velocity, power and divergence."""
    yield "open_interest", numbers(line.measure("open_interest"), 0)
    yield "oi_change", indicators.published(line, "oi_change")
    for group in line.groups:
        yield from _group_columns(line, group, lookback)
    moved = states.price_change(line, closes)
    speed, power = states.velocity(line, chosen.key), states.power(line, spec.key)
    yield "eight_state", states.eight_states(line, [chosen.key], moved)
    yield "oi_state", states.interest_states(line, moved)
    yield "flow", states.flow(line, chosen.key)
    yield "bias", states.bias(line, chosen.key)
    yield "velocity", speed.value
    yield "velocity_warning", speed.warning
    yield "power_long", power.long
    yield "power_short", power.short
    yield "long_liquidation_risk", power.long_liquidation_risk
    yield "short_squeeze_risk", power.short_squeeze_risk
    yield "divergence", states.divergence(line, spec.key, comm.key if comm else None, lookback)


def _group_columns(line: Timeline, group: Group, lookback: Size) -> Iterator[tuple[str, Computed]]:
    k = group.key
    window = line.window(f"{k}_net", lookback)
    for part in indicators.PARTS[: 2 + group.has_spread]:
        yield f"{k}_{part}", numbers(line.measure(f"{k}_{part}"), 0)
    yield f"{k}_net", indicators.net(line, k)
    yield f"{k}_change", indicators.change(line, k)
    yield f"{k}_change_long", indicators.published(line, f"{k}_long_change")
    yield f"{k}_change_short", indicators.published(line, f"{k}_short_change")
    yield f"{k}_pct_net_oi", indicators.pct_of_oi(line, f"{k}_net")
    yield f"index_{k}", indicators.index(window)
    yield f"rank_{k}", indicators.rank(window)
    yield f"z_{k}", indicators.z(window)


def _key(line: Timeline, group: str, lookback: Size) -> Key:
    year, window = (
        line.window(f"{group}_net", indicators.YEAR),
        line.window(f"{group}_net", lookback),
    )
    state = standings.state(line, group)
    first, last = states.window_dates(line, f"{group}_net", lookback)
    net = _measure(line, f"{group}_net", indicators.change(line, group), lookback)
    return Key(
        open_interest=_measure(
            line, "open_interest", indicators.published(line, "oi_change"), lookback
        ),
        long=_measure(
            line, f"{group}_long", indicators.published(line, f"{group}_long_change"), lookback
        ),
        short=_measure(
            line, f"{group}_short", indicators.published(line, f"{group}_short_change"), lookback
        ),
        net=net,
        rank=net.rank,
        z=net.z,
        index=net.index,
        range=indicators.width(line, window).at(-1),
        n=int(window.count[-1]),
        first=first,
        last=last,
        full=bool(window.full[-1]),
        reason=indicators.rank(window).reason(-1),
        state=state.at(-1),
        state_side=standings.state_side(line, group).at(-1),
        state_severity=standings.severity(line, group).at(-1),
        state_reason=state.reason(-1),
        weeks_in_state=indicators.weeks_in_state(year).at(-1),
        weeks_at_extreme=standings.weeks_at_extreme(line, group).at(-1),
        rank_1y=indicators.rank(year).at(-1),
        rank_1y_prev=standings.rank_before(line, group).at(-1),
        z_1y=indicators.z(year).at(-1),
        flow=states.flow(line, group).at(-1),
    )


def _measure(line: Timeline, name: str, changed: Numbers, lookback: Size) -> Measure:
    window = line.window(name, lookback)
    interest = line.measure("open_interest")[-1]
    share = 100 * changed.values[-1] / interest if interest else np.nan
    return Measure(
        value=as_shown(line.measure(name)[-1], 0),
        change=changed.at(-1),
        change_pct=as_shown(share, 1),
        rank=indicators.rank(window).at(-1),
        z=indicators.z(window).at(-1),
        index=indicators.index(window).at(-1),
    )


def _flips(line: Timeline, group: str, since: int) -> Iterator[Flip]:
    sides, sizes, nets = (
        states.flip(line, group),
        states.flip_size(line, group),
        indicators.net(line, group),
    )
    for place in (np.flatnonzero(sides.places[since:]) + since).tolist():
        yield Flip(line.dates[place].tolist(), sides.at(place), nets.at(place), sizes.at(place))


def _concentration(line: Timeline, basis: str) -> dict[str, Number]:
    return {f"top{top}": as_shown(line.measure(f"conc_{basis}{top}")[-1], 1) for top in TOPS}


def _published_at(found: History) -> datetime | None:
    """The release of the newest report, when it is known and not merely derived."""
    newest = found.stamps[-1]
    return newest.release_at if newest.release_source in TOLD else None


def sector_context(
    code: str, subtype: Subtype, category: str, *, as_of: datetime | None = None
) -> SectorContext:
    """The market's rank on its primary report among its category. One query; with `as_of` computed live."""
    ranks = category_ranks(subtype, category, as_of=as_of)
    known = [rank for rank in ranks.values() if rank is not None]
    own = ranks.get(code)
    place = None if own is None else 1 + sum(rank > own for rank in known)
    return SectorContext(as_shown(median(known), 1) if known else None, place, len(known))
