"""Who came in and who tried: counted per account, kind, network and client, and shown to the account's owner."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import SignInEvent, SignInKind, User
from accounts.proofs.clients import place_of


def note(request: HttpRequest, user: User | None, kind: SignInKind) -> None:
    """One more of its kind; a failure at an unknown address is written too, so that the work tells nothing."""
    place, now = place_of(request), timezone.now()
    same = {"user": user, "kind": kind, "network": place.network, "client": place.label[:120]}
    rows = SignInEvent.objects.filter(**same)
    if rows.update(count=F("count") + 1, last_at=now):
        return
    try:
        with transaction.atomic():
            SignInEvent.objects.create(**same, first_at=now, last_at=now)
    except IntegrityError:  # another request was faster
        rows.update(count=F("count") + 1, last_at=now)
