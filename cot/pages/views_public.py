"""The page of the newest report for everybody, signed in or not."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from core.caching import at_most
from cot import lifetimes
from cot.pages import board_page, not_loaded


@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """The majors of the newest report, read-only; where that is not public, the board behind the sign-in."""
    if not settings.PUBLIC_BOARD:
        return redirect("cot:board")
    with at_most(lifetimes.FEED, "cot"):
        board = board_page.for_everybody()
        bands = not_loaded.of_scores(board.variants)
        context = {
            "board": board,
            "bands": bands,
            "address": request.build_absolute_uri(request.path),
        }
        return render(request, "cot/week_for_everybody.html", context)
