"""Markets in the search of every page's header."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.modules import Found
from core.modules import Hit as Suggestion
from core.templatetags.numbers import day
from cot.selectors.search import Hit, by_category, matching


def search(words: str) -> Found:
    """Markets by category; meant is the very code, or the only market found. The board lists them all."""
    hits = matching(words)
    only = len(hits) == 1 or bool(hits and hits[0].code.lower() == words.strip().lower())
    return Found(
        groups=[
            (category, [suggestion(hit) for hit in members])
            for category, members in by_category(hits)
        ],
        # all markets: what somebody looks for may lie outside of the board's usual universe
        page=f"{reverse('cot:board')}?{urlencode({'q': words, 'universe': 'all'})}",
        meant=address(hits[0]) if only else "",
    )


def suggestion(hit: Hit) -> Suggestion:
    """The exchange stands beside the name, or until when the market was reported."""
    note = _("until %(day)s") % {"day": day(hit.last)} if hit.last else hit.exchange_code
    return Suggestion(address(hit), hit.code, hit.name, note)


def address(hit: Hit) -> str:
    return reverse("cot:market", args=[hit.code])
