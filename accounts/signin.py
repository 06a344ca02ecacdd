"""Proof of who a person is, for the API: the same credentials, counters and refusals as the pages (accounts §7.3)."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.errors import EmailNotVerified, InactiveAccount, InvalidCredentials, MfaRequired, TooManyAttempts
from accounts.models import Status, User

LOCKOUT_SECONDS = 15 * 60


def with_password(request: Request, *, login: str, password: str) -> User:
    """The person, fully authenticated by a password alone.

    Raises InvalidCredentials for every wrong combination, TooManyAttempts, and only after the right password
    EmailNotVerified, InactiveAccount or MfaRequired.
    """
    django_request: HttpRequest = request._request
    field = "email" if "@" in login else "username"
    adapter = get_adapter(django_request)
    try:
        user: User | None = adapter.authenticate(django_request, **{field: login.strip()}, password=password)
    except ValidationError:
        raise TooManyAttempts(LOCKOUT_SECONDS) from None
    if user is None:
        raise InvalidCredentials
    check_may_enter(user)
    return user


def check_may_enter(user: User) -> None:
    """Raises why a person who proved one factor gets no token yet (accounts §8.1)."""
    if user.status == Status.UNVERIFIED:
        raise EmailNotVerified
    if not user.is_active:
        raise InactiveAccount
    if user.mfa_enabled:
        raise MfaRequired
