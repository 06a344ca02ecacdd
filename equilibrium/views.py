"""The pages that belong to no app: the landing page, the search over all modules, the choice of look."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from core import modules
from core.appearance import PALETTES, THEMES
from core.caching import at_most
from core.pages.addresses import came_from
from cot import lifetimes
from cot.pages import public

YEAR: Final = 365 * 24 * 3600
LONGEST_WORDS: Final = 80


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What the product is, for a stranger; the board, for somebody signed in."""
    if not request.user.is_authenticated:
        with at_most(lifetimes.FEED, "cot"):
            strip = public.strip() if settings.PUBLIC_BOARD else []
            return render(request, "landing.html", {"strip": strip})
    opened = modules.openable(request.user.modules)
    return redirect(opened[0].home.route if opened else "accounts:profile")


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Suggestions of every module the person may open; asked without them, the best hit, or a page that lists them."""
    assert isinstance(request.user, User)
    words = request.GET.get("q", "")[:LONGEST_WORDS]
    found = [module.found(words) for module in modules.openable(request.user.modules)]
    if request.headers.get("HX-Request"):
        groups = [group for each in found for group in each.groups]
        return render(request, "components/search_hits.html", {"groups": groups})
    # The first module in the header wins: its order is that of INSTALLED_APPS.
    best = [each.best for each in found if each.best]
    pages = [each.page for each in found if each.page]
    return redirect(next(iter(best + pages), "landing"))


@require_POST
def appearance(request: HttpRequest) -> HttpResponseRedirect:
    """Keep the chosen theme or colour pair in a cookie for a year; an unknown choice changes nothing."""
    response = HttpResponseRedirect(came_from(request))
    for name, known in (("theme", THEMES), ("palette", PALETTES)):
        if (value := request.POST.get(name, "")) in known:
            response.set_cookie(
                name, value, max_age=YEAR, samesite="Lax", secure=request.is_secure()
            )
    return response
