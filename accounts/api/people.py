"""People, approvals, audit log and statistics over the API."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.base import answers, body_of, refuse_empty
from accounts.bridge import reauth
from accounts.models import AuditEntry, Status, User
from accounts.permissions import AdminAccess, caller
from accounts.serializers import MessageSerializer
from accounts.staff import operators
from accounts.staff.filters import AuditFilter, PeopleFilter, audit_entries, people
from accounts.staff.serializers import (
    AuditSerializer,
    GrantSerializer,
    PermissionSerializer,
    PersonDetailSerializer,
    PersonSerializer,
    PersonUpdateSerializer,
    StatisticsSerializer,
)
from accounts.staff.statistics import statistics, today
from core.api import ItemsPagination, KnownParameters
from core.errors import NotFound
from core.query import Day, Query, declared

TAGS = ["people"]


def person_or_404(pk: uuid.UUID) -> User:
    """Raises NotFound."""
    found = people().filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


class HundredAPage(ItemsPagination):
    default_limit, max_limit = 20, 100


class PeopleView(KnownParameters, ListAPIView[User]):
    """Everybody, newest first."""

    permission_classes = [AdminAccess]
    serializer_class = PersonSerializer
    pagination_class = HundredAPage
    filterset_class = PeopleFilter

    def get_queryset(self) -> QuerySet[User]:
        return people()

    @extend_schema(operation_id="users", tags=TAGS, summary="List people")
    def get(self, request: Request) -> Response:
        """Search in e-mail, user name and nickname; filter by role, status and module."""
        return self.list(request)


class PersonView(APIView):
    permission_classes = [AdminAccess]

    @extend_schema(
        operation_id="user", tags=TAGS, summary="One person", responses=PersonDetailSerializer
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Every field."""
        return Response(PersonDetailSerializer(person_or_404(pk)).data)

    @extend_schema(
        operation_id="user_update",
        tags=TAGS,
        summary="Change role, state or nickname",
        request=PersonUpdateSerializer,
        responses=answers({200: PersonDetailSerializer}, 409),
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        """Never the own role or state; never the last administrator. Role and state need a proof."""
        refuse_empty(request)
        changes = body_of(request, PersonUpdateSerializer)
        if changes.keys() & {"role", "is_active"}:
            reauth.require(request, caller(request))
        operators.update(actor=caller(request), user=person_or_404(pk), **changes)
        return Response(PersonDetailSerializer(person_or_404(pk)).data)

    @extend_schema(
        operation_id="user_patch",
        tags=TAGS,
        summary="Change role, state or nickname",
        request=PersonUpdateSerializer,
        responses=answers({200: PersonDetailSerializer}, 409),
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """The same as PUT."""
        return self.put(request, pk)

    @extend_schema(
        operation_id="user_disable",
        tags=TAGS,
        summary="Disable",
        request=None,
        responses=answers({204: None}, 409),
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """The row stays; the person is out at once. Needs a proof."""
        operators.disable(actor=reauth.require(request, caller(request)), user=person_or_404(pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PermissionsView(APIView):
    permission_classes = [AdminAccess]

    @extend_schema(
        operation_id="user_permissions",
        tags=TAGS,
        summary="Modules of a person",
        responses=PermissionSerializer(many=True),
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """With who granted them and when."""
        rows = person_or_404(pk).module_permissions.order_by("permission")
        return Response(PermissionSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="user_permission_grant",
        tags=TAGS,
        summary="Grant a module",
        request=GrantSerializer,
        responses=answers({201: PermissionSerializer}, 409),
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Works on the person's next request."""
        person = person_or_404(pk)
        row = operators.grant_permission(
            actor=caller(request), user=person, **body_of(request, GrantSerializer)
        )
        return Response(PermissionSerializer(row).data, status=status.HTTP_201_CREATED)


class PermissionView(APIView):
    permission_classes = [AdminAccess]

    @extend_schema(
        operation_id="user_permission_revoke",
        tags=TAGS,
        summary="Revoke a module",
        request=None,
        responses=answers({200: MessageSerializer}),
    )
    def delete(self, request: Request, pk: uuid.UUID, permission: str) -> Response:
        """Works on the person's next request."""
        operators.revoke_permission(
            actor=caller(request), user=person_or_404(pk), permission=permission
        )
        return Response({"message": _("Permission revoked.")})


class MfaResetView(APIView):
    permission_classes = [AdminAccess]

    @extend_schema(
        operation_id="user_mfa_reset",
        tags=TAGS,
        summary="Remove all second factors",
        request=None,
        responses=answers({200: PersonDetailSerializer}),
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """All sign-ins of the person end. Needs a proof."""
        operators.reset_mfa(actor=reauth.require(request, caller(request)), user=person_or_404(pk))
        return Response(PersonDetailSerializer(person_or_404(pk)).data)


class PendingView(KnownParameters, ListAPIView[User]):
    """Confirmed people who wait, oldest first."""

    permission_classes = [AdminAccess]
    serializer_class = PersonSerializer
    pagination_class = HundredAPage
    filter_backends = []

    def get_queryset(self) -> QuerySet[User]:
        return people().filter(status=Status.PENDING).order_by("created_at", "pk")

    @extend_schema(operation_id="pending_users", tags=TAGS, summary="Approval queue")
    def get(self, request: Request) -> Response:
        """Only people who have confirmed their address."""
        return self.list(request)


class ApproveView(APIView):
    permission_classes = [AdminAccess]

    @extend_schema(
        operation_id="user_approve",
        tags=TAGS,
        summary="Approve",
        request=None,
        responses=answers({200: PersonDetailSerializer}, 409),
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """The person is told by mail."""
        operators.approve(actor=caller(request), user=person_or_404(pk))
        return Response(PersonDetailSerializer(person_or_404(pk)).data)


class AuditView(KnownParameters, ListAPIView[AuditEntry]):
    """What operators did, newest first."""

    permission_classes = [AdminAccess]
    serializer_class = AuditSerializer
    pagination_class = HundredAPage
    filterset_class = AuditFilter

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return audit_entries()

    @extend_schema(operation_id="audit_logs", tags=TAGS, summary="Audit log")
    def get(self, request: Request) -> Response:
        """By actor, person or action."""
        return self.list(request)


@dataclass(frozen=True)
class PeriodQuery(Query):
    """Of which days; today when none is named."""

    date_from: date | None = declared(Day(description="First local day."))
    date_to: date | None = declared(Day(description="Last local day."))


class StatisticsView(KnownParameters, APIView):
    permission_classes = [AdminAccess]
    query_class = PeriodQuery

    @extend_schema(
        operation_id="user_statistics",
        tags=TAGS,
        summary="Statistics of accounts",
        parameters=PeriodQuery.openapi(),
        responses=StatisticsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Registrations by local day; today when no period is given, at most 366 days."""
        asked = PeriodQuery.of(request.query_params)
        numbers = statistics(asked.date_from or today(), asked.date_to or today())
        return Response(StatisticsSerializer(numbers).data)
