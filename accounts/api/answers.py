"""The answer to a completed sign-in, and where the refresh token travels."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.utils import timezone
from rest_framework.authentication import get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.bridge import pending_codes, reauth
from accounts.errors import MissingToken, OriginDenied
from accounts.letters import mail
from accounts.models import Proof, Purpose, RefreshToken, SignInKind, User
from accounts.permissions import caller
from accounts.proofs import codes, events, known_browsers, refresh, tokens
from accounts.proofs.clients import is_mobile, place_of
from accounts.serializers import ProfileSerializer

COOKIE = "refresh_token" if settings.LOCAL else "__Secure-refresh_token"
COOKIE_PATH = "/api/v1/auth"


def sign_in(
    request: Request,
    user: User,
    proof: Proof,
    *,
    with_factor: bool = False,
    status: int = 200,
    **more: Any,
) -> Response:
    """Tokens for a person fully authenticated by `proof`, in a new family; `more` joins the body.

    `with_factor`: this goes on with a sign-in made with a second factor, which is no fresh proof of one.
    """
    place = place_of(request._request)
    known = RefreshToken.objects.filter(user=user)
    if known.exists() and not known.filter(network=place.network).exists():
        mail.send("new_network", user, label=place.label, network=place.network)
    issued = refresh.start(user, place, proof, with_factor=with_factor)
    events.note(request._request, user, SignInKind.SIGNED_IN)
    body = {"user": ProfileSerializer(user).data} | more
    mobile = is_mobile(request._request)
    answer = token_answer(issued, body, in_body=mobile)
    answer.status_code = status
    return answer if mobile else known_browsers.remember(request._request, answer, user)


def with_factor(
    request: Request, user: User, body: dict[str, Any], *, status: int = 200
) -> Response:
    """The answer to a factor just confirmed, which has ended every sign-in: this one goes on as made with it."""
    user.refresh_from_db()
    if request.auth:
        return sign_in(request, user, Proof.FACTOR, status=status, **body)
    reauth.factor_confirmed(request._request, user)
    return Response(body, status=status)


def going_on(request: Request, user: User, body: dict[str, Any]) -> Response:
    """The answer to somebody all of whose other sign-ins have ended: this one needs a token of the new version.

    Its refresh token goes on. A browser session goes on as it is.
    """
    if request.auth is None:
        request._request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    elif family := own_family(request):
        body = access_body(refresh.newest_of(user, family)) | body
    return Response(body)


def refreshed(request: Request) -> Response:
    """A new access and refresh token for the one the request carries.

    What came in the cookie leaves in the cookie: a script of the page can ask for it, but not read it.
    Raises MissingToken, OriginDenied.
    """
    sent = sent_tokens(request)
    if not sent:
        raise MissingToken
    raw = refresh.first_live(sent)
    from_cookie = raw == request.COOKIES.get(COOKIE)
    if from_cookie:
        check_origin(request)
    issued = refresh.rotate(raw)
    return token_answer(issued, {}, in_body=is_mobile(request._request) and not from_cookie)


def token_answer(issued: refresh.Issued, more: dict[str, Any], *, in_body: bool) -> Response:
    """The body with the access token; the refresh token in the cookie, or in the body for mobile clients."""
    body = access_body(issued.row) | more
    if in_body:
        return Response(body | {"refresh_token": issued.raw})
    response = Response(body)
    response.set_cookie(
        COOKIE,
        issued.raw,
        max_age=max(0, round((issued.row.expires_at - timezone.now()).total_seconds())),
        path=COOKIE_PATH,
        secure=not settings.LOCAL,
        httponly=True,
        samesite="Lax",
    )
    return response


def access_body(beside: RefreshToken) -> dict[str, Any]:
    """A new access token, as every body says it."""
    access = tokens.issue(beside.user, beside=beside)
    return {
        "access_token": access.token,
        "token_type": "bearer",
        "expires_in": access.expires_in,
    }


def request_token(request: Request, purpose: Purpose, data: dict[str, Any]) -> str:
    """The token of the request that a code belongs to: from the body, else the cookie; empty without either.

    Raises OriginDenied.
    """
    if sent := data.pop("request_token", ""):
        return str(sent)
    token = request.COOKIES.get(pending_codes.COOKIE.format(purpose=purpose.value), "")
    if token:
        check_origin(request)
    return str(token)


def with_request(body: dict[str, Any], purpose: Purpose, token: str, status: int) -> Response:
    """The answer to somebody who is mailed a code: the request's token in the body, and in a cookie for browsers."""
    response = Response(body | {"request_token": token}, status=status)
    response.set_cookie(
        pending_codes.COOKIE.format(purpose=purpose.value),
        token,
        max_age=int(codes.REQUEST_LIFE.total_seconds()),
        path=COOKIE_PATH,
        secure=not settings.LOCAL,
        httponly=True,
        samesite="Lax",
    )
    return response


def own_family(request: Request) -> uuid.UUID | None:
    """The sign-in a request belongs to: that of its access token, else of its cookie; a browser session has none."""
    user = caller(request)
    if request.auth:
        return refresh.family_beside(user, cast("dict[str, Any]", request.auth)["jti"])
    raw = request.COOKIES.get(COOKIE)
    return refresh.family_of(user, raw) if raw else None


def sent_tokens(request: Request) -> list[str]:
    """The refresh tokens of a request: body, cookie, bearer. An access token in the header is none."""
    body = request.data.get("refresh_token") if isinstance(request.data, dict) else None
    scheme, _, bearer = get_authorization_header(request).decode("latin-1").partition(" ")
    is_refresh = scheme.lower() == "bearer" and "." not in bearer
    found = (body, request.COOKIES.get(COOKIE), bearer.strip() if is_refresh else "")
    return [raw for raw in found if isinstance(raw, str) and raw]


def check_origin(request: Request) -> None:
    """A cookie is only taken from our own pages and the configured origins. Raises OriginDenied."""
    origin = request.headers.get("Origin")
    ours = {settings.BACKEND_URL, settings.APP_URL, *settings.CORS_ALLOWED_ORIGINS}
    if origin and origin not in ours and origin.partition("://")[2] != request.get_host():
        raise OriginDenied
