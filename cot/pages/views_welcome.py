"""The first steps of a new person: pick markets, and put away what was said once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.permissions import module_required
from core.pages.addresses import came_from
from cot import hints
from cot.pages import welcome
from cot.selectors import watchlist


@require_http_methods(["GET", "HEAD", "POST"])
@module_required("cot", personal=True)
def start(request: HttpRequest) -> HttpResponse:
    """The majors to choose from, all chosen or with ?none none; those that are sent go to the end of the own list."""
    user = request.user
    assert isinstance(user, User)
    if request.method != "POST":
        return render(
            request,
            "cot/start.html",
            {"choices": welcome.choices(), "chosen": "none" not in request.GET},
        )
    watchlist.watch_all(user=user, codes=request.POST.getlist("market"))
    return redirect("cot:board")


@require_POST
@login_required
def dismiss(request: HttpRequest) -> HttpResponse:
    """Never show that hint again in this browser."""
    hint = request.POST.get("hint")
    if hint not in hints.HINTS:
        return HttpResponseBadRequest()
    response = HttpResponseRedirect(came_from(request))
    hints.dismiss(request, response, hint)
    return response
