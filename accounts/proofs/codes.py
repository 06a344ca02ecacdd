"""What somebody asked for by e-mail, and the six-digit code that proves the address.

A code belongs to one request, and so do the credentials of a sign-up: whoever confirms gets the password that came
with the very request they confirm, and nobody else's. Nothing open dies for a newer request; the fifth wrong try
kills a code. Without the request's token any of the three newest codes of the address counts, five wrong tries a
quarter of an hour and network and twenty an hour and address: guessing hits with at most 0.144 % a day.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.errors import InvalidCode
from accounts.models import EmailRequest, Purpose, User
from accounts.proofs.challenges import digest

REQUEST_LIFE = timedelta(hours=24)
TRIES = 5
NEWEST = 3


@dataclass(frozen=True, slots=True)
class Opened:
    """A request: its row, the token that only its client keeps, and the code that only the mailbox sees."""

    row: EmailRequest
    token: str
    code: str


def unsent_token() -> str:
    """A token like any other that fits no request."""
    return secrets.token_urlsafe(32)


def ask(
    email: str,
    purpose: Purpose,
    *,
    user: User | None,
    network: str = "",
    payload: dict[str, Any] | None = None,
) -> Opened:
    """A new request with its code; written for every address, whether it has an account or not."""
    token, now = unsent_token(), timezone.now()
    row = EmailRequest(
        user=user,
        email=User.objects.canonical(email)[:254],
        purpose=purpose,
        token_hash=digest(token),
        expires_at=now + REQUEST_LIFE,
        network=network,
        payload=payload or {},
    )
    code = _new_code(row)
    row.save(force_insert=True)
    return Opened(row, token, code)


@transaction.atomic
def ask_again(
    email: str, purpose: Purpose, tokens: Sequence[str], *, user: User | None
) -> Opened | None:
    """A new code for the open request that one of these tokens belongs to; its earlier code dies. None without one."""
    row = of_tokens(email, tokens, purpose).select_for_update().first() if tokens else None
    if row is None:
        return None
    row.user = user  # the account may have been made, or closed, since
    code = _new_code(row)
    row.save(update_fields=["user", "code_hmac", "code_expires_at", "attempts"])
    token = next(token for token in tokens if digest(token) == row.token_hash)
    return Opened(row, token, code)


def of_tokens(email: str, tokens: Sequence[str], *purposes: Purpose) -> QuerySet[EmailRequest]:
    """The open requests of this address that the tokens belong to, the newest first."""
    email = User.objects.canonical(email)
    open_ones = EmailRequest.objects.open(email, *purposes, at=timezone.now())
    mine: QuerySet[EmailRequest] = open_ones.filter(token_hash__in=map(digest, tokens))
    return mine.order_by("-created_at")


def fitting(email: str, tokens: Sequence[str], *purposes: Purpose) -> str:
    """Of the tokens a client sent, that of an open request of the address; without one, a token that fits none.

    A text that was never given out must not come back: it would stand in a cookie.
    """
    open_ones = set(of_tokens(email, tokens, *purposes).values_list("token_hash", flat=True))
    return next((token for token in tokens if digest(token) in open_ones), unsent_token())


def is_spent(token: str) -> bool:
    """Whether five wrong tries have killed the code of this request, be it somebody's or nobody's."""
    return EmailRequest.objects.filter(token_hash=digest(token), attempts__gte=TRIES).exists()


def kill(user: User, *purposes: Purpose) -> None:
    """Ends the open requests of these purposes (none named: of all)."""
    live = EmailRequest.objects.filter(user=user, used_at=None)
    if purposes:
        live = live.filter(purpose__in=purposes)
    live.update(used_at=timezone.now(), payload={})


def redeem(
    email: str,
    purpose: Purpose,
    code: str,
    *,
    token: str = "",
    user: User | None = None,
    also: Purpose | None = None,
) -> EmailRequest:
    """Uses the code up and returns its request: that of the token alone, else one of the three newest.

    Of a `user` who is signed in only their own count: what others ask for the same address takes nothing from them.
    A request of the purpose `also` counts as well. Raises InvalidCode: wrong, late, used, killed by five tries, or
    nobody's. Tries without a token are the caller's to count.
    """
    row = _try(User.objects.canonical(email), {purpose, also or purpose}, code, token, user)
    if row is None:
        raise InvalidCode
    return row


@transaction.atomic
def _try(
    email: str, purposes: set[Purpose], code: str, token: str, user: User | None
) -> EmailRequest | None:
    now = timezone.now()
    # A token leads to its request whatever its purpose, or a try would tell for which one a code was mailed.
    rows = EmailRequest.objects.open(email, *(Purpose if token else purposes), at=now).filter(
        code_expires_at__gt=now, attempts__lt=TRIES
    )
    if token:
        rows = rows.filter(token_hash=digest(token))
    if user:
        rows = rows.filter(user=user)
    newest = rows.order_by("-created_at").values("pk")[:NEWEST]
    locked = EmailRequest.objects.select_for_update(of=("self",)).select_related("user")
    found = None
    for row in locked.filter(pk__in=newest).order_by("pk"):
        if row.used_at or row.attempts >= TRIES:  # somebody was faster
            continue
        fits = constant_time_compare(row.code_hmac, keyed_hash(row, code))
        if fits and row.user and row.purpose in purposes:
            found = found or row
        elif token:
            row.attempts += 1
            row.save(update_fields=["attempts"])
    if found:
        found.used_at = now
        found.save(update_fields=["used_at"])
    return found


def _new_code(row: EmailRequest) -> str:
    code = f"{secrets.randbelow(10**6):06d}"
    row.code_hmac = keyed_hash(row, code)
    row.code_expires_at = timezone.now() + Purpose(row.purpose).life
    row.attempts = 0
    return code


def keyed_hash(row: EmailRequest, code: str) -> str:
    """HMAC-SHA-256 under the server's key, bound to purpose and request."""
    return salted_hmac(
        "accounts.codes", f"{row.purpose}|{row.pk}|{code}", algorithm="sha256"
    ).hexdigest()
