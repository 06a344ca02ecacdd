"""Markets, their weeks and the board over the API."""

from __future__ import annotations

from typing import Final, cast

from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ItemsPagination, whole_number
from core.caching import cached_json
from cot import feed, parameters
from cot.api import bodies, dashboard_body
from cot.api.conditional import personal, versioned
from cot.api.dashboard_body import Asked
from cot.api.market_serializers import (
    BoardRowSerializer,
    DashboardSerializer,
    DefinitionSerializer,
    MarketDetailSerializer,
    MarketMetaSerializer,
    ScreenerRowSerializer,
)
from cot.api.queries import BestBoardQuery
from cot.api.reference import (
    REPORT_TYPE,
    REPORT_TYPES,
    SUBTYPE_PATH,
    SUBTYPE_QUERY,
    SUBTYPES,
    TAG,
    CotView,
    Page,
    path,
    person,
    text,
)
from cot.definitions import DEFINITIONS
from cot.selectors import dashboard, watchlist
from cot.selectors.board_query import BoardQuery
from cot.selectors.weeks import FIELDS, Fields
from cot.variants import Subtype

DETAIL_LIFE: Final = 600
BOARD_LIFE: Final = 300
LANGUAGES: Final = ("en", "uk", "ru")

CATEGORY: Final = OpenApiParameter("category", OpenApiTypes.STR, many=True, description="Category; repeatable.")
AS_OF: Final = text("as_of", "Only what was public at that instant; a date means the end of that day in New York.")


def _meta_of() -> tuple[str | None, str]:
    """What `meta` and the names in a kept body depend on besides the data: the language, and the state of the feed."""
    return get_language(), feed.feed_at(timezone.now()).state


class MarketsView(CotView):
    """Every market of a variant with the dates it covers."""

    @extend_schema(
        operation_id="cot_markets", tags=TAG, summary="Markets of a variant",
        parameters=[
            REPORT_TYPE, SUBTYPE_PATH, CATEGORY, text("q", "Words of code, name, exchange or ticker."),
            text("universe", "Default all.", enum=["all", "core"]),
        ],
        responses=MarketMetaSerializer(many=True),
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str) -> Response:
        query = request.query_params
        return Response(
            bodies.markets(
                parameters.named_variant(report_type, subtype),
                category=parameters.categories(query),
                q=query.get("q", ""),
                universe=parameters.choice(query, "universe", ("all", "core"), "all"),
            )
        )


class MarketView(CotView):
    """One market with its weeks, newest first."""

    @extend_schema(
        operation_id="cot_market", tags=TAG, summary="Weeks of a market", responses=MarketDetailSerializer,
        parameters=[
            REPORT_TYPE, SUBTYPE_PATH, path("code", "Contract code; a plus sign may be sent as %2B."),
            OpenApiParameter("weeks", OpenApiTypes.INT, description="So many newest weeks, 0 for all (at most 3000)."),
            OpenApiParameter("date_from", OpenApiTypes.DATE), OpenApiParameter("date_to", OpenApiTypes.DATE),
            text("fields", "basic; full adds strict values, traders, concentration; or facts.", enum=list(FIELDS)),
            OpenApiParameter("prices", OpenApiTypes.BOOL, description="Prices beside the weeks, null without any."),
            OpenApiParameter("strict", OpenApiTypes.BOOL, description="Leave out derived and uncertain releases."),
            AS_OF,
        ],
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str, code: str) -> HttpResponse:
        variant, choice = parameters.named_variant(report_type, subtype), choice_of(request)
        market = bodies.known_code(code)
        body = cached_json(
            ("cot-market", variant.key, market, choice, *_meta_of()), depends_on=("cot",), seconds=DETAIL_LIFE,
            compute=lambda: bodies.market(variant, market, choice),
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class BoardPagination(ItemsPagination):
    default_limit = 0
    max_limit = 1000
    zero_is_all = True


class BoardPage(Page):
    """Rows of the board, filtered and sorted as the page does it."""

    pagination_class = BoardPagination
    query_class = BoardQuery

    def rows(self, request: Request, subtype: Subtype, report_type: str | None, asked: BoardQuery) -> HttpResponse:
        user = person(request)

        def answer() -> object:
            rows = bodies.board(subtype, asked, report_type=report_type, user_id=user.pk)
            paginator = self.pagination_class()
            page = paginator.get_paginated_response(paginator.paginate_queryset(rows, request, self))
            return {**page.data, "meta": bodies.meta(as_of=asked.as_of)}

        part = subtype, report_type, asked, *(request.query_params.get(name) for name in ("limit", "offset"))
        body = cached_json(
            ("cot-board", *part, watchlist.codes(user), *_meta_of()), depends_on=("cot",), seconds=BOARD_LIFE,
            compute=answer,
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class ScreenerView(BoardPage):
    """The board of one report type."""

    @extend_schema(
        operation_id="cot_screener", tags=TAG, summary="Board of a report",
        parameters=[REPORT_TYPE, SUBTYPE_PATH, *BoardQuery.openapi()], responses=ScreenerRowSerializer(many=True),
    )  # fmt: skip
    @personal
    def get(self, request: Request, report_type: str, subtype: str) -> HttpResponse:
        variant = parameters.named_variant(report_type, subtype)
        return self.rows(request, variant.subtype, variant.type, BoardQuery.of(request.query_params))


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
        parameters=[
            path("code", "Contract code; a plus sign may be sent as %2B."),
            text("report_type", "Default the market's primary report.", enum=REPORT_TYPES), SUBTYPE_QUERY,
            text("range", "How far back (default 3Y).", enum=list(dashboard.RANGES)),
            OpenApiParameter("lookback", OpenApiTypes.INT, description="Observations behind a score (the range)."),
            text("group", "g1 to g5; default the speculators."), AS_OF,
        ],
    )  # fmt: skip
    @versioned
    def get(self, request: Request, code: str) -> HttpResponse:
        query = request.query_params
        weeks = dashboard.RANGES[parameters.choice(query, "range", dashboard.RANGES, "3Y")]
        asked = Asked(
            code=bodies.known_code(code),
            report_type=parameters.choice(query, "report_type", REPORT_TYPES, ""),
            subtype=parameters.choice(query, "subtype", SUBTYPES, "fo"),
            group=query.get("group", ""),
            weeks=weeks,
            lookback=whole_number(request, "lookback", default=weeks or 0, least=2, most=3000) or None,
            as_of=parameters.knowledge_instant(query),
        )
        body = cached_json(
            ("cot-dashboard", asked, *_meta_of()), depends_on=("cot",), seconds=DETAIL_LIFE,
            compute=lambda: dashboard_body.body(asked),
        )  # fmt: skip
        return HttpResponse(body, content_type="application/json")


class DefinitionsView(CotView):
    """What every column and indicator means, in the language asked for, else in that of the request."""

    @extend_schema(
        operation_id="cot_definitions", tags=TAG, summary="Definitions", responses=DefinitionSerializer(many=True),
        parameters=[text("lang", "Language; default that of the request.", enum=LANGUAGES)],
    )  # fmt: skip
    @versioned
    def get(self, request: Request) -> Response:
        language = parameters.choice(request.query_params, "lang", LANGUAGES, "") or get_language()
        with translation.override(language):
            return Response(DefinitionSerializer(DEFINITIONS, many=True).data)


def choice_of(request: Request, *, fields: Fields = "basic") -> bodies.Choice:
    """Which weeks and which columns the query asks for; `fields` is what it gets when it does not say."""
    query = request.query_params
    first, last = parameters.day_range(query)
    parameters.flag(query, "prices")
    return bodies.Choice(
        count=whole_number(request, "weeks", default=0, most=3000),
        date_from=first,
        date_to=last,
        fields=cast("Fields", parameters.choice(query, "fields", FIELDS, fields)),
        strict=parameters.flag(query, "strict"),
        as_of=parameters.knowledge_instant(query),
    )
