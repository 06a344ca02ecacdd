"""Proving oneself again, before what a stolen sign-in must not be able to do.

A sign-in is itself a proof, and one given later counts the same: for five minutes, kept on the refresh family of a
client or in the session of a browser. Where a second factor is registered, nothing but a factor or a recovery code is a
proof; elsewhere the password, a mailed code or a sign-in by a provider is one, so that everybody has a way.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from accounts import services
from accounts.bridge import factors
from accounts.errors import ChallengeExpired, InvalidCode, ProofRequired, WrongProof
from accounts.letters import mail
from accounts.models import Proof, Purpose, RefreshToken, User
from accounts.proofs import codes, guesses, refresh

LIFE = timedelta(minutes=5)
# How allauth calls what a session was signed in by.
METHODS = {
    "password": Proof.PASSWORD,
    "code": Proof.CODE,
    "password_reset": Proof.CODE,
    "socialaccount": Proof.PROVIDER,
    "mfa": Proof.FACTOR,
}
NAMES = {proof: method for method, proof in reversed(METHODS.items())}


def methods(user: User) -> list[str]:
    """The fields of `auth/reauth` that would prove this person now."""
    if has_factor(user):
        held = set(factors.methods(user))
        by_code = ["code"] if held - {factors.Type.WEBAUTHN} else []
        return by_code + (["credential"] if factors.Type.WEBAUTHN in held else [])
    by_mail = ["otp"] if settings.EMAIL_PROVIDER != "none" else []
    return (["password"] if user.has_usable_password() else []) + by_mail


# ---- What a sign-in has proven


def proven_lately(request: Request | HttpRequest, user: User) -> set[Proof]:
    """What the sign-in that this request belongs to has proven in the last five minutes."""
    if claims := getattr(request, "auth", None):
        since = timezone.now() - LIFE
        links = RefreshToken.objects.filter(user=user, pk=claims["jti"], proven_at__gt=since)
        return {Proof(proof) for proof in links.values_list("proof", flat=True) if proof}
    return proven_since(request, user, time.time() - LIFE.total_seconds())


def proven_since(request: Request | HttpRequest, user: User, moment: float) -> set[Proof]:
    """What was proven in this browser since a moment, in seconds since 1970."""
    return {
        METHODS[record["method"]]
        for record in get_authentication_records(request, user)
        if record["method"] in METHODS and record["at"] >= moment
    }


def is_proven(request: Request | HttpRequest, user: User) -> bool:
    """Whether the sign-in of this request has lately proven what this person can prove at best."""
    lately = proven_lately(request, user)
    return Proof.FACTOR in lately if has_factor(user) else bool(lately)


def has_factor(user: User) -> bool:
    """Whether an authenticator app or a passkey is registered, as of this moment."""
    return bool(factors.rows(user, factors.Type.TOTP, factors.Type.WEBAUTHN).exists())


def signed_in_with_factor(request: Request | HttpRequest, user: User) -> bool:
    """Whether the sign-in of this request was made with a second factor, or has proven one since."""
    if claims := getattr(request, "auth", None):
        return bool(claims.get("mfa")) or Proof.FACTOR in proven_lately(request, user)
    records = get_authentication_records(request, user)
    return any(record["method"] == NAMES[Proof.FACTOR] for record in records)


def require(request: Request, user: User) -> User:
    """The person of an API request whose sign-in is proven. Raises ProofRequired, which names the ways."""
    if not is_proven(request, user):
        raise ProofRequired(details={"methods": methods(user)})
    return user


def require_on_page(request: HttpRequest) -> None:
    """Sends a browser whose sign-in is not proven to the page that asks; what it sent goes on afterwards."""
    if isinstance(request.user, User) and not is_proven(request, request.user):
        raise ReauthenticationRequired


def required(view: Any) -> Any:
    """A page whose form, when it is sent, needs a proof."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST":
            require_on_page(request)
        page: HttpResponseBase = view(request, *args, **kwargs)
        return page

    return answer


def note(request: Request | HttpRequest, user: User, proof: Proof) -> None:
    """Keeps a proof on the sign-in of this request."""
    if claims := getattr(request, "auth", None):
        family = refresh.family_beside(user, claims["jti"])
        if family:
            refresh.note_proof(user, family, proof)
    else:
        record_authentication(request, user, NAMES[proof], reauthenticated=True)


def factor_confirmed(request: HttpRequest, user: User) -> None:
    """In this browser a factor was confirmed: it stays signed in, as if by the factor; all other sign-ins end."""
    services.sign_out_everywhere(user, keep_session=request.session.session_key)
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    note(request, user, Proof.FACTOR)


# ---- Giving a proof


def mail_code(request: HttpRequest, user: User) -> None:
    """Mails a code that proves whoever reads it, unless the address has had its mails."""
    if guesses.may_mail(request, user.email, Purpose.REAUTH):
        asked = codes.ask(user.email, Purpose.REAUTH, user=user, network=guesses.network(request))
        mail.send("code_reauth", user, code=asked.code)


def check(user: User, field: str, value: Any, *, challenge: str = "") -> Proof:
    """What this proves. Raises ProofRequired for a way that is none here, WrongProof, TooManyAttempts."""
    if field not in methods(user):
        raise ProofRequired(details={"methods": methods(user)})
    if field == "credential":  # what a passkey has signed cannot be guessed
        _check_passkey(user, challenge, value)
        return Proof.FACTOR
    room, proof = {
        "password": (guesses.proofs, Proof.PASSWORD),
        "otp": (guesses.mailed_proofs, Proof.CODE),
        "code": (guesses.factors, Proof.FACTOR),
    }[field]
    with guesses.counted(room(user), WrongProof):
        if not _fits(user, field, value):
            raise WrongProof
    return proof


def _fits(user: User, field: str, value: str) -> bool:
    if field == "password":
        return user.check_password(value)
    if field == "code":
        return factors.use_code(user, value) is not None
    try:
        codes.redeem(user.email, Purpose.REAUTH, value, user=user)
    except InvalidCode:
        return False
    return True


def _check_passkey(user: User, challenge: str, credential: Any) -> None:
    try:
        owner = factors.passkey_login(challenge=challenge, credential=credential)
    except (ChallengeExpired, InvalidCode):
        raise WrongProof from None
    if owner != user:
        raise WrongProof
