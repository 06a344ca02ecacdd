"""Signing up, proving who one is, asking for codes: one set of rules and counters for API and pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import get_adapter
from django.db import transaction
from django.http import HttpRequest

from accounts import services
from accounts.bridge import factors, limits, pending_codes
from accounts.errors import (
    InvalidCode,
    InvalidCredentials,
    MfaRequired,
)
from accounts.letters import mail
from accounts.models import ChallengeKind, EmailRequest, Purpose, SignInKind, Status, User
from accounts.proofs import challenges, codes, events, gate, guesses
from accounts.proofs.places import NoneFree, Room, give_back, take_all

QUARTER = 15 * 60


def register_within_limits(
    request: HttpRequest, *, email: str, password: str, username: str | None = None, **chosen: Any
) -> str:
    """A sign-up; it mails a code, so it counts as a request for one, too. The token of the request.

    Raises InvalidEmail, WeakPassword, InvalidUsername, which count nothing; Limited, UsernameTaken.
    """
    email = services.check_email(email)
    services.check_password_rules(password, email=email, username=username)
    username = services.spelled(username)
    for action in ("signup", "confirm_email"):
        limits.spend(request, action)
    network, mailed = guesses.network(request), guesses.may_mail(request, email, Purpose.VERIFY)
    return services.register(
        email=email,
        password=password,
        username=username,
        network=network,
        mailed=mailed,
        **chosen,
    )


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


def with_code(request: HttpRequest, *, email: str, code: str, token: str) -> User:
    """The person whose login code this is. Raises Limited, InvalidCode, InactiveAccount, MfaRequired."""
    limits.spend(request, "try_code")
    return admit(person_of(redeem(request, email, Purpose.LOGIN, code, token)))


def by_confirming(request: HttpRequest, *, email: str, code: str, token: str) -> User:
    """Confirms an address; the person may be pending afterwards. Raises Limited, InvalidCode, MfaRequired."""
    limits.spend(request, "try_code")
    user = confirmed(redeem(request, email, Purpose.VERIFY, code, token), token=token)
    return user if user.status == Status.PENDING else admit(user)


def confirmed(asked: EmailRequest, *, token: str) -> User:
    """The person whose code was right; one that confirms an address does so. Raises InvalidCode if it was confirmed.

    Only the token of the request brings its credentials along: a code alone may be that of a stranger's sign-up.
    """
    user = person_of(asked)
    if asked.purpose != Purpose.VERIFY:
        return user
    if not services.confirm_email(user, chosen=asked if token else None):
        raise InvalidCode
    user.refresh_from_db()
    return user


def redeem(
    request: HttpRequest,
    email: str,
    purpose: Purpose,
    code: str,
    token: str,
    *,
    also: Purpose | None = None,
) -> EmailRequest:
    """The request whose code this is, of `purpose` or `also`.

    Raises InvalidCode, also after too many wrong tries without the token of a request.
    """
    if token:
        return codes.redeem(email, purpose, code, token=token, also=also)
    email = User.objects.canonical(email)
    near = f"{email}|{guesses.network(request)}"
    try:
        taken = take_all(
            Room(f"try|{purpose}|{near}", 5, QUARTER),
            Room(f"try|{purpose}|{email}", 20, 4 * QUARTER),
        )
    except NoneFree:
        raise InvalidCode from None
    row = codes.redeem(email, purpose, code)
    give_back(taken)
    return row


def person_of(asked: EmailRequest) -> User:
    """The person of a request whose code was right: nobody else's is ever mailed."""
    assert asked.user is not None
    return asked.user


def admit(user: User) -> User:
    """The person, after one proven factor, if that is all their account asks.

    Raises EmailNotVerified, InactiveAccount, or MfaRequired with the token and the ways to go on.
    """
    if gate.check(user).mfa_enabled:
        options, state = factors.login_state(user)
        token = challenges.ask(ChallengeKind.LOGIN, user=user, state=state)
        details = {
            "mfa_token": token,
            "methods": factors.methods(user),
            "passkey_options": options or None,
        }
        raise MfaRequired(details=details)
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
    with guesses.counted(guesses.factors(user), InvalidCode):
        if not (
            factors.use_code(user, code)
            if code
            else factors.check_passkey(user, challenge.state, credential)
        ):
            events.note(request, user, SignInKind.WRONG_CODE)
            raise InvalidCode
    challenges.close(challenge)
    return gate.check(user)


def request_code(
    request: HttpRequest, *, email: str, purpose: Purpose, action: str, tokens: Sequence[str] = ()
) -> str:
    """Mails a code if the state of the account calls for one, and does as much in every case. The token of the request.

    A login or reset code goes to active people; an unverified person gets a confirmation code instead. If one of the
    tokens belongs to an open request of this address, that request gets a new code.
    """
    limits.spend(request, action)
    if not guesses.may_mail(request, email, purpose):
        return codes.fitting(email, tokens, purpose, Purpose.VERIFY)
    user = User.objects.by_login(email) if "@" in email else None
    if user and user.status == Status.UNVERIFIED:
        purpose, reader = Purpose.VERIFY, user
    else:
        reader = user if user and user.is_active and purpose != Purpose.VERIFY else None
    network = guesses.network(request)
    with transaction.atomic():
        asked = codes.ask_again(email, purpose, tokens, user=reader) or codes.ask(
            email, purpose, user=reader, network=network
        )
        if reader:
            mail.send(f"code_{purpose}", reader, code=asked.code)
        else:
            mail.send_nobody(code=asked.code)
    return asked.token


def mail_confirmation(request: HttpRequest, user: User) -> None:
    """Mails a code to somebody unconfirmed who has given the password of a sign-up: its credentials come along.

    The request is a new one of this browser: the code of whoever signed up goes on working. Raises Limited.
    """
    sign_up = pending_codes.sign_up_to_confirm(request)
    limits.spend(request, "confirm_email")
    if not guesses.may_mail(request, user.email, Purpose.VERIFY):
        return
    with transaction.atomic():
        asked = codes.ask(
            user.email,
            Purpose.VERIFY,
            user=user,
            network=guesses.network(request),
            payload=sign_up.payload if sign_up else {},
        )
        mail.send("code_verify", user, code=asked.code)
    pending_codes.note(request, Purpose.VERIFY, user.email, asked.token)


def reset_password(
    request: HttpRequest, *, email: str, code: str, password: str, token: str
) -> None:
    """A new password by code; every sign-in ends. Raises Limited, WeakPassword, InvalidCode, InactiveAccount."""
    limits.spend(request, "try_code")
    services.check_password_rules(password, email=email)
    user = gate.check(person_of(redeem(request, email, Purpose.RESET, code, token)))
    if not services.reset_password(user, password, version=user.token_version):
        raise InvalidCode
    guesses.sign_ins(request, user).clear()
