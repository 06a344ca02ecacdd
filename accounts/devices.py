"""Phones that take push messages; a push token belongs to whoever registered it last."""

from __future__ import annotations

import uuid

from django.utils import timezone

from accounts.models import Device, User
from accounts.proofs.challenges import digest
from core.errors import NotFound


def add(
    *, user: User, token: str, platform: str, family: uuid.UUID | None = None
) -> tuple[Device, bool]:
    """The device of this push token, now the person's, and whether it is new; it goes when its sign-in ends."""
    values = {"user": user, "token": token, "platform": platform, "last_seen_at": timezone.now()}
    values["family_id"] = family
    return Device.objects.update_or_create(token_sha256=digest(token), defaults=values)


def remove(*, user: User, pk: uuid.UUID) -> None:
    """Raises NotFound when it is not the person's."""
    if not Device.objects.filter(user=user, pk=pk).delete()[0]:
        raise NotFound
