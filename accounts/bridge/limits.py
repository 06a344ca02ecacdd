"""Bounds on guessing: allauth's counters, so that pages and API spend from the same purse.

How many of what stands in `ACCOUNT_RATE_LIMITS`. The counters live in the cache that all processes share.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any, NoReturn

from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase

from accounts.proofs import guesses
from accounts.proofs.places import Room
from core import error_pages
from core.connections import release
from core.errors import Limited

View = Callable[..., HttpResponseBase]
APP = "allauth.account"
UNIFORM_SECONDS = (
    0.4  # above one bcrypt of cost 12 and the writes of a sign-up, so that neither shows
)
TRY_SECONDS = 0.1  # above the look for a code, its count of tries and the commit, which only a known address has


def spend(request: HttpRequest, action: str, *, key: str | None = None) -> ratelimit.RateLimitUsage:
    """Counts one use of `action` by this IP and `key`; `rollback()` takes it back. Raises Limited."""
    usage = ratelimit.consume(request, app=APP, action=action, key=key, limit_get=True)
    if usage is None:
        raise Limited(wait(request, action, key=key))
    return usage


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


def wait(request: HttpRequest, action: str, *, key: str | None = None) -> int:
    """Seconds until `action` may be tried again, at least one."""
    return max(1, remaining(request, action, key=key))


def remaining(request: HttpRequest, action: str, *, key: str | None = None, app: str = APP) -> int:
    """Seconds until `action` may be tried again; zero when it may be now."""
    now, longest = time.time(), 0.0
    for rate, cache_key in _counters(request, action, key, app):
        history = cache.get(cache_key, [])  # newest first
        if len(history) >= rate.amount:
            longest = max(longest, history[rate.amount - 1] + rate.duration - now)
    return math.ceil(longest)


def posted_to(request: HttpRequest) -> str | None:
    """The address in the form of a page."""
    return request.POST.get("email", "").strip().lower()


def mailed_again(request: HttpRequest) -> str | None:
    """The address that the confirmation page is asked to mail once more; none when a code is tried."""
    if request.POST.get("action") != "resend":
        return None
    email: str = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY, {}).get("email", "")
    return email.lower()


def limited(
    *actions: str, of: Callable[[HttpRequest], str | None] = posted_to, app: str = APP
) -> Callable[[View], View]:
    """A page of allauth under these limits: allauth's own 429 only guesses at the wait, this one comes first and knows.

    Where a limit counts by address, `of` says which; none lets the form pass.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            email = of(request) if request.method == "POST" else None
            waits = [
                remaining(request, action, key=email, app=app)
                for action in actions
                if email is not None
            ]
            if any(waits):
                return error_pages.error_answer(request, Limited(max(waits)))
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


def refuse_page(request: HttpRequest, action: str, *, key: str | None = None) -> NoReturn:
    """Ends a page's request with 429 and the wait."""
    raise ImmediateHttpResponse(
        error_pages.error_answer(request, Limited(wait(request, action, key=key)))
    )


@contextmanager
def uniform() -> Iterator[None]:
    """Takes the same time whatever happens inside, so that a clock tells nothing about an address."""
    with at_least(UNIFORM_SECONDS):
        yield


@contextmanager
def uniform_try() -> Iterator[None]:
    """The same for a code that is tried."""
    with at_least(TRY_SECONDS):
        yield


@contextmanager
def at_least(seconds: float) -> Iterator[None]:
    """Does not end before these seconds have passed; meanwhile it holds no database connection."""
    ready = time.monotonic() + seconds
    try:
        yield
    finally:
        release()
        time.sleep(max(0.0, ready - time.monotonic()))


def uniform_page(view: View) -> View:
    """A page whose form takes the same time for every address."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with uniform() if request.method == "POST" else nullcontext():
            return view(request, *args, **kwargs)

    return answer


def code_page(view: View) -> View:
    """A page that takes a mailed code: tries are counted with those of the API, and a wrong one takes the same time."""
    spent = spending("try_code")(view)

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with uniform_try() if request.method == "POST" else nullcontext():
            return spent(request, *args, **kwargs)

    return answer


def _counters(
    request: HttpRequest, action: str, key: str | None, app: str = APP
) -> list[tuple[Any, str]]:
    rates = ratelimit.get_rates(app=app, action=action)
    known = [rate for rate in rates if rate.per != "user" or request.user.is_authenticated]
    return [
        (rate, ratelimit.get_cache_key(request, app=app, action=action, rate=rate, key=key))
        for rate in known
    ]
