"""Error pages: HTML with the request id. Under /api/ `middleware.ApiErrors` puts the JSON body in their place."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from equilibrium.api import as_app_error, request_id

log = logging.getLogger(__name__)


def error_page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """`errors/<status>.html`, else `errors/500.html`, else one plain line: an error page never fails itself."""
    context = {"status": status, "message": message, "request_id": request_id(request)}
    try:
        html = render_to_string([f"errors/{status}.html", "errors/500.html"], context, request=request)
    except Exception:
        log.exception("The page of error %s cannot be shown", status)
        return HttpResponse(f"{status} {HTTPStatus(status).phrase}", status=status, content_type="text/plain")
    return HttpResponse(html, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, as_app_error(exception).status)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 403, str(exception))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return error_page(request, 404)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return error_page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug, or an `AppError` that a page let through: the status says which (503 when the database is away)."""
    error = as_app_error(sys.exc_info()[1])
    return error_page(request, error.status, str(error.message) if error.status != 500 else "")
