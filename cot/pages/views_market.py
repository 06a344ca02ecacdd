"""The pages of one market: blocks, report table, charts. What they show is computed once per data version."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from functools import wraps
from typing import Any, Final, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import module_required
from core.caching import cached
from core.exports import SpreadsheetText, csv_file
from core.pages.blocks import Block
from core.pages.figures import as_json
from core.pages.refusals import explains_refusals
from core.query import OneOf, Query, Text, Whole, declared
from core.templatetags.numbers import NEW_YORK, new_york
from cot import lifetimes
from cot.errors import UnknownMarket
from cot.kept import kept_market
from cot.measures.indicators import YEAR
from cot.pages import (
    holders,
    market_blocks,
    market_page,
    not_loaded,
    seams,
    standings,
    table_columns,
    table_page,
)
from cot.pages.blocks import numbers, reports
from cot.pages.market_page import MarketPage
from cot.pages.neighbours import neighbours
from cot.pages.table_columns import TableSpan
from cot.pages.table_page import Table
from cot.selectors import history, watchlist
from cot.selectors.exports import described
from cot.selectors.market import meant
from cot.selectors.thresholds import thresholds

ROWS: Final = 13  # weeks of a block's numbers that the page carries; all of them are a link away
# what a link carries over: to another page of the market, to another market
KEPT: Final = ("report", "basis", "board", "as_of")
TURNED: Final = ("range", "lookback", "others", "board", "as_of")


@dataclass(frozen=True)
class TableQuery(Query):
    """Which columns of which groups; `skip` is how many weeks behind the newest the page starts."""

    columns: str = declared(OneOf(table_columns.PRESETS, default="basic", control="links"))
    group: str = declared(Text(control="links"))
    skip: int = declared(Whole(most=99_999, control="links"))


View = Callable[[HttpRequest, MarketPage], HttpResponse]


def page_of_market(view: View) -> Callable[..., HttpResponseBase]:
    """A page of the market in its path: a code typed otherwise is led to it, an unknown one to the search."""

    @wraps(view)
    def page(request: HttpRequest, code: str) -> HttpResponse:
        if (written := meant(code)) and written != code:
            return _led_to(request, written)
        try:
            chosen = market_page.open_market(code, request.GET)
            return view(request, chosen)
        except UnknownMarket as missing:
            context = {"message": str(missing), "search_filled": code, "status": 404}
            return render(request, "errors/404.html", context, status=404)

    return require_safe(module_required("cot")(kept_market(explains_refusals(page))))


def _led_to(request: HttpRequest, code: str) -> HttpResponseRedirect:
    match = request.resolver_match
    assert match is not None
    address = reverse(match.view_name, args=[code])
    query = request.META.get("QUERY_STRING", "")
    # not for ever: which of two codes is meant depends on the markets there are
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


def head(request: HttpRequest, page: MarketPage) -> dict[str, Any]:
    """What the head of every page of a market shows."""
    user = cast("User", request.user)
    before, after = neighbours(page.market.code, page.board, user)
    match = request.resolver_match
    assert match is not None
    back = request.GET.copy()
    back.pop("as_of", None)
    return {
        "page": page,
        "market": page.market,
        "former_names": market_page.kept_former_names(page.market),
        "watched": page.market.code in watchlist.codes(user),
        "before": before,
        "after": after,
        "as_of": page.as_of,
        "known_on": page.as_of.astimezone(NEW_YORK).date().isoformat() if page.as_of else "",
        "as_of_back": f"?{back.urlencode()}",
        "bands": not_loaded.of_market(page.variant, page.market, page.as_of),
        "carried": [(name, value) for name, values in back.lists() for value in values],
        "address": request.build_absolute_uri(),
        "here": match.view_name,
        "kept": _only(request.GET, KEPT),
        "turned": _only(request.GET, TURNED),
    }


def _only(query: QueryDict, names: Collection[str]) -> str:
    """The part of an address that says these; empty where it says none."""
    said = query.copy()
    for name in [name for name in said if name not in names]:
        del said[name]
    return f"?{said.urlencode()}" if said else ""


def computed(page: MarketPage, name: str, *more: object, compute: Callable[[], Any]) -> Any:
    """A part of the page, kept under the data version in the language of the reader."""
    key = (name, get_language(), *page.key, *more)
    return cached(
        key,
        depends_on=("cot",),
        seconds=lifetimes.of(page.as_of, lifetimes.MARKET),
        compute=compute,
    )


@page_of_market
def market(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """The blocks of a market: who holds what, how that compares, what changed."""
    context = head(request, page)
    if not page.is_stored:
        return render(request, "cot/not_stored.html", context, status=404)
    context["parts"] = computed(page, "market", compute=lambda: _market_parts(page))
    return render(request, "cot/market.html", context)


def _market_parts(page: MarketPage) -> dict[str, str]:
    """What is computed of the page, by its place; nothing where nothing was known of the market."""
    given = market_blocks.given_for(page, thresholds())
    if given is None:
        return {}
    key, main = given.board.key, market_blocks.figure(given)
    context = {
        "page": page,
        "board": given.board,
        "key": key,
        "before": key.rank_1y_prev if given.board.lookback == YEAR else None,
        "pct": given.of("pct_net_oi")[-1],
        "record": given.board.record and holders.recorded(given.board.record),
        "behind": standings.standing_numbers(
            net=key.net.value,
            change=key.net.change,
            change_pct=key.net.change_pct,
            rank=key.rank_1y,
            z=key.z_1y,
            weeks=key.weeks_at_extreme,
        ),
        "window": reports(key.n, given.board.lookback, key.first, key.last),
        "newest": given.history.stamps[-1],
        "query": page.query(),
        "block": main,
        "table": numbers(given, main, ROWS),
        "also": " ".join(filter(None, [str(main.note), seams.empty_weeks(given.days)])),
        "holders": holders.holders(given),
        "stacks": [
            [(block, numbers(given, block, ROWS)) for block in stack]
            for stack in market_blocks.evidence(given)
        ],
    }
    drawn = {
        name: render_to_string(f"cot/market/_{name}.html", context)
        for name in ("figures", "figure", "holders", "evidence")
    }
    released = new_york(given.history.stamps[-1].release_at)
    return drawn | {"headline": holders.told(given), "released": released}


@page_of_market
def figures(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """The figures of a market's blocks by their keys, for whoever wants more of one than its picture."""
    if not page.is_stored:
        raise Http404
    text = computed(page, "figures", compute=lambda: _figures(page))
    return HttpResponse(text, content_type="application/json")


def _figures(page: MarketPage) -> str:
    given = market_blocks.given_for(page, thresholds())
    does, against = market_blocks.evidence(given) if given else ([], [])
    every = [market_blocks.figure(given), *does, *against] if given else []
    return as_json({block.key: block.figure for block in every if block.figure})


@page_of_market
def block(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """All numbers of one block: as a page, or as CSV."""
    assert request.resolver_match is not None
    given = market_blocks.given_for(page, thresholds()) if page.is_stored else None
    found = (
        [block for block in market_blocks.blocks(given) if block.key == request.GET.get("block")]
        if given
        else []
    )
    if given is None or not found:
        raise Http404
    if request.GET.get("format") == "csv":
        return _csv(page, found[0])
    context = head(request, page) | {"shown": found[0], "table": numbers(given, found[0])}
    return render(request, "cot/block.html", context)


def _csv(page: MarketPage, found: Block) -> HttpResponse:
    """The numbers of a block behind what they are of, oldest first, undefined left empty."""
    about = described(page.market, page.variant.report) | {
        "code": SpreadsheetText(page.market.code)
    }
    head = [found.head or "report_date", *(each.name or each.label for each in found.series)]
    rows = [
        (*about.values(), row, *(series.values[place] for series in found.series))
        for place, row in enumerate(found.rows)
    ]
    return csv_file([*about, *head], rows, f"{page.market.code}-{page.variant.key}-{found.key}")


@page_of_market
def table(request: HttpRequest, page: MarketPage) -> HttpResponse:
    """Every week and group of one report."""
    asked = TableQuery.of(request.GET)
    every = page.variant.report.groups
    groups = tuple(group for group in every if asked.group in ("", group.key))
    spans = table_columns.spans(page.variant.report, asked.columns, groups)
    context = head(request, page) | {
        "spans": spans,
        "preset": asked.columns,
        "presets": table_columns.PRESETS,
        "only": asked.group,
        "first": asked.skip,
        "formats": _formats(page),
        "columns": sum(len(span.columns) for span in spans) + 1,
        "speculators": page.market.spec_group
        if page.variant.type == page.market.primary_report
        else "",
    }
    if not page.is_stored:
        return render(request, "cot/not_stored.html", context, status=404)
    context["table"] = computed(
        page, "report-table", asked, compute=lambda: asdict(_table_body(page, spans, asked.skip))
    )
    context["caption"] = _caption(page, context["table"]["span"])
    template = "cot/table/_rows.html" if request.headers.get("HX-Request") else "cot/table.html"
    return render(request, template, context)


def _caption(page: MarketPage, shown: str) -> str:
    return _("%(table)s, %(span)s, newest week first") % {"table": page.described, "span": shown}


def _formats(page: MarketPage) -> list[dict[str, str]]:
    """Links to the export of all weeks."""
    try:
        address = reverse("api-cot-export", args=[page.variant.type, page.variant.subtype])
    except NoReverseMatch:
        return []
    query = {"codes": page.market.code, "fields": "full"} | (
        {"as_of": page.as_of.isoformat()} if page.as_of else {}
    )
    return [
        {"label": label, "href": f"{address}?{urlencode(query | {'format': name} | more)}"}
        for name, label, more in (
            ("csv", "CSV", {"spreadsheet": "true"}),
            ("parquet", "Parquet", {}),
            ("json", "JSON", {}),
        )
    ]


def _table_body(page: MarketPage, spans: list[TableSpan], first: int) -> Table:
    loaded = history.of_market(page.variant, page.market.code, as_of=page.as_of)
    return table_page.build(
        loaded, spans, thresholds(), page.as_of, min(first, max(len(loaded) - 1, 0))
    )
