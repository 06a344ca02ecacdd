"""Proof of who a person is, for the API: same credentials, counters and refusals as the pages."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts import challenges, codes, factors, limits, services
from accounts.errors import (
    EmailNotVerified,
    InactiveAccount,
    InvalidCode,
    InvalidCredentials,
    MfaRequired,
)
from accounts.models import ChallengeKind, Purpose, Status, User


def register_within_limits(
    request: HttpRequest, *, email: str, password: str, **chosen: Any
) -> None:
    """A sign-up; it mails a code, so it counts as a request for one.

    Raises InvalidEmail and WeakPassword, which count nothing; Limited, InvalidUsername, UsernameTaken.
    """
    email = services.check_email(email)
    services.check_password_rules(password, email=email, username=chosen.get("username"))
    limits.spend(request, "confirm_email", key=email)
    services.register(email=email, password=password, **chosen)


def with_password(request: HttpRequest, *, login: str, password: str) -> User:
    """The person, if a password alone is enough.

    Raises InvalidCredentials for every wrong combination, TooManyAttempts, and only after the right password
    EmailNotVerified, InactiveAccount or MfaRequired.
    """
    field = "email" if "@" in login else "username"
    user: User | None = get_adapter(request).authenticate(
        request, **{field: login.strip()}, password=password
    )
    if user is None:
        raise InvalidCredentials
    return admit(user)


def with_code(request: HttpRequest, *, email: str, code: str) -> User:
    """The person whose login code this is. Raises Limited, InvalidCode, InactiveAccount, MfaRequired."""
    limits.spend(request, "try_code")
    return admit(code_holder(email, Purpose.LOGIN, code))


def by_confirming(request: HttpRequest, *, email: str, code: str) -> User:
    """Confirms an address; the person may be pending afterwards. Raises Limited, InvalidCode, MfaRequired."""
    limits.spend(request, "try_code")
    user = services.confirm_email(code_holder(email, Purpose.VERIFY, code))
    return user if user.status == Status.PENDING else admit(user)


def code_holder(email: str, purpose: Purpose, code: str) -> User:
    """The person whose code this is, in the same time for every address. Raises InvalidCode."""
    with limits.uniform_try():
        return codes.redeem(User.objects.by_login(email), purpose, code)


def admit(user: User) -> User:
    """The person, after one proven factor, if that is all their account asks.

    Raises EmailNotVerified, InactiveAccount, or MfaRequired with the token and the ways to go on.
    """
    if check_state(user).mfa_enabled:
        options, state = factors.login_state(user)
        token = challenges.ask(ChallengeKind.LOGIN, user=user, state=state)
        details = {
            "mfa_token": token,
            "methods": factors.methods(user),
            "passkey_options": options or None,
        }
        raise MfaRequired(details=details)
    return user


def check_state(user: User) -> User:
    """The person, if their account may be used at all. Raises EmailNotVerified, InactiveAccount."""
    if user.status == Status.UNVERIFIED:
        raise EmailNotVerified
    if not user.is_active:
        raise InactiveAccount
    return user


def with_second_factor(
    request: HttpRequest, *, mfa_token: str, code: str = "", credential: object = None
) -> User:
    """The person who answers `mfa_required` with a code or a passkey.

    Raises Limited, ChallengeExpired, InvalidCode (five tries a token), InactiveAccount.
    """
    limits.spend(request, "try_code")
    challenge = challenges.attempt(ChallengeKind.LOGIN, mfa_token)
    user = challenge.user
    assert user is not None, "a login challenge always names its person"
    with limits.counting(request, "login_failed", key=limits.factor_key(user), failure=InvalidCode):
        if not (
            factors.use_code(user, code)
            if code
            else factors.check_passkey(user, challenge.state, credential)
        ):
            raise InvalidCode
    challenges.close(challenge)
    return check_state(user)


def request_code(request: HttpRequest, *, email: str, purpose: Purpose, action: str) -> None:
    """Mails a code if the state of the account calls for one; says the same in every case.

    A login or reset code goes to active people; an unverified person gets a confirmation code instead.
    """
    limits.spend(request, action, key=User.objects.canonical(email))
    user = User.objects.by_login(email) if "@" in email else None
    if user is None:
        return
    if user.status == Status.UNVERIFIED:
        if purpose != Purpose.VERIFY:
            services.forget_unproven_password(user)
        services.send_code(user, Purpose.VERIFY)
    elif user.is_active and purpose != Purpose.VERIFY:
        services.send_code(user, purpose)


def reset_password(request: HttpRequest, *, email: str, code: str, password: str) -> None:
    """A new password by code; every sign-in ends. Raises Limited, WeakPassword, InvalidCode, InactiveAccount."""
    limits.spend(request, "try_code")
    services.check_password_rules(password, email=email)
    user = code_holder(email, Purpose.RESET, code)
    if not user.is_active:
        raise InactiveAccount
    services.set_password(user, password)
    limits.forgive(request, "login_failed", key=get_adapter(request).login_key(user.email))
