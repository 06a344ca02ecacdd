"""The pages that belong to no app: the landing page and the choice of look."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.appearance import PALETTES, THEMES
from core.pages.addresses import came_from

YEAR = 365 * 24 * 3600


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What the product is, for a stranger; the board, for somebody signed in."""
    if request.user.is_authenticated:
        return redirect("cot:board")
    return render(request, "landing.html")


@require_POST
def appearance(request: HttpRequest) -> HttpResponseRedirect:
    """Keep the chosen theme or colour pair in a cookie for a year; an unknown choice changes nothing."""
    response = HttpResponseRedirect(came_from(request))
    for name, known in (("theme", THEMES), ("palette", PALETTES)):
        if (value := request.POST.get(name, "")) in known:
            response.set_cookie(name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response
