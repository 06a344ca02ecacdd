"""The JSON bodies of the positioning API, made once for endpoints and exported files alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Max, Min
from django.utils import timezone

from core import versions
from core.api import instant
from core.caching import cached
from cot import lifetimes
from cot.catalogue import registry, underlyings
from cot.columns import COLUMNS
from cot.errors import EmptyVariant, UnknownMarket
from cot.feed import feed_at
from cot.measures import indicators
from cot.models import CODE_PATTERN, Category, Market, Observation, ReportType, Subtype
from cot.publication.calendar import Release
from cot.selectors import crops, history
from cot.selectors.board import show
from cot.selectors.board_query import BoardQuery, Row
from cot.selectors.crops import Split
from cot.selectors.history import History
from cot.selectors.market import meant, others_that_hold
from cot.selectors.names import called
from cot.selectors.search import matching
from cot.selectors.thresholds import thresholds
from cot.selectors.weeks import Value, WeeksQuery, weeks
from cot.variants import REPORTS, Group, Variant
from cot.variants import Subtype as SubtypeKey

Body = dict[str, Any]

NO_PRICES: Final = "no_price"


def groups(report_type: str) -> list[Body]:
    """The groups of a report in their order."""
    return [group_body(group) for group in REPORTS[report_type].groups]


def group_body(group: Group) -> Body:
    return {
        "key": group.key,
        "name": group.name,
        "short": group.short,
        "role": group.role,
        "has_spread": group.has_spread,
    }


def meta(
    newest: Release | None,
    *,
    as_of: datetime | None = None,
    reasons: Mapping[str, Any] | None = None,
) -> Body:
    """What every object says about itself: its newest report and how sure that is, how fresh the feed is now, and why
    something is null.
    """
    feed = feed_at(timezone.now())
    return {
        "as_of": instant(as_of),
        "data_as_of": str(newest.report_date) if newest else None,
        "release_at": instant(newest.release_at if newest else None),
        "release_source": newest.source if newest else None,
        "uncertain": newest.uncertain if newest else False,
        "stale": feed.stale,
        "state": feed.state,
        "data_version": versions.current("cot")["cot"],
        "reasons": dict(reasons or {}),
    }


def market_meta(market: Market, variant: Variant, first: str, last: str) -> Body:
    """A market as listed for one variant."""
    return {
        "code": market.code,
        "name": market.name,
        **called(market.code, market.name),
        "exchange": market.exchange_name,
        "category": market.category,
        "category_display": str(Category(market.category).label),
        "sector": market.sector,
        "report_type": variant.type,
        "report_type_display": str(ReportType(variant.type).label),
        "subtype": variant.subtype,
        "subtype_display": str(Subtype(variant.subtype).label),
        "first_date": first,
        "last_date": last,
        "primary_report": market.primary_report,
        "units": market.units,
    }


def known_code(code: str) -> str:
    """The contract code that is meant, however it is typed. Raises UnknownMarket for what can be none."""
    found = meant(code)
    if not re.fullmatch(CODE_PATTERN, found):
        raise UnknownMarket(code)
    return found


def held_code(code: str, variant: Variant, as_of: datetime | None) -> str:
    """The code that is meant, of a market the variant holds. Raises UnknownMarket, with the variants that do."""
    found = known_code(code)
    if found not in _spans(variant):
        raise UnknownMarket(found, others_that_hold(found, variant, as_of))
    return found


def markets(
    variant: Variant, *, category: Iterable[str] = (), q: str = "", universe: str = "all"
) -> list[Body]:
    """Every market with rows in the variant, by code, or with `q` the nearest to it first. Raises EmptyVariant."""
    spans = _spans(variant)
    if not spans:
        raise EmptyVariant
    chosen = Market.objects.filter(code__in=spans)
    if categories := list(category):
        chosen = chosen.filter(category__in=categories)
    if universe == "core":
        chosen = chosen.exclude(category__in=registry.OUTSIDE_CORE)
    if universe == "majors":
        chosen = chosen.filter(code__in=underlyings.majors())
    found = {market.code: market for market in chosen.order_by("code")}
    order = [hit.code for hit in matching(q, limit=None)] if q else list(found)
    return [market_meta(found[code], variant, *spans[code]) for code in order if code in found]


def _spans(variant: Variant) -> dict[str, list[str]]:
    """First and last report date of each market in the variant."""
    return cached(
        ("cot-spans", variant.key),
        depends_on=("cot",),
        seconds=lifetimes.MARKET,
        compute=lambda: _find_spans(variant),
    )


def _find_spans(variant: Variant) -> dict[str, list[str]]:
    stored = Observation.objects.filter(
        report_type=variant.type, subtype=variant.subtype, withdrawn_at=None
    )
    rows = (
        stored.order_by().values_list("market_id").annotate(Min("report_date"), Max("report_date"))
    )
    return {code: [str(first), str(last)] for code, first, last in rows}


def market(variant: Variant, code: str, asked: WeeksQuery) -> Body:
    """A market with its weeks, newest first, and its statistics. Raises UnknownMarket."""
    shown = history.of_market(variant, code, as_of=asked.as_of)
    if not shown:
        raise UnknownMarket(code, others_that_hold(code, variant, asked.as_of))
    table = weeks(shown, thresholds(), asked.fields)
    mask = asked.mask(shown)
    splits = crops.of_weeks(shown, as_of=asked.as_of) if asked.with_crops(variant) else None
    first, last = str(shown.stamps[0].report_date), str(shown.stamps[-1].report_date)
    return {
        "market": market_meta(Market.objects.get(pk=code), variant, first, last),
        "groups": groups(variant.type),
        "weeks": list(
            reversed(
                [
                    week
                    for week, keep in zip(_weeks(shown, table.columns(), splits), mask, strict=True)
                    if keep
                ]
            )
        ),
        "stats": _statistics(shown),
        "prices": None,
        "meta": meta(
            shown.newest, as_of=asked.as_of, reasons=table.reasons(mask) | {"prices": NO_PRICES}
        ),
    }


def _statistics(shown: History) -> Body:
    return {
        name: {
            "max": s.max,
            "min": s.min,
            "max_5y": s.max_5y,
            "min_5y": s.min_5y,
            "avg_13w": s.avg_13w,
        }
        for name, s in indicators.statistics(shown.line).items()
    }


def _weeks(
    shown: History, columns: Mapping[str, list[Value]], splits: Sequence[Split | None] | None
) -> Iterator[Body]:
    """One object a week; value, label and fullness of crowding stand together, and the crop years where asked for."""
    plain = [name for name in columns if not name.startswith(("crowded_", "signal_"))]
    crowded = [name.removeprefix("crowded_") for name in columns if name.startswith("crowded_")]
    places = range(len(shown))
    labels = {key: [_crowded(columns, key, place) for place in places] for key in crowded}
    for place, stamp in enumerate(shown.stamps):
        yield {
            "date": str(stamp.report_date),
            **{name: columns[name][place] for name in plain},
            **{f"crowded_{key}": labels[key][place] for key in crowded},
            "release_at": instant(stamp.release_at),
            "release_source": stamp.release_source,
            "uncertain": stamp.uncertain,
            "known_at": instant(stamp.known_at),
            "version": stamp.version,
            **({} if splits is None else {"crop_years": splits[place]}),
        }


def _crowded(columns: Mapping[str, list[Value]], key: str, place: int) -> Body:
    return {
        "value": columns[f"crowded_{key}"][place],
        "signal": columns[f"signal_{key}"][place],
        "full": columns[f"cot_index_{key}_1y_full"][place],
    }


# What only a board with every market in its own report carries.
_SPECULATORS: Final = ("reasons", *(column.name for column in COLUMNS if column.rows == "best"))


def board_row(row: Row, *, primary: bool) -> Body:
    """A market of the board, and with `primary` what is told of the speculators of its primary report."""
    left_out = {"search_text", "report_type", *(() if primary else _SPECULATORS)}
    return {name: value for name, value in row.items() if name not in left_out}


def board(
    subtype: SubtypeKey, asked: BoardQuery, *, report_type: str | None, user_id: UUID | None = None
) -> tuple[list[Body], Release | None]:
    """Every row of a board in its order, and its newest report. Raises EmptyVariant when nothing is stored of it."""
    found = show(subtype, asked, report_type=report_type, user_id=user_id)
    if report_type and not found.stored:
        raise EmptyVariant
    return [board_row(row, primary=report_type is None) for row in found.rows], found.release
