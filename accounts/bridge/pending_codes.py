"""A mailed code that a page waits for: bound to the sign-in state it was issued under, five tries.

allauth keeps the code in the browser's session, out of reach of `codes.kill`, and counts its tries there, where
requests at the same time do not see each other. So the token version is noted when the code is mailed and compared
when the code is used, and tries are counted where all processes see them. A code that dies stays on its page as one
that nobody can guess, as for an address without an account: the answers tell nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY,
)
from allauth.account.internal.userkit import str_to_user_id
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts.models import EmailRequest, Purpose, User
from accounts.proofs import codes
from accounts.proofs.clients import network_of

View = Callable[..., HttpResponseBase]
BOUND = "accounts_code_version"
REQUEST = "accounts_sign_up"  # the sign-up of this browser that waits for its code
COOKIE = "request_{purpose}" if settings.LOCAL else "__Secure-request_{purpose}"
SECONDS = 2 * app_settings.LOGIN_TIMEOUT  # of a count; it outlives the code


def remember(request: HttpRequest, asked: EmailRequest) -> None:
    """This browser has signed up with these credentials: the code it is mailed confirms them."""
    request.session[REQUEST] = str(asked.pk)


def remembered(request: HttpRequest | None, email: str) -> EmailRequest | None:
    """The open sign-up of this browser with this address."""
    pk = request.session.get(REQUEST) if request and hasattr(request, "session") else None
    if pk is None:
        return None
    return EmailRequest.objects.open(email, Purpose.VERIFY, timezone.now()).filter(pk=pk).first()


def sign_up_of(request: HttpRequest, user: User) -> EmailRequest | None:
    """The one open sign-up whose password a sign-in is compared with, before the address is confirmed.

    That of the request's cookie or browser session, else the newest that came from the same network.
    """
    token = request.COOKIES.get(COOKIE.format(purpose=Purpose.VERIFY.value))
    own = codes.of_token(user.email, Purpose.VERIFY, token) if token else None
    if asked := own or remembered(request, user.email):
        return asked
    network = network_of(get_adapter(request).get_client_ip(request))
    waiting = EmailRequest.objects.open(user.email, Purpose.VERIFY, timezone.now())
    near = waiting.filter(network=network, payload__has_key="password")
    return near.order_by("-created_at").first()


def bind(request: HttpRequest, user: User) -> None:
    """Notes under which token version this code is mailed; one mailed again stays with the version of the first."""
    if not asked_again(request):
        request.session[BOUND] = user.token_version


def live_code_only(view: View) -> View:
    """A page of allauth for which a code of an earlier sign-in state, or one tried five times, is dead."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        state = request.session.get(EMAIL_VERIFICATION_CODE_SESSION_KEY)
        if state:
            _check_version(request, state)
            if request.POST.get("code"):
                _count_try(request, state)
        return view(request, *args, **kwargs)

    return answer


def asked_again(request: HttpRequest) -> bool:
    """Whether the page is asked to mail its code once more."""
    return request.POST.get("action") == "resend"


def _check_version(request: HttpRequest, state: dict[str, Any]) -> None:
    """Kills the code if sign-ins have ended since."""
    user = (
        User.objects.filter(pk=str_to_user_id(state["user_id"])).first()
        if "user_id" in state
        else None
    )
    if user and request.session.get(BOUND) != user.token_version:
        state["code"] = ""
        request.session.modified = True


def _count_try(request: HttpRequest, state: dict[str, Any]) -> None:
    """Counts a try where all processes see it: the session says no less, and past the fifth the code is dead."""
    spent = _spent(f"{state.get('email')}|{state['at']}")
    if spent > codes.TRIES:
        state["code"] = ""
    state["failed_attempts"] = max(state["failed_attempts"], min(spent, codes.TRIES) - 1)
    request.session.modified = True


def _spent(pending_code: str) -> int:
    """The number of this try, six for all past the fifth: each takes a slot of its own, which no two can have."""
    key = "code-try-" + hashlib.sha256(pending_code.encode()).hexdigest()
    free = (slot for slot in range(1, codes.TRIES + 1) if cache.add(f"{key}-{slot}", 1, SECONDS))
    return next(free, codes.TRIES + 1)
