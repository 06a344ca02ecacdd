"""The language cookie follows the profile."""

from __future__ import annotations

from typing import TypeVar

from django.conf import settings
from django.http import HttpResponseBase

from accounts.models import User

Answer = TypeVar("Answer", bound=HttpResponseBase)


def remember_language(response: Answer, user: User) -> Answer:
    """The answer, with the person's language in the cookie that Django reads."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        user.language,
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return response
