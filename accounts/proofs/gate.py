"""May this account come in? The one answer for pages, API, tokens and every kind of sign-in."""

from __future__ import annotations

from accounts.errors import EmailNotVerified, InactiveAccount
from accounts.models import Status, User


def check(user: User) -> User:
    """The person who has just proven who they are. Raises EmailNotVerified, InactiveAccount."""
    if user.status == Status.UNVERIFIED:
        raise EmailNotVerified
    return check_active(user)


def check_active(user: User) -> User:
    """The person of a token; nothing but an active account has one. Raises InactiveAccount."""
    if not user.is_active:
        raise InactiveAccount(details={"status": user.status})
    return user
