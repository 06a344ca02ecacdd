"""What the account endpoints share: validated bodies, no secrets in addresses, the documented answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts.errors import CredentialsInUrl, EmptyUpdate
from accounts.permissions import ActiveAccount
from core import errors

SECRETS = frozenset(
    {
        *(
            "access_token",
            "challenge",
            "code",
            "credential",
            "current_password",
            "mfa_token",
            "new_password",
            "request_token",
        ),
        *("otp", "password", "refresh_token", "token"),
    }
)
CLIENT = OpenApiParameter(
    "X-Client",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="`mobile`: the refresh token is in the body, not in a cookie.",
)
Schema = type[Serializer[Any]] | None


def answers(success: dict[int, Schema], *failures: int) -> dict[int, OpenApiResponse]:
    """The documented answers of an operation: bodies of success, and which errors it adds to the shared ones."""
    documented = {status: OpenApiResponse(response=body) for status, body in success.items()}
    error = {"$ref": "#/components/schemas/Error"}
    for status in failures:
        text = str(errors.for_status(status).message)
        documented[status] = OpenApiResponse(response=error, description=text)
    return documented


def body_of(request: Request, serializer: type[Serializer[Any]]) -> dict[str, Any]:
    """The validated body; 422 with the fields otherwise."""
    data = serializer(data=request.data)
    data.is_valid(raise_exception=True)
    validated: dict[str, Any] = data.validated_data
    return validated


def refuse_empty(request: Request) -> None:
    """A change that names nothing is a mistake of the client. Raises EmptyUpdate."""
    if not request.data:
        raise EmptyUpdate


class OwnView(APIView):
    """A view on the caller's own account."""

    permission_classes = [ActiveAccount]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_secrets_in_url(request)
        super().initial(request, *args, **kwargs)


class OpenView(APIView):
    """A view for people not signed in yet; tokens sent along are not looked at."""

    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        refuse_secrets_in_url(request)
        super().initial(request, *args, **kwargs)


def refuse_secrets_in_url(request: Request) -> None:
    """Addresses end up in logs and histories. Raises CredentialsInUrl."""
    if SECRETS & request.query_params.keys():
        raise CredentialsInUrl
