"""Bounds on guessing: allauth's counters, so that pages and API spend from the same purse.

How many of what stands in `ACCOUNT_RATE_LIMITS`. The counters live in the cache that all processes share.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from accounts.proofs import guesses
from accounts.proofs.places import Room
from core import error_pages
from core.errors import Limited

View = Callable[..., HttpResponseBase]
APP = "allauth.account"


def spend(request: HttpRequest, action: str) -> None:
    """Counts one use of `action` by this address. Raises Limited."""
    if ratelimit.consume(request, app=APP, action=action, limit_get=True) is None:
        raise Limited(max(1, remaining(request, action)))


@contextmanager
def counting_on_page(
    request: HttpRequest, room: Room, *, failure: type[Exception]
) -> Iterator[None]:
    """Counts what happens inside a form of a page: too many failures end its request with 429 and the wait."""
    try:
        with guesses.counted(room, failure):
            yield
    except Limited as refusal:
        raise ImmediateHttpResponse(error_pages.error_answer(request, refusal)) from None


def remaining(request: HttpRequest, action: str, *, app: str = APP) -> int:
    """Seconds until `action` may be tried again; zero when it may be now."""
    now, longest = time.time(), 0.0
    for rate in ratelimit.get_rates(app=app, action=action):
        if rate.per == "user" and not request.user.is_authenticated:
            continue
        key = ratelimit.get_cache_key(request, app=app, action=action, rate=rate)
        history = cache.get(key, [])  # newest first
        if len(history) >= rate.amount:
            longest = max(longest, history[rate.amount - 1] + rate.duration - now)
    return math.ceil(longest)


def limited(action: str, *, app: str = APP) -> Callable[[View], View]:
    """A page of allauth under this limit: its own 429 only guesses at the wait, this one comes first and knows."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST" and (wait := remaining(request, action, app=app)):
                return error_pages.error_answer(request, Limited(wait))
            return view(request, *args, **kwargs)

        return answer

    return decorate


def spending(action: str) -> Callable[[View], View]:
    """A page whose every form sent is one use of `action`."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                try:
                    spend(request, action)
                except Limited as refusal:
                    return error_pages.error_answer(request, refusal)
            return view(request, *args, **kwargs)

        return answer

    return decorate
