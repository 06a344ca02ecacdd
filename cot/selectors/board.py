"""The board: every market's newest week in one list, filtered and sorted: pages and endpoints call this."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import Invalid
from cot import columns
from cot.catalogue import registry, underlyings
from cot.measures.board import cells
from cot.models import BoardRow, Category, Market, WatchItem
from cot.publication.calendar import Release
from cot.selectors import panel
from cot.selectors.board_query import BoardQuery, Row, Universe
from cot.selectors.names import called
from cot.selectors.thresholds import thresholds
from cot.variants import REPORTS, Subtype, Variant, variant

# how long a market that is no longer reported stays on the board
REMEMBERED: Final = timedelta(weeks=26)
UNSORTABLE: Final = ("signals", "spark", "reasons", "search_text")
_MARKET: Final = (
    "code",
    "name",
    "exchange_code",
    "category",
    "sector",
    "primary_report",
    "search_text",
)


@dataclass(frozen=True, slots=True)
class Pill:
    """A category with how many markets the other filters leave in it."""

    category: str
    count: int

    @property
    def display(self) -> str:
        return str(Category(self.category).label)


@dataclass(frozen=True, slots=True)
class Board:
    """The filtered rows in order, the pills, and the newest report of the board. `stored` counts all rows there are.

    `universe` are the rows before the filters; `dates` has the newest report of every report type among them.
    """

    rows: tuple[Row, ...]
    universe: tuple[Row, ...]
    pills: tuple[Pill, ...]
    dates: Mapping[str, date]
    release: Release | None
    stored: int

    @property
    def newest(self) -> date | None:
        return self.release.report_date if self.release else None

    @property
    def reported(self) -> tuple[Row, ...]:
        """The rows of markets that are still reported, whether or not the others were asked for."""
        return tuple(
            row
            for row in self.rows
            if self.dates[row["report_type"]] - date.fromisoformat(row["date"]) <= REMEMBERED
        )


def show(
    subtype: Subtype,
    asked: BoardQuery,
    *,
    report_type: str | None = None,
    user_id: UUID | None = None,
    pins: bool = False,
) -> Board:
    """The board of a report type, or with None of every market in its primary report; `pins` puts the own list first.

    Without a column to sort by, what is nearest to the words of the filter comes first.

    Two queries; with `as_of` the rows are computed live from what was known then. Raises Invalid for an unknown column.
    """
    watched = (
        frozenset(WatchItem.objects.filter(user=user_id).values_list("market_id", flat=True))
        if user_id
        else ()
    )
    every = _rows(subtype, report_type, asked)
    newest = _newest_dates((kind, day) for kind, day, *_rest in every)
    there = [
        _row(kind, day, market, values, stale=day < newest[kind], watched=market["code"] in watched)
        for kind, day, market, values in every
        if _in_universe(market, asked.universe, watched)
        and (asked.inactive or newest[kind] - day <= REMEMBERED)
    ]
    kept = [row for row in there if asked.keep(row)]
    pills = Counter(row["category"] for row in kept)
    chosen = [row for row in kept if not asked.category or row["category"] in asked.category]
    ordered = in_board_order(chosen, asked.order, pins=pins)
    return Board(
        rows=tuple(sorted(ordered, key=asked.nearness) if asked.by_nearness else ordered),
        universe=tuple(there),
        pills=tuple(
            Pill(category, pills[category]) for category in Category.values if pills[category]
        ),
        dates={kind: newest[kind] for kind in {row["report_type"] for row in there}},
        release=_newest_release(every),
        stored=len(every),
    )


def category_ranks(
    subtype: Subtype, category: str, *, as_of: datetime | None = None
) -> dict[str, float | None]:
    """The one-year rank of the speculators in every market of a category that the board still remembers."""
    if as_of is None:
        rows = BoardRow.objects.filter(subtype=subtype, is_primary=True, market__category=category)
        found = list(
            rows.values_list("report_type", "report_date", "market_id", "values__spec_rank_1y")
        )
    else:
        live = _live(subtype, None, "all", as_of, category)
        found = [
            (kind, day, market["code"], values["spec_rank_1y"])
            for kind, day, market, values in live
        ]
    newest = _newest_dates((kind, day) for kind, day, *_rest in found)
    return {code: rank for kind, day, code, rank in found if newest[kind] - day <= REMEMBERED}


# The display indices of the board, and what is null beside each of them unless its window is full.
STRICT_BESIDE: Final = {"spec_index_1y": "index_52", "spec_index_3y": "index_156"}
# Scores over a year of the speculators: of a market too small for them they are grey, and sort after all others.
OF_A_YEAR: Final = (
    "index_52", "rank_52", "spec_index_1y", "spec_rank_1y", "spec_rank_1y_prev", "spec_rank_change_1w",
    "spec_rank_change_4w", "spec_z_1y", "weeks_in_state",
)  # fmt: skip
_OF_GROUP: Final = re.compile(r"(?:cot|crowded)_(g\d)(?:_1y)?")


def _is_provisional(row: Row, name: str) -> bool:
    """Whether the row's number of that column is shown although its window is not full or its market too small."""
    if name in OF_A_YEAR and row["too_small"]:
        return True
    if beside := STRICT_BESIDE.get(name):
        return row.get(beside) is None
    if found := _OF_GROUP.fullmatch(name):
        return bool(row["reasons"].get(f"signal_{found[1]}") == "not_full")
    return False


def in_board_order(rows: Iterable[Row], sort: Sequence[str], *, pins: bool = False) -> list[Row]:
    """Rows by these columns, `-` for descending, the code as tie-break.

    In both directions scores over windows that are not full, or of markets too small, come after all others, and nulls
    last.
    """
    ordered = sorted(rows, key=itemgetter("code"))
    for key in reversed(sort):
        name = key.removeprefix("-")
        if ordered and (name not in ordered[0] or name in UNSORTABLE):
            raise Invalid(
                details={"sort": [_("There is no column “%(name)s”.") % {"name": name[:40]}]}
            )
        known = [row for row in ordered if row.get(name) is not None]
        unknown = [row for row in ordered if row.get(name) is None]
        ranked = sorted(known, key=itemgetter(name), reverse=key.startswith("-"))
        ordered = sorted(ranked, key=lambda row: _is_provisional(row, name)) + unknown
    return sorted(ordered, key=lambda row: not row["watched"]) if pins else ordered


def _newest_release(rows: Iterable[_Found]) -> Release | None:
    """When the newest report of these rows became public, whichever filters they pass."""
    found = [(day, values["release_at"], values) for _, day, _, values in rows]
    if not found:
        return None
    day, at, values = max(found, key=itemgetter(0, 1))
    return Release(day, datetime.fromisoformat(at), values["release_source"], values["uncertain"])


def _newest_dates(reports: Iterable[tuple[str, date]]) -> dict[str, date]:
    """The newest report date of each report type."""
    newest: dict[str, date] = {}
    for kind, day in reports:
        newest[kind] = max(day, newest.get(kind, day))
    return newest


def _in_universe(market: Mapping[str, str], universe: Universe, watched: Collection[str]) -> bool:
    if universe == "watch":
        return market["code"] in watched
    if universe == "majors":
        return market["code"] in underlyings.majors()
    return universe == "all" or market["category"] not in registry.OUTSIDE_CORE


def _row(
    kind: str,
    day: date,
    market: Mapping[str, str],
    values: Mapping[str, Any],
    *,
    stale: bool,
    watched: bool,
) -> Row:
    named = {
        **called(market["code"], market["name"]),
        "category_display": str(Category(market["category"]).label),
        "report_type": kind,
        "spec_group": registry.spec_group(kind),
        "date": day.isoformat(),
        "stale": stale,
        "watched": watched,
    }
    return {**market, **named, **values}


# Report type, report date, market and numbers of one row.
_Found = tuple[str, date, Mapping[str, str], Mapping[str, Any]]


def _rows(subtype: Subtype, report_type: str | None, asked: BoardQuery) -> list[_Found]:
    if asked.as_of is None:
        return _stored(subtype, report_type)
    return _live(subtype, report_type, asked.universe, asked.as_of)


def _stored(subtype: Subtype, report_type: str | None) -> list[_Found]:
    rows = BoardRow.objects.filter(subtype=subtype)
    rows = rows.filter(report_type=report_type) if report_type else rows.filter(is_primary=True)
    found = rows.values_list(
        "report_type", "report_date", "values", *(f"market__{name}" for name in _MARKET)
    )
    return [
        (kind, day, dict(zip(_MARKET, market, strict=True)), values)
        for kind, day, values, *market in found
    ]


def _live(
    subtype: Subtype,
    report_type: str | None,
    universe: Universe,
    as_of: datetime,
    category: str = "",
) -> list[_Found]:
    rows: list[_Found] = []
    for kind in [report_type] if report_type else REPORTS:
        markets = board_markets(universe, category, "" if report_type else kind)
        found = computed(variant(kind, subtype), markets, as_of)
        rows += [(kind, day, markets[code], values) for code, day, values in found]
    return rows


def board_markets(
    universe: Universe = "all", category: str = "", primary_report: str = ""
) -> dict[str, dict[str, str]]:
    rows = Market.objects.all()
    if primary_report:
        rows = rows.filter(primary_report=primary_report)
    if category:
        rows = rows.filter(category=category)
    if universe == "core":
        rows = rows.exclude(category__in=registry.OUTSIDE_CORE)
    if universe == "majors":
        rows = rows.filter(code__in=underlyings.majors())
    return {market["code"]: market for market in rows.values(*_MARKET)}


def computed(
    of: Variant, markets: Mapping[str, Mapping[str, str]], as_of: datetime | None = None
) -> Iterator[tuple[str, date, dict[str, Any]]]:
    """Code, report date and values of every market of the variant."""
    found = panel.all_markets(of, as_of=as_of, codes=list(markets) if as_of else None)
    comms = [
        registry.comm_group(of.type, markets[stamp.code]["category"]) for stamp in found.stamps
    ]
    rows = replace(found.rows, spec=registry.spec_group(of.type), comms=comms)
    records = cells(rows, columns.newest(rows, thresholds()))
    for stamp, values in zip(found.stamps, records, strict=True):
        values["release_at"] = stamp.release_at.isoformat().replace("+00:00", "Z")
        values["release_source"] = stamp.release_source
        values["uncertain"] = stamp.uncertain
        yield stamp.code, stamp.report_date, values
