"""Django's error handlers: pages get HTML with the request id, paths under /api/ the one error body."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus
from typing import Any

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from core import errors
from core.api import as_app_error, error_headers, is_api, json_error, request_id

log = logging.getLogger(__name__)


def error_answer(request: HttpRequest, error: errors.AppError, message: str = "") -> HttpResponse:
    """The error as the API or as a page says it; `message` replaces what the page says by itself."""
    if is_api(request):
        return json_error(error, request)
    response = error_page(
        request, error.status, message, retry_after=error.details.get("retry_after")
    )
    for name, value in error_headers(error).items():
        response[name] = value
    return response


def error_page(
    request: HttpRequest, status: int, message: str = "", **context: Any
) -> HttpResponse:
    """`errors/<status>.html`; where its shell fails, the page that needs none: 503 when the database is away."""
    context |= {"status": status, "message": message, "request_id": request_id(request)}
    try:
        html = render_to_string(
            [f"errors/{status}.html", "errors/500.html"], context, request=request
        )
    except Exception as broken:
        log.exception("The page of error %s cannot be shown", status)
        error = as_app_error(broken)
        away = isinstance(error, errors.Unavailable)
        context |= {"message": str(error.message) if away else ""}
        return _bare_page(request, error.status if away else status, context)
    return HttpResponse(html, status=status)


def _bare_page(request: HttpRequest, status: int, context: dict[str, Any]) -> HttpResponse:
    """The page without session and database; else one plain line: an error page never fails itself."""
    try:
        return HttpResponse(
            render_to_string("errors/500.html", context, request=request), status=status
        )
    except Exception:
        log.exception("Not even the bare error page can be shown")
        return HttpResponse(
            f"{status} {HTTPStatus(status).phrase}", status=status, content_type="text/plain"
        )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    unknown_host = gettext(
        "This server does not answer under that name. Its operator can add the name to EXTRA_HOSTS."
    )
    return error_answer(
        request,
        as_app_error(exception),
        unknown_host if isinstance(exception, DisallowedHost) else "",
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(request, errors.Forbidden(), str(exception))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_answer(request, errors.Forbidden(code="csrf_failed"))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_answer(request, errors.NotFound())


def wrong_method(request: HttpRequest) -> HttpResponse:
    """Somebody opened an address that only takes what a form sends, perhaps after signing in on the way there."""
    message = gettext(
        "This address only takes what a form sends. Nothing was changed; please press the button again."
    )
    return error_page(request, 405, message)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return error_answer(request, errors.Limited(60))


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug, or an `AppError` that a page let through: the status says which (503 when the database is away)."""
    error = as_app_error(sys.exc_info()[1])
    return error_answer(request, error, str(error.message) if error.status != 500 else "")
