"""The positioning API: state of the data, calendar, quality, registry, watch list."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status as http
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.models import User
from accounts.permissions import ModuleAccess
from core.api import ItemsPagination, KnownParameters
from core.query import InvalidRange
from cot import parameters
from cot.api.conditional import versioned
from cot.api.serializers import (
    QUALITY_ITEMS,
    CategorySerializer,
    ChangedCellSerializer,
    EntrySerializer,
    GapSerializer,
    GroupSerializer,
    QuarantinedRowSerializer,
    ReviewItemSerializer,
    SourceFileSerializer,
    StatusSerializer,
)
from cot.models import ObservationVersion, QuarantinedRow, ReviewItem, SourceFile
from cot.publication import schedule
from cot.selectors import quality, status, watchlist
from cot.variants import REPORTS, SUBTYPE_NAMES, VARIANTS

REPORT_TYPES: Final = list(REPORTS)
SUBTYPES: Final = list(SUBTYPE_NAMES)
TAG: Final = ["cot"]
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)  # of the calendar: beyond, there is nothing to compute


def text(name: str, description: str, **more: Any) -> OpenApiParameter:
    """A query parameter that is a word."""
    return OpenApiParameter(name, OpenApiTypes.STR, description=description, **more)


def path(name: str, description: str, **more: Any) -> OpenApiParameter:
    """A part of the path."""
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description, **more)


REPORT_TYPE: Final = path("report_type", "Report type.", enum=REPORT_TYPES)
SUBTYPE_PATH: Final = path("subtype", "Futures only, or futures and options combined.", enum=SUBTYPES)
SUBTYPE_QUERY: Final = text("subtype", "Futures only, or futures and options combined.", enum=SUBTYPES)
VARIANT_QUERY: Final = [text("report_type", "Report type.", enum=REPORT_TYPES), SUBTYPE_QUERY]


class CotView(APIView):
    """A view of the module `cot`."""

    module = "cot"
    permission_classes = [ModuleAccess]


def person(request: Request) -> User:
    """Who asks: `ModuleAccess` let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


class GroupsView(CotView):
    """The groups of traders of a report."""

    @extend_schema(
        operation_id="cot_groups", tags=TAG, summary="Groups of a report",
        parameters=[REPORT_TYPE], responses=GroupSerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str) -> Response:
        report = parameters.named_variant(report_type, "fo").report
        return Response(GroupSerializer(report.groups, many=True).data)


class StatusView(CotView):
    """What is stored, how fresh it is, what is awaited."""

    @extend_schema(operation_id="cot_status", tags=TAG, summary="State of the data", responses=StatusSerializer)
    def get(self, request: Request) -> Response:
        return Response(StatusSerializer(status.status(timezone.now())).data)


class CalendarView(CotView):
    """When each report was, or will be, released; by default a year back and a year ahead."""

    @extend_schema(
        operation_id="cot_calendar", tags=TAG, summary="Release calendar", responses=EntrySerializer(many=True),
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="First report date."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last report date, at most ten years later."),
        ],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        first, last = parameters.day_range(request.query_params, "from", "to")
        if not all(FIRST_DAY <= day <= LAST_DAY for day in (first, last) if day):
            raise InvalidRange
        today = timezone.now().date()
        first = first or (last or today) - timedelta(days=365)
        last = last or first + timedelta(days=730)
        if not timedelta(0) <= last - first <= timedelta(days=3660):
            raise InvalidRange
        return Response(EntrySerializer(schedule.entries(first, last), many=True).data)


class CategoriesView(CotView):
    """Categories of the newest report with their share of open interest."""

    @extend_schema(
        operation_id="cot_categories", tags=TAG, summary="Categories", parameters=[SUBTYPE_QUERY],
        responses=CategorySerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        subtype = parameters.choice(request.query_params, "subtype", SUBTYPES, "fo")
        return Response(CategorySerializer(quality.categories(subtype), many=True).data)


class Page(KnownParameters, CotView):
    """A paged list of rows that a person filters by variant and code."""

    pagination_class = ItemsPagination

    def page(self, rows: Any, serializer: type[BaseSerializer[Any]]) -> Response:
        """The asked-for slice of a queryset or list."""
        paginator = self.pagination_class()
        return paginator.get_paginated_response(
            serializer(paginator.paginate_queryset(rows, self.request, self), many=True).data
        )

    def variant_filter(self, prefix: str = "") -> dict[str, str]:
        """`report_type` and `subtype` of the query, as far as they are given."""
        query = self.request.query_params
        given = {
            "report_type": parameters.choice(query, "report_type", REPORT_TYPES, ""),
            "subtype": parameters.choice(query, "subtype", SUBTYPES, ""),
        }
        return {prefix + name: value for name, value in given.items() if value}


class QualityView(Page):
    """Rows that were set aside, questions for a person, the download log, gaps in the series."""

    parameters = ("kind", "open", "report_type", "subtype", "code")
    kinds: Final = ("quarantine", "review", "files", "gaps")

    @extend_schema(
        operation_id="cot_quality", tags=TAG, summary="Quality of the data",
        parameters=[
            text("kind", "What to list.", enum=["quarantine", "review", "files", "gaps"]),
            OpenApiParameter("open", OpenApiTypes.BOOL, description="Only what is not settled (default true)."),
            *VARIANT_QUERY, text("code", "Contract code."),
        ],
        responses=QUALITY_ITEMS,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        kind = parameters.choice(request.query_params, "kind", self.kinds, "quarantine")
        match kind:
            case "review":
                return self.page(self._reviews(), ReviewItemSerializer)
            case "files":
                return self.page(SourceFile.objects.filter(**self.variant_filter()), SourceFileSerializer)
            case "gaps":
                return self.page(self._gaps(), GapSerializer)
        return self.page(self._quarantined(), QuarantinedRowSerializer)

    def _only(self, rows: QuerySet[Any], settled: str, code: str) -> QuerySet[Any]:
        query = self.request.query_params
        if parameters.flag(query, "open", default=True):
            rows = rows.filter(**{settled: None})
        return rows.filter(**{code: query["code"]}) if query.get("code") else rows

    def _quarantined(self) -> QuerySet[QuarantinedRow]:
        rows = QuarantinedRow.objects.select_related("source_file").filter(**self.variant_filter())
        return self._only(rows, "resolved_at", "code").order_by("-last_seen", "-id")

    def _reviews(self) -> QuerySet[ReviewItem]:
        return self._only(ReviewItem.objects.all(), "closed_at", "market_id")

    def _gaps(self) -> list[quality.Gap]:
        asked, code = self.variant_filter(), self.request.query_params.get("code", "")
        chosen = [
            variant
            for variant in VARIANTS.values()
            if asked.get("report_type", variant.type) == variant.type
            and asked.get("subtype", variant.subtype) == variant.subtype
        ]
        found = [gap for variant in chosen for gap in quality.gaps(variant)]
        return [gap for gap in found if code in ("", gap.code)]


class RevisionsView(Page):
    """Every number that a later file replaced, the last replaced first; a page counts replaced rows, not cells."""

    parameters = ("report_type", "subtype", "code", "since")

    @extend_schema(
        operation_id="cot_revisions", tags=TAG, summary="Replaced numbers",
        parameters=[
            *VARIANT_QUERY, text("code", "Contract code."),
            OpenApiParameter("since", OpenApiTypes.DATE, description="Only what was replaced since that day."),
        ],
        responses=ChangedCellSerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        rows = quality.replaced().filter(**self.variant_filter("observation__"))
        if code := request.query_params.get("code"):
            rows = rows.filter(observation__market_id=code)
        if since := parameters.day(request.query_params, "since"):
            rows = rows.filter(superseded_at__date__gte=since)
        return self._cells(rows)

    def _cells(self, rows: QuerySet[ObservationVersion]) -> Response:
        paginator = self.pagination_class()
        versions = paginator.paginate_queryset(rows, self.request, self)
        cells = ChangedCellSerializer(quality.changed_cells(versions), many=True)
        return paginator.get_paginated_response(list(cells.data))


class WatchlistView(CotView):
    """The caller's own list of markets."""

    @extend_schema(
        operation_id="cot_watchlist", tags=TAG, summary="Watched codes",
        responses={200: {"type": "array", "items": {"type": "string"}}},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response(watchlist.codes(person(request)))


class WatchItemView(CotView):
    """One market on the caller's list."""

    @extend_schema(
        operation_id="cot_watch", tags=TAG, summary="Watch a market", parameters=[path("code", "Contract code.")],
        request=None, responses={204: None},
    )  # fmt: skip
    def put(self, request: Request, code: str) -> Response:
        watchlist.watch(user=person(request), code=code)
        return Response(status=http.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="cot_unwatch", tags=TAG, summary="Stop watching a market",
        parameters=[path("code", "Contract code.")], responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, code: str) -> Response:
        watchlist.unwatch(user=person(request), code=code)
        return Response(status=http.HTTP_204_NO_CONTENT)
