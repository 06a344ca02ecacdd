"""Questions a client answers once within five minutes: the second factor, a passkey."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import ChallengeExpired
from accounts.models import ChallengeKind, MfaChallenge, User

LIFE = timedelta(minutes=5)
TRIES = 5
VERSION = "token_version"


def digest(raw: str) -> str:
    """How opaque secrets of high entropy are stored."""
    return hashlib.sha256(raw.encode()).hexdigest()


def ask(
    kind: ChallengeKind, *, user: User | None = None, state: dict[str, Any] | None = None
) -> str:
    """Opens a challenge and returns the token that answers it, as long as no sign-in of the person is ended."""
    raw = secrets.token_urlsafe(32)
    state = (state or {}) | ({VERSION: user.token_version} if user else {})
    MfaChallenge.objects.create(
        user=user, kind=kind, token_hash=digest(raw), state=state, expires_at=timezone.now() + LIFE
    )
    return raw


def attempt(kind: ChallengeKind, raw: str) -> MfaChallenge:
    """The open challenge of this token, with one try spent. Raises ChallengeExpired: unknown, late, used, worn out."""
    with transaction.atomic():
        row = _open(kind).filter(token_hash=digest(raw)).select_for_update().first()
        if row is not None:
            row.attempts += 1
            row.save(update_fields=["attempts"])
    if row is None or (row.user and row.user.token_version != row.state.get(VERSION)):
        raise ChallengeExpired
    return row


def newest(kind: ChallengeKind, user: User) -> MfaChallenge:
    """The person's latest open challenge of a kind, for answers that carry no token. Raises ChallengeExpired."""
    row = _open(kind).filter(user=user).order_by("-expires_at").first()
    if row is None:
        raise ChallengeExpired
    return row


def close_all(user: User) -> None:
    """Nothing that this person has begun can be finished any more."""
    MfaChallenge.objects.filter(user=user, used_at=None).update(used_at=timezone.now())


def close(challenge: MfaChallenge) -> None:
    """Marks the challenge answered. Raises ChallengeExpired when somebody else was faster."""
    if not MfaChallenge.objects.filter(pk=challenge.pk, used_at=None).update(
        used_at=timezone.now()
    ):
        raise ChallengeExpired


def _open(kind: ChallengeKind) -> QuerySet[MfaChallenge]:
    return MfaChallenge.objects.filter(
        kind=kind, used_at=None, expires_at__gt=timezone.now(), attempts__lt=TRIES
    )
