"""The mailed codes a browser waits for: its requests' tokens, on the pages in the session, over the API in cookies."""

from __future__ import annotations

from typing import TypedDict

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import EmailRequest, Purpose, User
from accounts.proofs import codes, guesses

SESSION = "accounts_asked"
SIGN_UP = "accounts_sign_up"  # the sign-up whose password was just given
COOKIE = "request_{purpose}" if settings.LOCAL else "__Secure-request_{purpose}"


class Asked(TypedDict):
    """Which address a code was mailed to, and the token of the request it belongs to."""

    email: str
    token: str


def note(request: HttpRequest, purpose: Purpose, email: str, token: str) -> None:
    """This browser waits for a code of this purpose."""
    asked = Asked(email=email, token=token)
    request.session[SESSION] = request.session.get(SESSION, {}) | {purpose.value: asked}


def of(request: HttpRequest, purpose: Purpose) -> Asked | None:
    """What this browser waits for."""
    asked: Asked | None = request.session.get(SESSION, {}).get(purpose.value)
    return asked


def tokens(request: HttpRequest, *purposes: Purpose) -> list[str]:
    """The tokens this browser holds for codes of these purposes."""
    return [asked["token"] for purpose in purposes if (asked := of(request, purpose))]


def forget(request: HttpRequest, purpose: Purpose) -> None:
    """The code was used, or given up."""
    request.session.get(SESSION, {}).pop(purpose.value, None)
    request.session.modified = True


# ---- Signing in before the address is confirmed


def sign_up_of(request: HttpRequest, email: str) -> EmailRequest | None:
    """The one open sign-up of an address whose password a sign-in is compared with, before the address is confirmed.

    That of the request's cookie or browser session, else the newest that came from the same network.
    """
    cookie = request.COOKIES.get(COOKIE.format(purpose=Purpose.VERIFY.value), "")
    own = codes.of_tokens(email, [cookie, *tokens(request, Purpose.VERIFY)], Purpose.VERIFY)
    waiting = EmailRequest.objects.open(
        User.objects.canonical(email), Purpose.VERIFY, at=timezone.now()
    )
    near = waiting.filter(network=guesses.network(request)).order_by("-created_at")
    found = (rows.filter(payload__has_key="password").first() for rows in (own, near))
    return next((row for row in found if row), None)


def password_was_right(request: HttpRequest, sign_up: EmailRequest) -> None:
    """A code may be mailed for this sign-up, in this request."""
    request.session[SIGN_UP] = str(sign_up.pk)


def sign_up_to_confirm(request: HttpRequest) -> EmailRequest | None:
    """The sign-up whose password was right, once."""
    return EmailRequest.objects.filter(pk=request.session.pop(SIGN_UP, None)).first()
