"""Several markets in one chart, and the figure behind it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import module_required
from core.pages import tables
from core.pages.addresses import Address
from core.pages.figures import as_json
from core.pages.refusals import explains_refusals
from cot.kept import kept
from cot.pages import welcome
from cot.pages.compare import MOST, CompareQuery, compared


@require_safe
@module_required("cot")
@kept
@explains_refusals
def compare(request: HttpRequest) -> HttpResponse:
    """Up to six markets on one axis; the address names them."""
    asked = CompareQuery.of(request.GET)
    found, address = compared(asked), Address(request.GET, asked.defaults())
    codes = [market.code for market in found.markets]
    context = {
        "shown": found,
        "markets": [
            (market, address.to(codes=[code for code in codes if code != market.code]))
            for market in found.markets
        ],
        "choices": tables.choices(asked, address),
        "kept": [(name, value) for name, values in request.GET.lists() for value in values],
        "more": welcome.choices() if len(codes) < MOST else (),
        "query": request.GET.urlencode(),
        "as_of": asked.as_of,
        "as_of_back": address.to(as_of=None),
    }
    return render(request, "cot/compare.html", context)


@require_safe
@module_required("cot")
@kept
@explains_refusals
def figures(request: HttpRequest) -> HttpResponse:
    """The figure of the same address, for whoever wants more of it than its picture."""
    block = compared(CompareQuery.of(request.GET)).block
    if block is None:
        raise Http404
    return HttpResponse(as_json({block.key: block.figure}), content_type="application/json")
