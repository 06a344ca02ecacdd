"""The guide: open to everybody, signed in or not."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cot import guide
from cot.kept import kept
from cot.pages.guide_examples import live_examples
from cot.selectors.thresholds import thresholds
from cot.variants import REPORTS

LONGEST: Final = 60


@require_safe
@kept
def guide_page(request: HttpRequest) -> HttpResponse:
    """The doors, then what the reference holds; with words the definitions that hold them."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    if not words:
        return render(request, "cot/guide.html", _shell())
    sections = [
        (section, guide.definitions(section.definitions, words)) for section in guide.SECTIONS
    ]
    found = [(section, entries) for section, entries in sections if entries]
    return render(request, "cot/guide/found.html", _shell() | {"words": words, "found": found})


@require_safe
@kept
def section(request: HttpRequest, key: str) -> HttpResponse:
    """One door or section: its text, then its definitions."""
    shown = guide.section_of(key)
    if shown is None:
        raise Http404
    every = [*guide.DOORS, *guide.SECTIONS]
    place = every.index(shown)
    context = {
        "section": shown,
        "entries": guide.definitions(shown.definitions),
        "before": every[place - 1] if place else None,
        "after": next(iter(every[place + 1 :]), None),
        "reports": REPORTS.values(),
        "buy": settings.COT_CROWDED_BUY,
        "sell": settings.COT_CROWDED_SELL,
    }
    return render(request, "cot/guide/section.html", _shell() | context)


def _shell() -> dict[str, Any]:
    """The tree at the left, and the numbers of today."""
    return {
        "doors": guide.DOORS,
        "sections": guide.SECTIONS,
        "example": live_examples(thresholds()),
    }
