"""The cookie of a browser in which somebody has signed in: nobody else's failures count against it."""

from __future__ import annotations

import secrets
from typing import TypeVar

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import User

COOKIE = "device" if settings.LOCAL else "__Host-device"
LIFE = 180 * 24 * 3600
SALT = "accounts.known_browsers"

Answer = TypeVar("Answer", bound=HttpResponseBase)


def number_of(request: HttpRequest, user: User) -> str | None:
    """The random number of a browser known to this account; void once the sign-ins of the account were ended."""
    try:
        pk, version, number = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFE
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return str(number) if (pk, version) == (str(user.pk), user.token_version) else None


def remember(request: HttpRequest, response: Answer, user: User) -> Answer:
    """The answer, with the cookie that makes this browser known to the account."""
    number = number_of(request, user) or secrets.token_urlsafe(16)
    value = signing.dumps([str(user.pk), user.token_version, number], salt=SALT)
    response.set_cookie(
        COOKIE,
        value,
        max_age=LIFE,
        secure=not settings.LOCAL,
        httponly=True,
        samesite="Lax",
    )
    return response
