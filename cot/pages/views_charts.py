"""The charts of one market, and the map of all (cot §13)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.permissions import module_required
from core.pages.figures import Figure
from core.pages.refusals import explains_refusals
from core.templatetags.numbers import short_day
from cot import parameters, words
from cot.catalogue import registry
from cot.kept import kept
from cot.measures import indicators
from cot.measures.indicators import Thresholds
from cot.models import Category
from cot.pages import charts, charts_pages, crowd_map, seams
from cot.pages.blocks import moved, number, side
from cot.pages.crowd_map import Role
from cot.pages.market_page import MarketPage
from cot.pages.views_market import head, of_market
from cot.selectors import history, screener
from cot.selectors.history import History
from cot.variants import SUBTYPE_NAMES, Group
from cot.words import Words

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
UNIVERSES: Final = ("core", "all")
CROWDED_FROM: Final = 80  # and below 20: the outer fields of the map


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a chart page chose."""

    view: str
    metric: str
    groups: Sequence[Group]
    weeks: int | None


@of_market
def market_charts(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """One large chart: bubbles, positions or indicators of the chosen groups."""
    view = parameters.choice(request.GET, "view", VIEWS, "bubbles")
    metric = parameters.choice(request.GET, "metric", METRICS, "1y")
    chosen = [group for group in page.variant.report.groups if group.key in request.GET.getlist("group")]
    asked = Asked(view, metric, chosen or [page.group], page.weeks)
    context = head(request, page) | {"asked": asked, "views": VIEWS, "metrics": METRICS, "ranges": RANGES}
    if not page.is_stored:
        return render(request, "cot/not_stored.html", context, status=404)
    found = history.load(page.variant, page.market.code, as_of=page.as_of)
    context |= {"weeks": len(found), "why": words.NULL_REASONS["no_price"]}
    context |= _drawn(found, asked) if len(found) else {}
    return render(request, "cot/charts.html", context)


def _drawn(found: History, asked: Asked) -> dict[str, Any]:
    """The figure with its marks, and in words what it says and what the marks are."""
    shown = [str(day) for day in found.dates[-(asked.weeks or len(found)) :].tolist()]
    figure, told = _figure(found, asked, shown, screener.thresholds())
    figure, notes = seams.explained(figure, found.line.seams, shown)
    newest = date.fromisoformat(shown[-1])
    report = gettext("Report of %(day)s: %(what)s.") % {"day": short_day(newest), "what": told}
    return {"figure": figure, "summary": " ".join([report, *notes]), "newest": newest}


def _figure(found: History, asked: Asked, days: Sequence[str], thresholds: Thresholds) -> tuple[Figure, str]:
    """The figure, and what it says of the newest week (cot §13.7)."""
    cells = indicators.weekly(found.line, thresholds)

    def column(name: str) -> list[Any]:
        return list(cells[name].tolist())[-len(days) :]

    def of_groups(pattern: str) -> list[tuple[str, str, list[Any]]]:
        return [(group.key, gettext(group.name), column(pattern.format(k=group.key))) for group in asked.groups]

    if asked.view == "bubbles":
        net, long, short = (_added([column(f"{group.key}_{what}") for group in asked.groups]) for what in _SUMMED)
        change = _added([column(f"{group.key}_change") for group in asked.groups])
        return charts_pages.bubbles(days, net, long, short), f"{side(net[-1])}, {moved(change[-1])}"
    if asked.view == "positions":
        lines = of_groups("{k}_net")
        keys, spec = [group.key for group in asked.groups], registry.spec_group(found.variant.type)
        return charts.net_positions(days, lines, spec if spec in keys else keys[0]), _newest(lines, side)
    scores = of_groups("wci_{k}" if asked.metric == "wci" else f"cot_index_{{k}}_{asked.metric}")
    figure = charts_pages.indicators(days, scores, (thresholds.buy, thresholds.sell))
    return figure, _newest(scores, lambda value: number(value, 1))


def _newest(lines: Sequence[tuple[str, str, Sequence[Any]]], said: Callable[[Any], str]) -> str:
    """The newest value of every line, with the line's name before it."""
    return "; ".join(f"{name} {said(values[-1])}" for _key, name, values in lines)


_SUMMED: Final = ("net", "change_long", "change_short")


def _added(columns: Sequence[Sequence[int | None]]) -> list[int | None]:
    """The chosen groups together; unknown where one of them is."""
    return [None if None in row else sum(value or 0 for value in row) for row in zip(*columns, strict=True)]


@module_required("cot")
@require_safe
@kept
@explains_refusals
def market_map(request: HttpRequest) -> HttpResponse:
    """Every market of the universe: how crowded, and which way it is going."""
    universe = parameters.choice(request.GET, "universe", UNIVERSES, "core")
    basis = parameters.choice(request.GET, "basis", SUBTYPE_NAMES, "fo")
    category = parameters.choice(request.GET, "category", Category.values, "")
    role = cast("Role", parameters.choice(request.GET, "role", crowd_map.ROLES, "speculators"))
    as_of = parameters.knowledge_instant(request.GET)
    points = crowd_map.points(basis, universe, category, role, as_of)
    told = ({"basis": basis} if basis != "fo" else {}) | ({"as_of": as_of.isoformat()} if as_of else {})
    onward = f"?{urlencode(told)}" if told else ""
    now = request.GET.copy()
    now.pop("as_of", None)
    context = {
        "as_of": as_of,
        "as_of_back": f"?{now.urlencode()}",
        "points": points,
        "figure": charts_pages.crowd_map(
            [(point.code, point.name, point.index, point.change, point.share, point.group) for point in points],
            reverse("cot:board"),
            onward,
        ),
        "onward": onward,
        "high": sum(point.index >= CROWDED_FROM for point in points),
        "low": sum(point.index <= 100 - CROWDED_FROM for point in points),
        "role": role,
        "roles": words.MAP_ROLES,
        "universe": universe,
        "basis": basis,
        "category": category,
        "categories": Category.choices,
        "bases": words.SHORT_BASES,
    }
    return render(request, "cot/map.html", context)
