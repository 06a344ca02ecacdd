"""The positioning API: state of the data, calendar, quality, registry, watch list."""

from __future__ import annotations

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

from accounts.permissions import ModuleAccess, caller
from core.api import ItemsPagination, KnownParameters
from cot import parameters
from cot.api.queries import CalendarQuery, CategoriesQuery, QualityQuery, RevisionsQuery
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
from cot.catalogue.codes import typed
from cot.kept import versioned
from cot.models import ObservationVersion, QuarantinedRow, ReviewItem, SourceFile
from cot.publication import schedule
from cot.selectors import market, quality, status, watchlist
from cot.variants import REPORTS, SUBTYPE_NAMES, VARIANTS

REPORT_TYPES: Final = list(REPORTS)
SUBTYPES: Final = list(SUBTYPE_NAMES)
TAG: Final = ["cot"]


def path(name: str, description: str, **more: Any) -> OpenApiParameter:
    """A part of the path."""
    return OpenApiParameter(
        name, OpenApiTypes.STR, OpenApiParameter.PATH, description=description, **more
    )


REPORT_TYPE: Final = path("report_type", "Report type.", enum=REPORT_TYPES)
SUBTYPE_PATH: Final = path(
    "subtype", "Futures only, or futures and options combined.", enum=SUBTYPES
)


class CotView(APIView):
    """A view of the module `cot`."""

    module = "cot"
    permission_classes = [ModuleAccess]


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

    @extend_schema(
        operation_id="cot_status", tags=TAG, summary="State of the data", responses=StatusSerializer
    )
    def get(self, request: Request) -> Response:
        return Response(StatusSerializer(status.status(timezone.now())).data)


class CalendarView(CotView):
    """When each report was, or will be, released; by default a year back and a year ahead."""

    @extend_schema(
        operation_id="cot_calendar", tags=TAG, summary="Release calendar", responses=EntrySerializer(many=True),
        parameters=CalendarQuery.openapi(),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        first, last = CalendarQuery.of(request.query_params).period(timezone.now().date())
        return Response(EntrySerializer(schedule.entries(first, last), many=True).data)


class CategoriesView(CotView):
    """Categories of the newest report with their share of open interest."""

    @extend_schema(
        operation_id="cot_categories", tags=TAG, summary="Categories", parameters=CategoriesQuery.openapi(),
        responses=CategorySerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        asked = CategoriesQuery.of(request.query_params)
        return Response(CategorySerializer(quality.categories(asked.subtype), many=True).data)


class PagedList(KnownParameters, CotView):
    """A paged list of rows that a person filters by variant and code."""

    pagination_class = ItemsPagination

    def page(self, rows: Any, serializer: type[BaseSerializer[Any]]) -> Response:
        """The asked-for slice of a queryset or list."""
        paginator = self.pagination_class()
        return paginator.get_paginated_response(
            serializer(paginator.paginate_queryset(rows, self.request, self), many=True).data
        )


class QualityView(PagedList):
    """Rows that were set aside, questions for a person, the download log, gaps in the series."""

    query_class = QualityQuery

    @extend_schema(
        operation_id="cot_quality", tags=TAG, summary="Quality of the data",
        parameters=QualityQuery.openapi(), responses=QUALITY_ITEMS,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = QualityQuery.of(request.query_params)
        match asked.kind:
            case "review":
                return self.page(_reviews(asked), ReviewItemSerializer)
            case "files":
                return self.page(
                    SourceFile.objects.filter(**asked.of_variant()), SourceFileSerializer
                )
            case "gaps":
                return self.page(_gaps(asked), GapSerializer)
        return self.page(_quarantined(asked), QuarantinedRowSerializer)


def _only(asked: QualityQuery, rows: QuerySet[Any], settled: str, code: str) -> QuerySet[Any]:
    if asked.open:
        rows = rows.filter(**{settled: None})
    return rows.filter(**{f"{code}__in": typed(asked.code)}) if asked.code else rows


def _quarantined(asked: QualityQuery) -> QuerySet[QuarantinedRow]:
    rows = QuarantinedRow.objects.select_related("source_file").filter(**asked.of_variant())
    return _only(asked, rows, "resolved_at", "code").order_by("-last_seen", "-id")


def _reviews(asked: QualityQuery) -> QuerySet[ReviewItem]:
    return _only(asked, ReviewItem.objects.all(), "closed_at", "market_id")


def _gaps(asked: QualityQuery) -> list[quality.Gap]:
    chosen = [
        variant
        for variant in VARIANTS.values()
        if asked.report_type in ("", variant.type) and asked.subtype in ("", variant.subtype)
    ]
    found = [gap for variant in chosen for gap in quality.gaps(variant)]
    return [gap for gap in found if not asked.code or gap.code in typed(asked.code)]


class RevisionsView(PagedList):
    """Every number that a later file replaced, the last replaced first; a page counts replaced rows, not cells."""

    query_class = RevisionsQuery

    @extend_schema(
        operation_id="cot_revisions", tags=TAG, summary="Replaced numbers",
        parameters=RevisionsQuery.openapi(),
        responses=ChangedCellSerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        asked = RevisionsQuery.of(request.query_params)
        rows = quality.replaced().filter(**asked.of_variant("observation__"))
        if asked.code:
            rows = rows.filter(observation__market_id__in=typed(asked.code))
        if asked.since:
            rows = rows.filter(superseded_at__date__gte=asked.since)
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
        return Response(watchlist.codes(caller(request)))


class WatchItemView(CotView):
    """One market on the caller's list."""

    personal = True

    @extend_schema(
        operation_id="cot_watch", tags=TAG, summary="Watch a market", parameters=[path("code", "Contract code.")],
        request=None, responses={204: None},
    )  # fmt: skip
    def put(self, request: Request, code: str) -> Response:
        watchlist.watch(user=caller(request), code=market.meant(code))
        return Response(status=http.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="cot_unwatch", tags=TAG, summary="Stop watching a market",
        parameters=[path("code", "Contract code.")], responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, code: str) -> Response:
        watchlist.unwatch(user=caller(request), code=market.meant(code))
        return Response(status=http.HTTP_204_NO_CONTENT)
