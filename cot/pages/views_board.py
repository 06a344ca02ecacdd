"""The board, and the star of a market, which every page of the module may show."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.permissions import module_required
from core.exports import csv_file
from core.pages.addresses import came_from
from core.pages.refusals import explains_refusals
from cot.hints import hint_for
from cot.kept import kept_board
from cot.pages import board_page, not_loaded
from cot.selectors import watchlist


@require_safe
@module_required("cot")
@kept_board
@explains_refusals
def board(request: HttpRequest) -> HttpResponse:
    """Every market of a report in one table; the address says which and how."""
    user = request.user
    assert isinstance(user, User)
    page = board_page.page(request.GET, user)
    context = {
        "board": page,
        "bands": not_loaded.of_board(page.variants, page.asked.as_of),
        "has_report_line": True,
        "as_of": page.asked.as_of,
        "address": request.build_absolute_uri(request.path + page.address.to()),
        "as_of_back": page.address.to(as_of=None),
        "hint": hint_for(request, page.shown.watched),
    }
    response = render(request, "cot/board.html", context)
    if request.headers.get("HX-Request"):
        response["HX-Push-Url"] = (
            request.path + page.address.to()
        )  # without the empty fields of the form
    return response


@require_safe
@module_required("cot")
@kept_board
@explains_refusals
def board_csv(request: HttpRequest) -> HttpResponse:
    """The markets and columns of the board at the same address, undefined left empty."""
    user = request.user
    assert isinstance(user, User)
    head, *rows = board_page.table(request.GET, user)
    return csv_file(head, rows, "board")


@require_POST
@module_required("cot", personal=True)
def watch(request: HttpRequest) -> HttpResponse:
    """Put the market `add` on the person's list, or take `remove` off it; back to the page, or 204 for a script."""
    user = request.user
    assert isinstance(user, User)
    if code := request.POST.get("add"):
        watchlist.watch(user=user, code=code)
    if code := request.POST.get("remove"):
        watchlist.unwatch(user=user, code=code)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return HttpResponseRedirect(came_from(request))
