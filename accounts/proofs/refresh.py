"""Refresh tokens: one family per sign-in, replaced at every use, dead when a used one comes back."""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.errors import InvalidToken, TokenExpired, TokenReused, TokenRevoked
from accounts.models import Action, Client, Proof, RefreshToken, User
from accounts.proofs import gate, tokens
from accounts.proofs.challenges import digest
from core.errors import AppError, NotFound

FAMILIES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sign-in comes from, as shown to its owner."""

    client: Client = Client.BROWSER
    label: str = ""
    network: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new refresh token: the secret that only the client keeps, and its row."""

    raw: str
    row: RefreshToken


@transaction.atomic
def start(user: User, place: Place, proof: Proof) -> Issued:
    """A new family, the sign-in it stands for, made by `proof`; of more than five living ones the oldest ends.

    Raises TokenRevoked when the person's sign-ins were ended while this one was under way.
    """
    if User.objects.locked().get(pk=user.pk).token_version != user.token_version:
        raise TokenRevoked
    live = RefreshToken.objects.filter(user=user).live(timezone.now())
    started = RefreshToken.objects.filter(family_id__in=live.values("family_id")).order_by(
        "created_at"
    )
    families = list(dict.fromkeys(started.values_list("family_id", flat=True)))
    end_families(user, families[: max(0, len(families) - FAMILIES + 1)])
    made = {"proof": proof, "proven_at": timezone.now(), "with_factor": proof == Proof.FACTOR}
    return _issue(user, uuid.uuid4(), place, made)


def rotate(raw: str) -> Issued:
    """Exchanges a refresh token for the next of its family.

    Raises InvalidToken, TokenExpired, InactiveAccount, or TokenReused: a token that was used or revoked came back,
    so its family ends.
    """
    result = _rotate(raw)
    if isinstance(result, AppError):
        raise result
    return result


@transaction.atomic
def _rotate(raw: str) -> Issued | AppError:
    # Errors are returned, not raised: the end of a family must be committed.
    presented = RefreshToken.objects.filter(token_hash=digest(raw))
    user = User.objects.locked().filter(pk__in=presented.values("user")).first()
    row = presented.first()  # after the wait for the lock: as whoever held it left it
    now = timezone.now()
    if user is None or row is None:
        return InvalidToken()
    if row.used_at or row.revoked_at:
        if not (
            row.used_at and now - row.used_at < timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
        ):
            end_families(user, [row.family_id])
            audit.record(Action.REFRESH_REUSE, actor=None, target=user, family=str(row.family_id))
        return TokenReused()
    if row.expires_at <= now:
        return TokenExpired()
    try:
        gate.check_active(user)
    except AppError as refusal:
        return refusal
    made = {name: getattr(row, name) for name in ("proof", "proven_at", "with_factor")}
    place = Place(Client(row.client), row.label, row.network)
    issued = _issue(user, row.family_id, place, made)
    row.used_at, row.replaced_by = now, issued.row
    row.save(update_fields=["used_at", "replaced_by"])
    return issued


@transaction.atomic
def note_proof(user: User, family_id: uuid.UUID, proof: Proof) -> None:
    """Keeps on a sign-in of this person what they have just proven."""
    User.objects.locked().get(pk=user.pk)
    links = RefreshToken.objects.filter(user=user, family_id=family_id)
    links.update(proof=proof, proven_at=timezone.now())
    if proof == Proof.FACTOR:
        links.update(with_factor=True)


def family_beside(user: User, jti: str) -> uuid.UUID | None:
    """The sign-in that an access token was given out with, whichever refresh token is its newest now."""
    return (
        RefreshToken.objects.filter(user=user, pk=jti).values_list("family_id", flat=True).first()
    )


def family_of(user: User, raw: str) -> uuid.UUID | None:
    """The sign-in that a refresh token of this person belongs to."""
    return (
        RefreshToken.objects.filter(user=user, token_hash=digest(raw))
        .values_list("family_id", flat=True)
        .first()
    )


def end_by_token(user: User, raw: str) -> None:
    """Ends the family of the person's own refresh token; anything else changes nothing."""
    if family := family_of(user, raw):
        end_families(user, [family])


def end_family(user: User, family_id: uuid.UUID) -> None:
    """Ends one sign-in of this person. Raises NotFound when it is not theirs or not alive."""
    if (
        not RefreshToken.objects.filter(user=user, family_id=family_id)
        .live(timezone.now())
        .exists()
    ):
        raise NotFound
    end_families(user, [family_id])


@transaction.atomic
def end_families(user: User, families: list[uuid.UUID] | None = None) -> None:
    """Revokes these families of a person, or all of them, with the access tokens that came with them."""
    User.objects.locked().get(pk=user.pk)
    rows = RefreshToken.objects.filter(user=user, revoked_at=None)
    if families is not None:
        rows = rows.filter(family_id__in=families)
    tokens.revoke_issued_with(rows)
    rows.update(revoked_at=timezone.now())


def _issue(user: User, family_id: uuid.UUID, place: Place, made: dict[str, Any]) -> Issued:
    raw = secrets.token_urlsafe(64)
    row = RefreshToken.objects.create(
        user=user,
        family_id=family_id,
        token_hash=digest(raw),
        expires_at=timezone.now() + timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS),
        client=place.client,
        label=place.label[:120],
        network=place.network,
        **made,
    )
    return Issued(raw, row)
