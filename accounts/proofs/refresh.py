"""Refresh tokens: one family per sign-in, replaced at every use, dead when a used one comes back.

The next token is computed from the one presented, so a client whose answer was lost asks again and gets the same.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.errors import InvalidToken, TokenExpired, TokenReused, TokenRevoked
from accounts.letters import mail
from accounts.models import Action, Client, Device, Proof, RefreshToken, User
from accounts.proofs import gate, tokens
from accounts.proofs.challenges import digest
from core.errors import AppError, NotFound

FAMILIES = 5
FAMILY_LIFE = timedelta(days=90)  # however often it is refreshed


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
def start(user: User, place: Place, proof: Proof, *, with_factor: bool = False) -> Issued:
    """A new family, the sign-in it stands for, made by `proof`; of more than five living ones the oldest ends.

    It is one `with_factor` also where it goes on with such a sign-in.

    Raises TokenRevoked when the person's sign-ins were ended while this one was under way.
    """
    if User.objects.locked().get(pk=user.pk).token_version != user.token_version:
        raise TokenRevoked
    live = RefreshToken.objects.filter(user=user).live(timezone.now())
    families = list(live.order_by("signed_in_at").values_list("family_id", flat=True))
    end_families(user, families[: max(0, len(families) - FAMILIES + 1)])
    now = timezone.now()
    first = RefreshToken(user=user, family_id=uuid.uuid4(), signed_in_at=now)
    first.client, first.label, first.network = place.client, place.label[:120], place.network
    first.proof, first.proven_at = proof, now
    first.with_factor = with_factor or proof == Proof.FACTOR
    return _issue(secrets.token_urlsafe(64), first)


def rotate(raw: str) -> Issued:
    """Exchanges a refresh token for the next of its family; a repeat within the grace gets the same next one.

    Raises InvalidToken, TokenExpired, InactiveAccount, TokenRevoked where the sign-in was ended, or TokenReused: a
    token came back late, or after the next one was used. Then its family ends and the owner is told.
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
    if row.revoked_at:
        return TokenRevoked()
    repeated = _repeated(raw, row, now)
    if row.used_at and not repeated:
        end_families(user, [row.family_id])
        audit.record(Action.REFRESH_REUSE, actor=None, target=user, family=str(row.family_id))
        mail.send("refresh_reuse", user, label=row.label, network=row.network)
        return TokenReused()
    if row.expires_at <= now:
        return TokenExpired()
    try:
        gate.check_active(user)
    except AppError as refusal:
        return refusal
    if repeated:
        return repeated
    issued = _issue(_next_of(raw), row)
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


def _repeated(raw: str, row: RefreshToken, now: datetime) -> Issued | None:
    """What the exchange of this token brought a moment ago, while nobody has used that."""
    grace, following = timedelta(seconds=settings.REFRESH_GRACE_SECONDS), row.replaced_by
    if not row.used_at or now - row.used_at >= grace or following is None or following.used_at:
        return None
    again = _next_of(raw)
    return Issued(again, following) if following.token_hash == digest(again) else None


def _next_of(raw: str) -> str:
    key, text = settings.JWT_SECRET_KEY.encode(), f"refresh|{raw}".encode()
    made = hmac.digest(key, text, hashlib.sha512)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def first_live(raws: list[str]) -> str:
    """Of several tokens that one request carries, the first that would be exchanged, else the first."""
    hashes = [digest(raw) for raw in raws]
    known = RefreshToken.objects.filter(token_hash__in=hashes).live(timezone.now())
    live = set(known.values_list("token_hash", flat=True))
    return next((raw for raw in raws if digest(raw) in live), raws[0])


def family_beside(user: User, jti: str) -> uuid.UUID | None:
    """The sign-in that an access token was given out with, whichever refresh token is its newest now."""
    return (
        RefreshToken.objects.filter(user=user, pk=jti).values_list("family_id", flat=True).first()
    )


def newest_of(user: User, family_id: uuid.UUID) -> RefreshToken:
    """The refresh token of a sign-in that was not exchanged yet."""
    return RefreshToken.objects.filter(user=user, family_id=family_id).latest("created_at")


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
def end_families(
    user: User, families: list[uuid.UUID] | None = None, *, but: uuid.UUID | None = None
) -> None:
    """Revokes these families of a person, or all `but` one, with the access tokens and phones that came with them."""
    User.objects.locked().get(pk=user.pk)
    rows = RefreshToken.objects.filter(user=user, revoked_at=None)
    devices = Device.objects.filter(user=user)
    if families is not None:
        rows = rows.filter(family_id__in=families)
        devices = devices.filter(family_id__in=families)
    if but is not None:
        rows, devices = rows.exclude(family_id=but), devices.exclude(family_id=but)
    devices.delete()
    tokens.revoke_issued_with(rows)
    rows.update(revoked_at=timezone.now())


def _issue(raw: str, of: RefreshToken) -> Issued:
    """A token in the family of another one, of the same place; it lives no longer than the family may."""
    life = timedelta(days=settings.JWT_REFRESH_TOKEN_EXPIRE_DAYS)
    row = RefreshToken.objects.create(
        user=of.user,
        family_id=of.family_id,
        signed_in_at=of.signed_in_at,
        token_hash=digest(raw),
        expires_at=min(timezone.now() + life, of.signed_in_at + FAMILY_LIFE),
        client=of.client,
        label=of.label,
        network=of.network,
        proof=of.proof,
        proven_at=of.proven_at,
        with_factor=of.with_factor,
    )
    return Issued(raw, row)
