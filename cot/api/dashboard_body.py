"""The JSON body of one market's dashboard: the blocks of the page, weeks oldest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from core.api import instant
from core.errors import Invalid
from cot.api import bodies
from cot.api.queries import DashboardQuery
from cot.errors import UnknownMarket
from cot.models import Market
from cot.selectors import dashboard, history
from cot.selectors.dashboard import Dashboard
from cot.selectors.history import History
from cot.selectors.market import Found, find, others_that_hold
from cot.selectors.names import called
from cot.variants import Group, Variant

# Columns that are blocks of their own; everything else stands in the weeks.
SERIES: Final = ("bias", "velocity", "divergence")
POWER: Final = ("power_long", "power_short", "long_liquidation_risk", "short_squeeze_risk")


class ReportNotAvailable(Invalid):
    code = "report_not_available"

    def __init__(self, available: list[str]) -> None:
        super().__init__(_("This market is not in that report."), details={"available": available})


def body(code: str, asked: DashboardQuery) -> bodies.Body:
    """Every block of the market. Raises UnknownMarket, ReportNotAvailable, Invalid for a group it does not have."""
    stored = find(code)
    market, variant = stored.market, stored.variant(asked.report_type, asked.subtype)
    if not stored.holds(variant):
        raise ReportNotAvailable(list(stored.variants))
    found = history.of_market(variant, market.code, as_of=asked.as_of)
    if not found:
        raise UnknownMarket(code, others_that_hold(code, variant, asked.as_of))
    shown = dashboard.build(
        found,
        category=market.category,
        group=_group(variant, asked.group),
        weeks=asked.weeks,
        lookback=asked.window,
    )
    return _head(stored, shown) | _blocks(shown) | _context(market, asked, found, shown)


def _group(variant: Variant, key: str) -> Group | None:
    known = [group.key for group in variant.report.groups]
    if key and key not in known:
        raise Invalid(
            details={"group": [_("This report has only %(known)s.") % {"known": ", ".join(known)}]}
        )
    return variant.report.group(key) if key else None


def _head(stored: Found, shown: Dashboard) -> bodies.Body:
    market = stored.market
    return {
        "market": {
            "code": market.code,
            "name": market.name,
            **called(market.code, market.name),
            "exchange_code": market.exchange_code,
            "category": market.category,
            "sector": market.sector,
            "primary_report": market.primary_report,
            "spec_group": shown.spec.key,
            "comm_group": shown.comm.key if shown.comm else None,
            "available_reports": list(stored.variants),
        },
        "group": shown.group.key,
        "lookback": shown.lookback,
    }


def _blocks(shown: Dashboard) -> bodies.Body:
    columns = shown.columns
    apart = {*SERIES, *POWER, "velocity_warning"}
    weekly = [name for name in columns if name not in apart]
    return {
        "weeks": [
            {"date": str(day), **{name: columns[name][place] for name in weekly}}
            for place, day in enumerate(shown.dates)
        ],
        "key": asdict(shown.key)
        | {
            name: day and str(day)
            for name, day in (("first", shown.key.first), ("last", shown.key.last))
        },
        "zones": {side: asdict(zone) for side, zone in shown.zones.items()},
        "flips": [asdict(flip) | {"date": str(flip.date)} for flip in shown.flips],
        **{name: list(columns[name]) for name in SERIES},
        "velocity_warning": list(columns["velocity_warning"]),
        "power": _rows(columns, POWER),
        "triple": [asdict(lookback) for lookback in shown.triple],
        "distribution": asdict(shown.distribution),
        "spread_rank": shown.spread_rank,
        "concentration": asdict(shown.concentration)
        | {
            "gross_by_side": dict(shown.concentration_gross),
            "net_by_side": dict(shown.concentration_net),
        },
    }


def _rows(columns: Mapping[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        dict(zip(names, values, strict=True))
        for values in zip(*(columns[name] for name in names), strict=True)
    ]


def _context(
    market: Market, asked: DashboardQuery, found: History, shown: Dashboard
) -> bodies.Body:
    place = dashboard.sector_context(
        market.code, found.variant.subtype, market.category, as_of=asked.as_of
    )
    told = {"published_at": instant(shown.published_at)}
    reasons = dict(shown.reasons) | {"prices": bodies.NO_PRICES}
    return {
        "groups": bodies.groups(found.variant.type),
        "prices": None,
        "sector_context": asdict(place),
        "meta": bodies.meta(found.newest, as_of=asked.as_of, reasons=reasons) | told,
    }
