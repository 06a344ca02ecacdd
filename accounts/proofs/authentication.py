"""Who sends this API request: the bearer token, checked against the database every time."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.db.models import Exists
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.errors import InvalidToken, TokenRevoked
from accounts.models import RevokedAccess, User
from accounts.proofs import gate, tokens


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; no header leaves the request anonymous."""

    def authenticate(self, request: Request) -> tuple[User, dict[str, Any]] | None:
        scheme, _, raw = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        claims = tokens.read(raw.decode("latin-1").strip())
        return bearer(claims), claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def bearer(claims: dict[str, Any]) -> User:
    """The active person a token speaks for, in one query.

    Raises InvalidToken for an unknown person, TokenRevoked after logout or a version bump, InactiveAccount.
    """
    signed_out = RevokedAccess.objects.filter(jti=claims["jti"])
    try:
        people = User.objects.with_factors().annotate(signed_out=Exists(signed_out))
        user: Any = people.get(pk=uuid.UUID(claims["sub"]))
    except (ValueError, User.DoesNotExist):
        raise InvalidToken from None
    gate.check_active(user)
    if user.signed_out or claims["token_version"] != user.token_version:
        raise TokenRevoked
    return cast("User", user)


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells the OpenAPI schema how the bearer token is sent."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
