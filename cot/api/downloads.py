"""Downloads of many weeks."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core.exports import TYPES, download
from cot import parameters
from cot.api import bodies
from cot.api.market_serializers import ExportedWeekSerializer
from cot.api.queries import ExportQuery
from cot.api.reference import REPORT_TYPE, SUBTYPE_PATH, TAG, CotView
from cot.kept import versioned
from cot.selectors import exports
from cot.selectors.exports import Selection


class ByParameter(BaseContentNegotiation):
    """`format` decides what a download is, not the Accept header of a browser."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ExportView(CotView):
    """The weeks of many markets as one file; at most 250,000 rows.

    Every line says which market it is of (code, name, exchange, units, category) and what its groups are called
    (`g1_name` …). With `fields=full` old and other crop years stand behind (`old_g1_long`, `other_g1_long` …), null
    where nothing belongs to other crop years.
    """

    content_negotiation_class = ByParameter

    @extend_schema(
        operation_id="cot_export", tags=TAG, summary="Download weeks",
        parameters=[REPORT_TYPE, SUBTYPE_PATH, *ExportQuery.openapi()],
        responses={(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in TYPES.values()}
        | {(200, TYPES["json"]): ExportedWeekSerializer(many=True)},
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str) -> HttpResponseBase:
        asked = ExportQuery.of(request.query_params)
        variant = parameters.named_variant(report_type, subtype)
        selection = Selection(
            variant=variant,
            asked=asked,
            codes=[bodies.held_code(code, variant, asked.as_of) for code in asked.codes],
            categories=asked.category,
            spreadsheet=asked.spreadsheet and asked.format == "csv",
        )
        selection.check_size()
        return download(exports.table(selection), asked.format, exports.name(selection))
