"""Markets, their weeks and the board over the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import caller
from core.api import ItemsPagination
from core.caching import cached_json
from cot import feed, lifetimes, parameters
from cot.api import bodies, dashboard_body
from cot.api.market_serializers import (
    BoardRowSerializer,
    DashboardSerializer,
    DefinitionSerializer,
    MarketDetailSerializer,
    MarketMetaSerializer,
    ScreenerRowSerializer,
)
from cot.api.queries import BestBoardQuery, DashboardQuery, DefinitionsQuery, MarketsQuery
from cot.api.reference import REPORT_TYPE, SUBTYPE_PATH, TAG, CotView, PagedList, path
from cot.columns import DEFINITIONS
from cot.kept import personal, versioned
from cot.selectors import watchlist
from cot.selectors.board_query import BoardQuery
from cot.selectors.weeks import WeeksQuery
from cot.variants import Subtype


def _meta_of() -> tuple[str | None, str]:
    """What `meta` and the names in a kept body depend on besides the data: the language, and the state of the feed."""
    return get_language(), feed.feed_at(timezone.now()).state


class MarketsView(CotView):
    """Every market of a variant with the dates it covers."""

    @extend_schema(
        operation_id="cot_markets", tags=TAG, summary="Markets of a variant",
        parameters=[REPORT_TYPE, SUBTYPE_PATH, *MarketsQuery.openapi()],
        responses=MarketMetaSerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str) -> Response:
        variant, asked = (
            parameters.named_variant(report_type, subtype),
            MarketsQuery.of(request.query_params),
        )
        return Response(
            bodies.markets(variant, category=asked.category, q=asked.q, universe=asked.universe)
        )


class MarketView(CotView):
    """One market with its weeks, newest first."""

    @extend_schema(
        operation_id="cot_market", tags=TAG, summary="Weeks of a market", responses=MarketDetailSerializer,
        parameters=[
            REPORT_TYPE, SUBTYPE_PATH, path("code", "Contract code; a plus sign may be sent as %2B."),
            *WeeksQuery.openapi(),
        ],
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str, code: str) -> HttpResponse:
        variant, asked = (
            parameters.named_variant(report_type, subtype),
            WeeksQuery.of(request.query_params),
        )
        market = bodies.known_code(code)
        body = cached_json(
            ("cot-market", variant.key, market, asked, *_meta_of()), depends_on=("cot",), seconds=lifetimes.MARKET,
            compute=lambda: bodies.market(variant, market, asked),
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class BoardPagination(ItemsPagination):
    default_limit = 0
    max_limit = 1000
    zero_is_all = True

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A page of the board says of when it is, as a market does."""
        page = super().get_paginated_response_schema(schema)
        page["required"].append("meta")
        page["properties"]["meta"] = {"$ref": "#/components/schemas/Meta"}
        return page


class BoardPage(PagedList):
    """Rows of the board, filtered and sorted as the page does it."""

    pagination_class = BoardPagination
    query_class = BoardQuery

    def rows(
        self, request: Request, subtype: Subtype, report_type: str | None, asked: BoardQuery
    ) -> HttpResponse:
        user = caller(request)

        def answer() -> object:
            rows, newest = bodies.board(subtype, asked, report_type=report_type, user_id=user.pk)
            paginator = self.pagination_class()
            page = paginator.get_paginated_response(
                paginator.paginate_queryset(rows, request, self)
            )
            return {**page.data, "meta": bodies.meta(newest, as_of=asked.as_of)}

        part = (
            subtype,
            report_type,
            asked,
            *(request.query_params.get(name) for name in ("limit", "offset")),
        )
        body = cached_json(
            ("cot-board", *part, watchlist.codes(user), *_meta_of()), depends_on=("cot",), seconds=lifetimes.BOARD,
            compute=answer,
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class ReportBoardView(BoardPage):
    """The board of one report type."""

    @extend_schema(
        operation_id="cot_screener", tags=TAG, summary="Board of a report",
        parameters=[REPORT_TYPE, SUBTYPE_PATH, *BoardQuery.openapi()], responses=ScreenerRowSerializer(many=True),
    )  # fmt: skip
    @personal
    def get(self, request: Request, report_type: str, subtype: str) -> HttpResponse:
        variant = parameters.named_variant(report_type, subtype)
        return self.rows(
            request, variant.subtype, variant.type, BoardQuery.of(request.query_params)
        )


class BestReportView(BoardPage):
    """The board with every market in its most telling report."""

    query_class = BestBoardQuery

    @extend_schema(
        operation_id="cot_screener_v2", tags=TAG, summary="Board, best report per market",
        parameters=BestBoardQuery.openapi(), responses=BoardRowSerializer(many=True),
    )  # fmt: skip
    @personal
    def get(self, request: Request) -> HttpResponse:
        asked = BestBoardQuery.of(request.query_params)
        return self.rows(request, asked.subtype, None, asked)


class DashboardView(CotView):
    """Key figures and blocks of one market."""

    @extend_schema(
        operation_id="cot_dashboard", tags=TAG, summary="Dashboard of a market", responses=DashboardSerializer,
        parameters=[path("code", "Contract code; a plus sign may be sent as %2B."), *DashboardQuery.openapi()],
    )  # fmt: skip
    @versioned
    def get(self, request: Request, code: str) -> HttpResponse:
        market, asked = bodies.known_code(code), DashboardQuery.of(request.query_params)
        body = cached_json(
            ("cot-dashboard", market, asked, *_meta_of()), depends_on=("cot",), seconds=lifetimes.MARKET,
            compute=lambda: dashboard_body.body(market, asked),
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class DefinitionsView(CotView):
    """What every column and indicator means, in the language asked for, else in that of the request."""

    @extend_schema(
        operation_id="cot_definitions", tags=TAG, summary="Definitions", responses=DefinitionSerializer(many=True),
        parameters=DefinitionsQuery.openapi(),
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        language = DefinitionsQuery.of(request.query_params).lang or get_language()
        with translation.override(language):
            return Response(DefinitionSerializer(DEFINITIONS, many=True).data)
