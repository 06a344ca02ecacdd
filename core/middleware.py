"""What happens to every request, whatever view it meets: an id, one log line, the one error body under /api/."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject, empty

from core import error_pages, errors
from core.api import is_api, json_error

GetResponse = Callable[[HttpRequest], HttpResponseBase]

log = structlog.get_logger("core.request")
INBOUND_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class RequestLog:
    """Gives the request its id, repeats it in `X-Request-ID`, writes one line when it is answered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request.request_id = self.id_of(request)  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=request.request_id):  # type: ignore[attr-defined]
            response = self.get_response(request)
            response["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
            log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                latency_ms=round((time.perf_counter() - started) * 1000, 1),
                user_id=known_user(request),
            )
        return response

    @staticmethod
    def id_of(request: HttpRequest) -> str:
        inbound = request.headers.get("X-Request-ID", "")
        return inbound if INBOUND_ID.fullmatch(inbound) else str(uuid.uuid4())


def known_user(request: HttpRequest) -> str | None:
    """The key of the person if this request looked it up; asking here would cost a query."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user.__dict__["_wrapped"] is empty:
        return None
    return str(user.pk) if user is not None and user.pk else None


class ApiErrors:
    """Under /api/ an error that was not made by the API's own handler gets its body here.

    That is what Django itself answers: a refused host, a broken middleware, the debug pages. A page of ours is never
    empty either: Django answers a wrong method with nothing at all.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < 400 or getattr(response, "exception", False):
            return response
        if is_api(request):
            answer: HttpResponseBase = json_error(errors.for_status(response.status_code), request)
        elif response.status_code == 405:
            answer = error_pages.wrong_method(request)
        else:
            return response
        for name in ("Allow", "Retry-After"):
            if name in response:
                answer[name] = response[name]
        return answer


def permissions_policy(get_response: GetResponse) -> GetResponse:
    """No page of ours needs the camera, the microphone or the place."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        return response

    return middleware


def kept_by_nobody(get_response: GetResponse) -> GetResponse:
    """An answer that does not say who may keep it is kept by nobody: most are about one person."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def refuse_nul(get_response: GetResponse) -> GetResponse:
    """No address of ours has a NUL in it, and PostgreSQL cannot even be asked about one: 400 instead of a bug."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            # not raised: Django would write a traceback for each
            return error_pages.error_answer(request, errors.BadRequest())
        return get_response(request)

    return middleware
