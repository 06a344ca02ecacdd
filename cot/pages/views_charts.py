"""The charts of one market, and the map of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.permissions import module_required
from core.pages import tables
from core.pages.addresses import Address
from core.pages.figures import Figure
from core.pages.refusals import explains_refusals
from core.query import OneOf, Query, Texts, declared, one_of
from core.templatetags.numbers import short_day
from core.words import Words
from cot import columns, words
from cot.catalogue import registry
from cot.kept import kept
from cot.measures.indicators import Thresholds
from cot.models import Category
from cot.pages import charts, charts_pages, crowd_map, map_strips, seams
from cot.pages.blocks import moved, number, side
from cot.pages.crowd_map import Role
from cot.pages.market_page import MarketPage, MarketQuery
from cot.pages.views_market import head, page_of_market
from cot.parameters import AS_OF
from cot.selectors import history
from cot.selectors.history import History
from cot.selectors.names import with_ticker
from cot.selectors.thresholds import thresholds
from cot.variants import Group, Subtype

VIEWS: Final[dict[str, Words]] = {
    "bubbles": _("Bubbles"),
    "positions": _("Positions"),
    "indicators": _("Indicators"),
}
METRICS: Final[dict[str, Words]] = {
    "3m": _("Index 13"),
    "1y": _("Index 52"),
    "3y": _("Index 156"),
    "wci": _("WCI 26"),
}
RANGES: Final = {name: words.RANGES[name] for name in ("6M", "1Y", "2Y", "3Y", "all")}
UNIVERSES: Final[dict[str, Words]] = {"core": _("Core"), "all": _("All")}
CROWDED_FROM: Final = 80  # and below 20: the outer fields of the map


@dataclass(frozen=True)
class ChartQuery(Query):
    """Which chart, of which groups."""

    view: str = declared(OneOf(VIEWS, default="bubbles", control="links"))
    metric: str = declared(OneOf(METRICS, default="1y", control="links"))
    group: tuple[str, ...] = declared(Texts())


@dataclass(frozen=True)
class MapQuery(Query):
    """Which markets are on the map, and whose positions in them."""

    universe: str = declared(OneOf(UNIVERSES, default="core", label=_("Universe"), control="links"))
    role: Role = declared(
        OneOf(
            {role: label for role, (label, _title) in words.MAP_ROLES.items()},
            titles={role: title for role, (_label, title) in words.MAP_ROLES.items()},
            default="speculators",
            label=_("Whose positions"),
            control="links",
        )
    )
    basis: Subtype = declared(
        OneOf(words.SHORT_BASES, default="fo", label=_("Basis"), control="links")
    )
    category: str = declared(OneOf(dict(Category.choices), control="address"))
    as_of: datetime | None = declared(AS_OF)


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn of a market."""

    view: str
    metric: str
    groups: Sequence[Group]
    weeks: int | None


@page_of_market
def market_charts(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """One large chart: bubbles, positions or indicators of the chosen groups."""
    asked = ChartQuery.of(request.GET)
    every = page.variant.report.groups
    wanted = {one_of("group", key, [group.key for group in every]) for key in asked.group}
    chosen = [group for group in every if group.key in wanted]
    chart = Chart(asked.view, asked.metric, chosen or [page.group], page.weeks)
    context = head(request, page) | {
        "asked": chart,
        "views": VIEWS,
        "metrics": METRICS,
        "ranges": RANGES,
    }
    if not page.is_stored:
        return render(request, "cot/not_stored.html", context, status=404)
    found = history.of_market(page.variant, page.market.code, as_of=page.as_of)
    context |= {"weeks": len(found), "why": words.NULL_REASONS["no_price"]}
    context |= _drawn(found, chart) if len(found) else {}
    return render(request, "cot/charts.html", context)


def _drawn(found: History, chart: Chart) -> dict[str, Any]:
    """The figure with its marks, and in words what it says and what the marks are."""
    shown = [str(day) for day in found.dates[-(chart.weeks or len(found)) :].tolist()]
    figure, told = _figure(found, chart, shown, thresholds())
    figure, notes = seams.explained(figure, found.line.seams, shown)
    notes = [*filter(None, [seams.empty_weeks(shown)]), *notes]
    newest = date.fromisoformat(shown[-1])
    report = gettext("Report of %(day)s: %(what)s.") % {"day": short_day(newest), "what": told}
    return {"figure": figure, "summary": " ".join([report, *notes]), "newest": newest}


def _figure(
    found: History, chart: Chart, days: Sequence[str], thresholds: Thresholds
) -> tuple[Figure, str]:
    """The figure, and what it says of the newest week."""
    cells = columns.weekly(found.line, thresholds)

    def column(name: str) -> list[Any]:
        return list(cells[name].tolist())[-len(days) :]

    def of_groups(pattern: str) -> list[tuple[str, str, list[Any]]]:
        return [
            (group.key, gettext(group.name), column(pattern.format(k=group.key)))
            for group in chart.groups
        ]

    if chart.view == "bubbles":
        net, long, short = (
            _added([column(f"{group.key}_{what}") for group in chart.groups]) for what in _SUMMED
        )
        change = _added([column(f"{group.key}_change") for group in chart.groups])
        return charts_pages.bubbles(days, net, long, short), f"{side(net[-1])}, {moved(change[-1])}"
    if chart.view == "positions":
        lines = of_groups("{k}_net")
        keys, spec = [group.key for group in chart.groups], registry.spec_group(found.variant.type)
        return charts.net_positions(
            days, lines, spec if spec in keys else keys[0]
        ), _said_of_newest(lines, side)
    scores = of_groups("wci_{k}" if chart.metric == "wci" else f"cot_index_{{k}}_{chart.metric}")
    figure = charts_pages.indicators(days, scores, (thresholds.buy, thresholds.sell))
    return figure, _said_of_newest(scores, lambda value: number(value, 1))


def _said_of_newest(
    lines: Sequence[tuple[str, str, Sequence[Any]]], said: Callable[[Any], str]
) -> str:
    """The newest value of every line, with the line's name before it."""
    return "; ".join(f"{name} {said(values[-1])}" for _key, name, values in lines)


_SUMMED: Final = ("net", "change_long", "change_short")


def _added(columns: Sequence[Sequence[int | None]]) -> list[int | None]:
    """The chosen groups together; unknown where one of them is."""
    return [
        None if None in row else sum(value or 0 for value in row)
        for row in zip(*columns, strict=True)
    ]


@module_required("cot")
@require_safe
@kept
@explains_refusals
def market_map(request: HttpRequest) -> HttpResponse:
    """Every market of the universe: how crowded, and which way it is going."""
    asked = MapQuery.of(request.GET)
    points = crowd_map.points(asked.basis, asked.universe, asked.category, asked.role, asked.as_of)
    told = MarketQuery(
        basis="" if asked.basis == "fo" else asked.basis, as_of=asked.as_of
    ).written()
    onward, address = f"?{told}" if told else "", Address(request.GET, asked.defaults())
    context = {
        "as_of": asked.as_of,
        "as_of_back": address.to(as_of=None),
        "points": points,
        "figure": charts_pages.crowd_map(
            [
                (
                    point.code,
                    with_ticker(point.code, point.name),
                    point.index,
                    point.change,
                    point.share,
                    point.group,
                )
                for point in points
            ],
            reverse("cot:board"),
            onward,
        ),
        "strips": map_strips.strips(points),
        "onward": onward,
        "high": sum(point.index >= CROWDED_FROM for point in points),
        "low": sum(point.index <= 100 - CROWDED_FROM for point in points),
        "asked": asked,
        "choices": tables.choices(asked, address),
        "whose": words.MAP_ROLES[asked.role][0],
        "basis": words.SHORT_BASES[asked.basis],
        "categories": Category.choices,
    }
    return render(request, "cot/map.html", context)
