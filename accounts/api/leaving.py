"""The own account over the API: another address, leaving, staying, who came in, everything that is kept."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import address, export, leaving, selectors
from accounts.api.base import OwnView, answers, body_of
from accounts.bridge import limits, reauth
from accounts.letters import mail
from accounts.models import SignInEvent
from accounts.permissions import ActiveAccount, caller
from accounts.serializers import (
    EventSerializer,
    ExportSerializer,
    MailedCodeSerializer,
    MessageSerializer,
    NewEmailSerializer,
    ProfileSerializer,
)
from core.api import ItemsPagination, KnownParameters

TAGS = ["account"]


class EmailView(OwnView):
    @extend_schema(
        operation_id="auth_me_email",
        tags=TAGS,
        summary="Ask for another e-mail address",
        request=NewEmailSerializer,
        responses=answers({200: MessageSerializer}, 403, 503),
    )
    def post(self, request: Request) -> Response:
        """Mails a code to the new address; the answer tells nothing about it. Needs a proof."""
        mail.require()
        user = reauth.require(request, caller(request))
        limits.spend(request._request, "confirm_email")
        address.ask(request._request, user, body_of(request, NewEmailSerializer)["new_email"])
        return Response({"message": _("If the address is free, a code is on its way to it.")})


class EmailConfirmView(OwnView):
    @extend_schema(
        operation_id="auth_me_email_confirm",
        tags=TAGS,
        summary="Confirm another e-mail address",
        request=MailedCodeSerializer,
        responses=answers({200: ProfileSerializer}, 403, 409),
    )
    def post(self, request: Request) -> Response:
        """With the code mailed to it the new address signs in; the old one is told. Needs a proof."""
        user = reauth.require(request, caller(request))
        limits.spend(request._request, "try_code")
        moved = address.confirm(user, body_of(request, MailedCodeSerializer)["code"])
        return Response(ProfileSerializer(moved).data)


class KeepView(OwnView):
    @extend_schema(
        operation_id="auth_me_keep",
        tags=TAGS,
        summary="Keep the account after all",
        request=None,
        responses=answers({200: ProfileSerializer}),
    )
    def post(self, request: Request) -> Response:
        """Its planned end is called off; without one nothing changes."""
        return Response(ProfileSerializer(leaving.keep(caller(request))).data)


class FiftyAPage(ItemsPagination):
    max_limit = 50


class EventsView(KnownParameters, ListAPIView[SignInEvent]):
    """Sign-ins and failed ones of the caller's account, newest first."""

    permission_classes = [ActiveAccount]
    serializer_class = EventSerializer
    pagination_class = FiftyAPage
    filter_backends = []

    def get_queryset(self) -> QuerySet[SignInEvent]:
        return selectors.events(caller(self.request))

    @extend_schema(operation_id="auth_me_events", tags=TAGS, summary="Own sign-ins and failed ones")
    def get(self, request: Request) -> Response:
        """One row per kind, network and client, kept for ninety days."""
        return self.list(request)


class ExportView(OwnView):
    @extend_schema(
        operation_id="auth_me_export",
        tags=TAGS,
        summary="Everything kept about me",
        responses=answers({200: ExportSerializer}),
    )
    def get(self, request: Request) -> Response:
        """As one JSON file, by subject, without secrets."""
        answer = Response(export.of(caller(request)))
        answer["Content-Disposition"] = 'attachment; filename="account.json"'
        return answer
