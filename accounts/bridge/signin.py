"""Proof of who a person is, for the API: same credentials, counters and refusals as the pages."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts import services
from accounts.bridge import factors, limits
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
    request: HttpRequest, *, email: str, password: str, **chosen: Any
) -> str:
    """A sign-up; it mails a code, so it counts as a request for one. The token of the request.

    Raises InvalidEmail and WeakPassword, which count nothing; Limited, InvalidUsername, UsernameTaken.
    """
    email = services.check_email(email)
    services.check_password_rules(password, email=email, username=chosen.get("username"))
    limits.spend(request, "confirm_email")
    network, mailed = guesses.network(request), guesses.may_mail(request, email, Purpose.VERIFY)
    return services.register(
        email=email, password=password, network=network, mailed=mailed, **chosen
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
    """Confirms an address; the person may be pending afterwards. Raises Limited, InvalidCode, MfaRequired.

    Only the token of the request brings its credentials along: a code alone may be that of a stranger's sign-up.
    """
    limits.spend(request, "try_code")
    asked = redeem(request, email, Purpose.VERIFY, code, token)
    if not services.confirm_email(person_of(asked), chosen=asked if token else None):
        raise InvalidCode
    user = User.objects.get(pk=asked.user_id)
    return user if user.status == Status.PENDING else admit(user)


def redeem(
    request: HttpRequest, email: str, purpose: Purpose, code: str, token: str
) -> EmailRequest:
    """The request whose code this is, in the same time for every address.

    Raises InvalidCode, also after too many wrong tries without the token of a request.
    """
    with limits.uniform_try():
        if token:
            return codes.redeem(email, purpose, code, token=token)
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
    request: HttpRequest, *, email: str, purpose: Purpose, action: str, tokens: dict[Purpose, str]
) -> str:
    """Mails a code if the state of the account calls for one; says the same in every case. The token of the request.

    A login or reset code goes to active people; an unverified person gets a confirmation code instead. With the
    token of an open request of this address, that request gets a new code.
    """
    limits.spend(request, action)
    if not guesses.may_mail(request, email, purpose):
        return codes.unsent_token()
    user = User.objects.by_login(email) if "@" in email else None
    if user and user.status == Status.UNVERIFIED:
        purpose = Purpose.VERIFY
        mailed = True
    else:
        mailed = bool(user and user.is_active and purpose != Purpose.VERIFY)
    token = tokens[purpose]
    asked = codes.of_token(email, purpose, token) if token else None
    code = codes.ask_again(asked) if asked else None
    if code is None:
        network = guesses.network(request)
        opened = codes.ask(email, purpose, user=user if mailed else None, network=network)
        token, code = opened.token, opened.code
    if user and mailed:
        mail.send(f"code_{purpose}", user, code=code)
    return token


def reset_password(
    request: HttpRequest, *, email: str, code: str, password: str, token: str
) -> None:
    """A new password by code; every sign-in ends. Raises Limited, WeakPassword, InvalidCode, InactiveAccount."""
    limits.spend(request, "try_code")
    services.check_password_rules(password, email=email)
    user = gate.check(person_of(redeem(request, email, Purpose.RESET, code, token)))
    services.set_password(user, password)
    guesses.sign_ins(request, user).clear()
