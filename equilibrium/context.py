"""What every page's shell needs to know, whoever looks."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from core import modules
from core.appearance import PALETTES, THEMES, Appearance


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the product, the modules and the state of their data, the chosen look, and what can be chosen.

    `opened` are the modules of the person who looks. `feeds` are those of all modules by key, the same on every page;
    nothing is read before a template asks.
    """
    return {
        "app_name": settings.APP_NAME,
        "opened": SimpleLazyObject(lambda: modules.openable(rights_of(request))),
        "shown_pages": SimpleLazyObject(lambda: shown_pages(request)),
        # lazy, because the error page of a broken database must not ask the database
        "feeds": SimpleLazyObject(lambda: modules.feeds(timezone.now())),
        "seen_feeds": SimpleLazyObject(lambda: seen_feeds(request)),
        "appearance": Appearance.of(request),
        "themes": THEMES,
        "palettes": PALETTES,
        "languages": settings.LANGUAGES,
    }


def rights_of(request: HttpRequest) -> Collection[str]:
    """The modules of the person who looks; none for a stranger, nor where the request broke before anyone was asked."""
    rights: Collection[str] = getattr(getattr(request, "user", None), "modules", ())
    return rights


def seen_feeds(request: HttpRequest) -> Collection[str]:
    """Of which modules a person reads how old the data is: those they may open; a stranger, of all there are."""
    user = getattr(request, "user", None)
    is_known = user is not None and user.is_authenticated
    return rights_of(request) if is_known else [each.key for each in modules.registered()]


def shown_pages(request: HttpRequest) -> list[modules.Page]:
    """The pages of the footer: those of the person's modules, and what needs no right."""
    rights = rights_of(request)
    return [
        page
        for each in modules.registered()
        for page in each.pages
        if page.public or each.key in rights
    ]
