"""The guide: open to everybody, signed in or not."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cot.kept import kept
from cot.pages import guide
from cot.selectors.thresholds import thresholds
from cot.variants import REPORTS

LONGEST: Final = 60


@require_safe
@kept
def guide_page(request: HttpRequest) -> HttpResponse:
    """All sections on one page with anchors; with words only the definitions that hold them."""
    words = request.GET.get("q", "").strip()[:LONGEST]
    sections = [
        (section, guide.definitions(section.definitions, words)) for section in guide.SECTIONS
    ]
    context = {
        "sections": [(section, found) for section, found in sections if found or not words],
        "words": words,
        "example": guide.live_examples(thresholds()),
        "reports": REPORTS.values(),
        "buy": settings.COT_CROWDED_BUY,
        "sell": settings.COT_CROWDED_SELL,
    }
    return render(request, "cot/guide.html", context)
