"""Access tokens: what they carry and when they are refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from rest_framework_simplejwt.exceptions import ExpiredTokenError, TokenError
from rest_framework_simplejwt.tokens import AccessToken

from accounts.errors import InvalidToken, TokenExpired
from accounts.models import RefreshToken, RevokedAccess, User
from accounts.proofs import gate


@dataclass(frozen=True, slots=True)
class Access:
    """A freshly minted access token and its life in seconds."""

    token: str
    expires_in: int


def issue(user: User, *, beside: RefreshToken | None = None) -> Access:
    """Mints an access token and notes the sign-in; the caller has fully authenticated the person.

    Its `jti` is the id of the refresh token it is given out `beside`, so that it ends with that token's family.
    """
    gate.check_active(user)
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    token = AccessToken()
    token.payload |= claims(user)
    if beside:
        token.payload |= {"jti": beside.pk.hex, "mfa": beside.with_factor}
    return Access(token=str(token), expires_in=int(token.lifetime.total_seconds()))


def claims(user: User) -> dict[str, Any]:
    """What a token says of its person; `perms` informs the client and decides nothing.

    `mfa` says that the sign-in was made with a second factor.
    """
    return {
        "sub": str(user.pk),
        "type": "access",
        "role": user.role,
        "perms": sorted(user.modules),
        "status": user.status,
        "token_version": user.token_version,
        "mfa": False,
    }


def read(raw: str) -> dict[str, Any]:
    """The claims of a genuine, living access token.

    Raises TokenExpired past its `exp`, InvalidToken on a wrong signature, shape, algorithm or type.
    """
    try:
        payload: dict[str, Any] = AccessToken(raw).payload  # type: ignore[arg-type]
    except ExpiredTokenError:
        raise TokenExpired from None
    except TokenError:
        raise InvalidToken from None
    if payload.get("type") != "access" or not {"sub", "jti", "token_version"} <= payload.keys():
        raise InvalidToken
    return payload


def revoke_issued_with(rows: QuerySet[RefreshToken]) -> None:
    """Makes the living access tokens worthless that were given out beside these refresh tokens.

    One comes with its refresh token, again with a repeated exchange, or later beside the newest of a family.
    """
    now, life = timezone.now(), AccessToken.lifetime
    since = now - life - timedelta(seconds=settings.REFRESH_GRACE_SECONDS)
    living = rows.filter(Q(created_at__gt=since) | Q(used_at=None)).values_list("pk", flat=True)
    ended = [RevokedAccess(jti=pk.hex, expires_at=now + life) for pk in living]
    RevokedAccess.objects.bulk_create(ended, ignore_conflicts=True)


def revoke(payload: dict[str, Any]) -> None:
    """Makes one access token worthless before it expires."""
    expires_at = datetime.fromtimestamp(payload["exp"], UTC)
    RevokedAccess.objects.get_or_create(jti=payload["jti"], defaults={"expires_at": expires_at})
