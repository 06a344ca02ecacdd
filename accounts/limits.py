"""Bounds on guessing: allauth's counters, so that pages and API spend from the same purse (accounts §12)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from equilibrium import error_pages
from equilibrium.errors import Limited

APP = "allauth.account"
UNIFORM_SECONDS = 0.4  # above one bcrypt of cost 12 and the writes of a sign-up, so that neither shows


def spend(request: HttpRequest, action: str, *, key: str | None = None) -> ratelimit.RateLimitUsage:
    """Counts one use of `action` by this IP and `key`; `rollback()` takes it back. Raises Limited."""
    usage = ratelimit.consume(request, app=APP, action=action, key=key, limit_get=True)
    if usage is None:
        raise Limited(wait(request, action, key=key))
    return usage


@contextmanager
def counting(request: HttpRequest, action: str, *, key: str, failure: type[Exception]) -> Iterator[None]:
    """Counts what happens inside if it ends with `failure`, and nothing else. Raises Limited."""
    usage = spend(request, action, key=key)
    failed = False
    try:
        yield
    except failure:
        failed = True
        raise
    finally:
        if not failed:
            usage.rollback()


def wait(request: HttpRequest, action: str, *, key: str | None = None) -> int:
    """Seconds until `action` may be tried again, at least one."""
    now, longest = time.time(), 1.0
    for rate, cache_key in _counters(request, action, key):
        history = cache.get(cache_key, [])  # newest first
        if len(history) >= rate.amount:
            longest = max(longest, history[rate.amount - 1] + rate.duration - now)
    return math.ceil(longest)


def refuse_page(request: HttpRequest, action: str, *, key: str | None = None) -> NoReturn:
    """Ends a page's request with 429 and the wait."""
    raise ImmediateHttpResponse(error_pages.answer(request, Limited(wait(request, action, key=key))))


def forgive(request: HttpRequest, action: str, *, key: str) -> None:
    """Forgets the failures of `key`; those of the IP stay, or one good login would buy many guesses."""
    cache.delete_many([cache_key for rate, cache_key in _counters(request, action, key) if rate.per == "key"])


@contextmanager
def uniform() -> Iterator[None]:
    """Takes the same time whatever happens inside, so that a clock tells nothing about an address (accounts §5.5)."""
    ready = time.monotonic() + UNIFORM_SECONDS
    try:
        yield
    finally:
        time.sleep(max(0.0, ready - time.monotonic()))


def uniform_page(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page whose form takes the same time for every address."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with uniform() if request.method == "POST" else nullcontext():
            return view(request, *args, **kwargs)

    return answer


def _counters(request: HttpRequest, action: str, key: str | None) -> list[tuple[Any, str]]:
    rates = ratelimit.get_rates(app=APP, action=action)
    return [(rate, ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)) for rate in rates]
