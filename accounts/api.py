"""Sign-in and the own account over the API (accounts §7)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import signin, tokens
from accounts.models import User
from accounts.permissions import ActiveAccount
from accounts.serializers import LoginSerializer, ProfileSerializer, TokenSerializer


def token_body(user: User) -> dict[str, Any]:
    """The answer to a completed sign-in: a fresh access token and the person."""
    access = tokens.issue(user)
    return {
        "access_token": access.token,
        "token_type": "bearer",
        "expires_in": access.expires_in,
        "user": ProfileSerializer(user).data,
    }


def signed_in(request: Request) -> User:
    """The person behind a request that a permission class has let through."""
    assert isinstance(request.user, User)
    return request.user


class LoginView(APIView):
    """Sign in with e-mail or user name and password."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="auth_login", tags=["auth"], summary="Sign in", request=LoginSerializer, responses=TokenSerializer
    )
    def post(self, request: Request) -> Response:
        data = LoginSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        user = signin.with_password(request, **data.validated_data)
        return Response(token_body(user))


class MeView(APIView):
    """The own profile."""

    permission_classes = [ActiveAccount]

    @extend_schema(operation_id="auth_me", tags=["auth"], summary="Own profile", responses=ProfileSerializer)
    def get(self, request: Request) -> Response:
        return Response(ProfileSerializer(signed_in(request)).data)
