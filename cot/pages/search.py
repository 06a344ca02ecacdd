"""Markets in the search of every page's header."""

from __future__ import annotations

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.modules import Found
from core.modules import Hit as Suggestion
from core.templatetags.numbers import day
from cot.catalogue.aliases import elsewhere
from cot.catalogue.names import ticker
from cot.selectors.names import plain_name, printed
from cot.selectors.search import Hit, alike, by_category, matching, near

Instead = tuple[str, list[Suggestion]]


def search(words: str) -> Found:
    """Markets by category; the best one is where Enter leads, before any suggestion shows. The board lists them all.

    Of something the CFTC does not report the markets near to it are shown, of a misspelled word those it is like, under
    words that say so; none is the best.
    """
    hits = matching(words)
    page = f"{reverse('cot:board')}?{urlencode({'q': words, 'universe': 'all'})}"
    if not hits and (instead := instead_of(words) or like(words)):
        return Found(groups=[instead], page=page)
    return Found(
        groups=[
            (category, [suggestion(hit) for hit in members])
            for category, members in by_category(hits)
        ],
        # all markets: what somebody looks for may lie outside of the board's usual universe
        page=page,
        best=address(hits[0]) if hits else "",
    )


def instead_of(words: str) -> Instead | None:
    """That the CFTC does not report what is asked for, and the markets near to it; None of words nobody knows."""
    if (missing := elsewhere(words)) is None:
        return None
    hits = [suggestion(hit) for hit in near(missing)]
    told = (
        _("The CFTC reports no market of %(name)s. Near to it:")
        if hits
        else _("The CFTC reports no market of %(name)s.")
    )
    return told % {"name": missing.name}, hits


def like(words: str) -> Instead | None:
    """Markets whose names are spelled almost like that; None where there is none."""
    hits = [suggestion(hit) for hit in alike(words)]
    return (_("Nothing by these words. Spelled almost like them:"), hits) if hits else None


def suggestion(hit: Hit) -> Suggestion:
    """Ticker and plain name first, the CFTC's name and code below; beside it the exchange, or until when reported."""
    note = _("until %(day)s") % {"day": day(hit.last)} if hit.last else hit.exchange_code
    code, name = hit.code, hit.name
    return Suggestion(
        address(hit), ticker(code) or code, plain_name(code, name), note, printed(code, name)
    )


def address(hit: Hit) -> str:
    return reverse("cot:market", args=[hit.code])
