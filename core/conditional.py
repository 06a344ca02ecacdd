"""304 instead of an answer the client holds already.

The tag is made of everything the answer depends on, before anything is computed: data version, address, language,
person, look. What is forgotten in it shows as an old page, so whatever a page newly depends on goes into its tag.

An app makes its decorators of functions: what all its answers depend on (None: there is nothing yet to be kept), and
what one page shows besides.

    kept = kept_page(depends_on)
    kept_list = kept_page(depends_on, own_list)
    versioned = method_decorator(kept_answer(depends_on))
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import quote_etag
from django.utils.translation import get_language
from django.views.decorators.http import condition

from core import modules, program, versions
from core.appearance import Appearance

View = Callable[..., HttpResponseBase]


def etag(*parts: object) -> str:
    """A tag that changes with any of the parts, and with every deployment."""
    return quote_etag(hashlib.sha256(repr((program.stamp(), *parts)).encode()).hexdigest()[:32])


def unless_unchanged(tag: Callable[..., str | None]) -> Callable[[View], View]:
    """The view runs only when `tag`, called like the view, differs from what the client holds; None says always run.

    Within one answer every data version is read once: tag and content speak of the same data.
    """

    def decorate(view: View) -> View:
        answer = condition(etag_func=tag)(view)

        @wraps(view)
        def guard(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with versions.held():
                response: HttpResponseBase = answer(request, *args, **kwargs)
            if response.status_code == 304:
                # The page in the browser keeps the policy it came with: a new one would not know the nonce in it.
                response._csp_exempt = True  # type: ignore[attr-defined]
            patch_cache_control(response, private=True, no_cache=True)
            # htmx may get a part of the page at the same address
            patch_vary_headers(response, ["HX-Request"])
            return response

        return guard

    return decorate


def kept_page(
    depends_on: Callable[[], object], *more: Callable[[HttpRequest], object]
) -> Callable[[View], View]:
    """A page of the shell that a browser may keep until something in it changes.

    Never kept while there is a message to be seen once. The forms of a page carry a token that only the CSRF cookie it
    was made with fits: a new sign-in is a new page.
    """

    def tag(request: HttpRequest, *_args: object, **_path: object) -> str | None:
        if (data := depends_on()) is None or len(get_messages(request)):
            return None
        address = request.get_full_path(), request.headers.get("HX-Request")
        look = get_language(), Appearance.of(request), request.META.get("CSRF_COOKIE")
        shell = shown_of_person(request), shown_of_feeds()
        return etag(data, address, look, shell, *(part(request) for part in more))

    return unless_unchanged(tag)


def shown_of_person(request: HttpRequest) -> object:
    """What the shell shows of who is signed in; their class says it (`shell_stamp`)."""
    return getattr(request.user, "shell_stamp", None)


def shown_of_feeds() -> object:
    """What header and bands say of the data of all modules, the page's own or not."""
    found = modules.feeds(timezone.now()).items()
    return [
        (key, str(feed.words), feed.newest, [str(band.text) for band in feed.bands])
        for key, feed in found
    ]


def kept_answer(
    depends_on: Callable[[], object], *more: Callable[[Any], object]
) -> Callable[[View], View]:
    """An answer of the API that a client may keep until something changes."""

    def tag(request: Any, **_path: str) -> str:
        who = request.get_full_path(), get_language(), request.user.pk
        return etag(depends_on(), *who, *(part(request) for part in more))

    return unless_unchanged(tag)
