"""Signing in by Google, GitHub or LinkedIn over the API."""

from __future__ import annotations

from typing import Any

from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.openid_connect import views as openid
from django.http import HttpRequest, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers as reply
from accounts.api.base import CLIENT, OpenView, answers, body_of
from accounts.bridge import limits, oauth
from accounts.bridge.social import refused
from accounts.models import Proof
from accounts.serializers import TokenSerializer

TAGS = ["oauth"]
MODES = ["page", "token"]


class TicketSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=100, write_only=True)
    code_verifier = serializers.CharField(min_length=43, max_length=128, write_only=True)


class ProvidersSerializer(serializers.Serializer[Any]):
    providers = serializers.ListField(child=serializers.CharField())


class ProvidersView(OpenView):
    @extend_schema(
        operation_id="oauth_providers",
        tags=TAGS,
        summary="Configured providers",
        responses=answers({200: ProvidersSerializer}),
    )
    def get(self, request: Request) -> Response:
        """Those whose id and secret are set."""
        return Response({"providers": oauth.providers()})


class StartView(OpenView):
    @extend_schema(
        operation_id="oauth_start",
        tags=TAGS,
        summary="Go to a provider",
        parameters=[
            OpenApiParameter("mode", OpenApiTypes.STR, enum=MODES, default="page"),
            OpenApiParameter(
                "redirect_uri",
                OpenApiTypes.STR,
                description="With `mode=token`: where the code is sent, one of OAUTH_APP_REDIRECTS.",
            ),
            OpenApiParameter(
                "code_challenge",
                OpenApiTypes.STR,
                description="With `mode=token`, required: the SHA-256 of the verifier, base64url.",
            ),
            OpenApiParameter("code_challenge_method", OpenApiTypes.STR, enum=["S256"]),
        ],
        responses={
            302: OpenApiResponse(
                description="To the provider, or to the sign-in page with `error`."
            )
        },
    )
    def get(self, request: Request, provider: str) -> HttpResponse:
        """`page` ends signed in, `token` at `redirect_uri?code=…`, or at `/accounts/oauth/complete/?code=…`.

        No link connects a provider to the account of who is signed in: the page of their connections does.
        """
        mode = request.query_params.get("mode", "page")
        if mode not in MODES:
            return refused("invalid_request")
        method = request.query_params.get("code_challenge_method", "S256")
        challenge = request.query_params.get("code_challenge", "") if method == "S256" else ""
        return oauth.to_provider(
            request._request,
            provider,
            mode,
            redirect_uri=request.query_params.get("redirect_uri", ""),
            challenge=challenge,
        )


class ExchangeView(OpenView):
    @extend_schema(
        operation_id="oauth_exchange",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Exchange the one-use code",
        request=TicketSerializer,
        responses=answers({200: TokenSerializer}, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """Within 60 seconds, once, with the verifier of the challenge.

        A second factor was asked for before the code was given.
        """
        limits.spend(request._request, "try_code")
        ticket = oauth.redeem_ticket(**body_of(request, TicketSerializer))
        return reply.sign_in(request, ticket.user, Proof(ticket.proof))


def callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Where every provider sends people back to."""
    if provider_id not in oauth.providers():
        return refused("provider_unavailable")
    answer: HttpResponse = (
        github.oauth2_callback(request)
        if provider_id == "github"
        else openid.callback(request, provider_id)
    )
    return answer
