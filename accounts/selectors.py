"""What pages and endpoints show of the own account."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Preferences, RefreshToken, SignInEvent, User


@dataclass(frozen=True, slots=True)
class SignIn:
    """A living sign-in of a client that holds a refresh token."""

    family_id: uuid.UUID
    client: str
    label: str
    network: str
    created_at: datetime
    last_used_at: datetime
    current: bool


def sign_ins(user: User, *, current: uuid.UUID | None = None) -> list[SignIn]:
    """The person's living sign-ins, last used first; `current` is the family that asks."""
    rows = RefreshToken.objects.filter(user=user).live(timezone.now()).order_by("-created_at")
    return [
        SignIn(
            family_id=row.family_id,
            client=row.client,
            label=row.label,
            network=row.network,
            created_at=row.signed_in_at,
            last_used_at=row.created_at,
            current=row.family_id == current,
        )
        for row in rows
    ]


def events(user: User) -> QuerySet[SignInEvent]:
    """Who came in and who tried to, newest first."""
    return SignInEvent.objects.filter(user=user).order_by("-last_at", "pk")


def preferences_of(user: User) -> Preferences:
    """What the person has chosen, or the defaults, unsaved."""
    return Preferences.objects.filter(user=user).first() or Preferences(user=user)
