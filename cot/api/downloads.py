"""Downloads of many weeks."""

from __future__ import annotations

import tempfile
from typing import Any

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from core import versions
from cot import parameters
from cot.api import bodies
from cot.api.conditional import versioned
from cot.api.queries import ExportQuery
from cot.api.reference import REPORT_TYPE, SUBTYPE_PATH, TAG, CotView
from cot.selectors import exports
from cot.selectors.exports import Selection


class ByParameter(BaseContentNegotiation):
    """`format` decides what a download is, not the Accept header of a browser."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


class ExportView(CotView):
    """The weeks of many markets as one file; at most 250,000 rows."""

    content_negotiation_class = ByParameter

    @extend_schema(
        operation_id="cot_export", tags=TAG, summary="Download weeks",
        parameters=[REPORT_TYPE, SUBTYPE_PATH, *ExportQuery.openapi()],
        responses={(200, kind.partition(";")[0]): OpenApiTypes.BINARY for kind in exports.TYPES.values()},
    )  # fmt: skip
    @versioned
    def get(self, request: Request, report_type: str, subtype: str) -> HttpResponseBase:
        asked = ExportQuery.of(request.query_params)
        selection = Selection(
            variant=parameters.named_variant(report_type, subtype),
            asked=asked,
            codes=[bodies.known_code(code) for code in asked.codes],
            categories=asked.category,
        )
        selection.check_size()
        return download(selection, asked.format)


def download(selection: Selection, form: str) -> HttpResponseBase:
    """The file under a name that says what is in it."""
    name = "-".join([selection.variant.key, *sorted(selection.codes)[:1], selection.asked.fields]) + f".{form}"
    if writer := exports.TEXTS.get(form):
        answer: HttpResponseBase = StreamingHttpResponse(writer(selection), content_type=exports.TYPES[form])
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it when it is sent
    exports.write_parquet(selection, file, data_version=versions.numbers("cot")["cot"])
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=name, content_type=exports.TYPES[form])
