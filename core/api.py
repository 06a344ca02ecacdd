"""API conventions, once for all apps: one error body, one kind of paged list, strict JSON, known parameters."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network
from typing import IO, TYPE_CHECKING, Any, ClassVar, NoReturn

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.throttling import AnonRateThrottle, UserRateThrottle

from core import errors
from core.query import Query, whole

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which imports this module to read its settings

log = logging.getLogger(__name__)

NO_FIELD = "non_field_errors"  # what DRF calls messages about the body as a whole


def error_body(error: errors.AppError, request_id: str) -> dict[str, Any]:
    """The one body of every error under /api/."""
    message = str(error.message)
    return {
        "detail": message,
        "error": {"code": error.code, "message": message, "details": error.details},
        "request_id": request_id,
    }


def asks_for_a_sign_in(error: errors.AppError) -> bool:
    """Who comes with a token that has expired goes to renew it instead."""
    return error.status == 401 and error.code != "token_expired"


def error_headers(error: errors.AppError) -> dict[str, str]:
    """How to sign in after 401, when to come back after 429."""
    if asks_for_a_sign_in(error):
        return {"WWW-Authenticate": "Bearer"}
    if "retry_after" in error.details:
        return {"Retry-After": str(error.details["retry_after"])}
    return {}


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 with Z, as every body says a moment in UTC."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook: whatever a view raised, as the one error body; what we did not foresee goes to the log."""
    request: Request = context["request"]
    error = as_app_error(exc)
    if asks_for_a_sign_in(error):
        error = _counted(context.get("view"), request) or error
    if error.status == 500:
        log.error("Unhandled exception in an API view", exc_info=exc)
    # also where the view itself answers in HTML, YAML or CSV
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    body = error_body(error, request_id(request))
    return Response(body, status=error.status, headers=error_headers(error), exception=True)


def _counted(view: APIView | None, request: Request) -> errors.AppError | None:
    """429 for a stranger who was refused too often: DRF asks who it is before it counts."""
    if view is None or getattr(request, "was_counted", False):
        return None
    request.user = AnonymousUser()  # asking who it is would raise the same error again
    try:
        view.check_throttles(request)
    except exceptions.Throttled as throttled:
        return as_app_error(throttled)
    return None


def json_error(error: errors.AppError, request: HttpRequest) -> JsonResponse:
    """The same answer for what went wrong outside of an API view."""
    response = JsonResponse(
        error_body(error, request_id(request)), status=error.status, headers=error_headers(error)
    )
    response.exception = True  # type: ignore[attr-defined]  # as DRF marks its own: this body is final
    return response


def is_api(request: HttpRequest) -> bool:
    """The path decides, not the Accept header."""
    return request.path.startswith("/api/")


def request_id(request: HttpRequest | Request) -> str:
    """The id that the middleware gave this request; empty in a test that calls a view without it."""
    return getattr(request, "request_id", "")


def as_app_error(exc: BaseException | None) -> errors.AppError:
    """The error that answers an exception; a plain 500 for everything unforeseen."""
    match exc:
        case errors.AppError():
            return exc
        case exceptions.APIException():
            return _from_rest_framework(exc)
        case DjangoValidationError():
            return errors.Invalid(details=_fields(as_serializer_error(exc)))
        case Http404():
            return errors.NotFound()
        case PermissionDenied():
            return errors.Forbidden(code="permission_denied")
        case RequestDataTooBig():
            return errors.PayloadTooLarge()
        case SuspiciousOperation():
            return errors.BadRequest()
        case OperationalError() | InterfaceError():
            return errors.DatabaseUnavailable()
    return errors.AppError()


def _from_rest_framework(exc: exceptions.APIException) -> errors.AppError:
    match exc:
        case exceptions.ValidationError():
            return errors.Invalid(details=_fields(exc.detail))
        case exceptions.NotAuthenticated():
            return errors.AuthenticationError()
        case exceptions.AuthenticationFailed():
            return errors.AuthenticationError(_text(exc), code=_code(exc))
        case exceptions.PermissionDenied():
            return errors.Forbidden(_text(exc), code=_code(exc))
        case exceptions.Throttled():
            return errors.Limited(math.ceil(getattr(exc, "wait", None) or 1))
        case exceptions.ParseError():
            return errors.MalformedJson(_text(exc))
    return errors.for_status(exc.status_code)


def _text(exc: exceptions.APIException) -> str | None:
    return str(exc.detail) if isinstance(exc.detail, str) else None


def _code(exc: exceptions.APIException) -> str | None:
    code = exc.get_codes()
    return code if isinstance(code, str) else None


def _fields(detail: Any, field: str = NO_FIELD) -> dict[str, list[str]]:
    """A list of messages for each field; one within another is named by its path, as `preferred_sectors.0`."""
    parts: Iterable[tuple[Any, Any]]
    if isinstance(detail, Mapping):
        parts = detail.items()
    elif isinstance(detail, list) and any(isinstance(part, Mapping | list) for part in detail):
        parts = enumerate(detail)
    else:
        return {field: [str(text) for text in (detail if isinstance(detail, list) else [detail])]}
    found: dict[str, list[str]] = {}
    for name, part in parts:
        steps = [str(step) for step in (field, name) if step != NO_FIELD]
        found |= _fields(part, ".".join(steps) or NO_FIELD)
    return found


class JsonParser(parsers.JSONParser):
    """Strict UTF-8 JSON of bounded size: no NaN, no lone surrogates, no bottomless nesting."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise errors.PayloadTooLarge
        try:
            text = raw.decode()
            data = json.loads(text, parse_constant=_refuse_constant)
            if "\\u" in text:
                json.dumps(
                    data, ensure_ascii=False
                ).encode()  # a lone surrogate cannot be stored as UTF-8
        except (ValueError, RecursionError) as error:
            raise errors.MalformedJson from error
        return data


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class PersonThrottle(UserRateThrottle):
    """THROTTLE_USER counts people; who is not signed in is counted by address alone (THROTTLE_ANON)."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return (
            super().get_cache_key(request, view)
            if request.user and request.user.is_authenticated
            else None
        )


class AddressThrottle(AnonRateThrottle):
    """THROTTLE_ANON; notes on the request that it was counted."""

    def allow_request(self, request: Request, view: Any) -> bool:
        request.was_counted = True  # type: ignore[attr-defined]
        return super().allow_request(request, view)

    def get_ident(self, request: Request) -> str:
        """Of IPv6 the /64, which is what one customer has."""
        ident = super().get_ident(request)
        try:
            address = IPv6Address(ident)
        except ValueError:
            return ident
        return str(address.ipv4_mapped or IPv6Network((address, 64), strict=False))


class ItemsPagination(LimitOffsetPagination):
    """`{items, total, limit, offset}`; negative or non-numeric parameters are 422, beyond the end is empty.

    Subclass it for other limits. `zero_is_all` lets `limit=0` answer everything that is there.
    """

    default_limit: int = 50
    max_limit: int = 500
    zero_is_all: bool = False
    template = None

    def get_limit(self, request: Request) -> int:
        return whole_number(
            request,
            "limit",
            default=self.default_limit,
            least=0 if self.zero_is_all else 1,
            most=self.max_limit,
        )

    def get_offset(self, request: Request) -> int:
        return whole_number(request, "offset", default=0)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.limit = self.get_limit(request)
        self.offset = self.get_offset(request)
        self.count = self.get_count(queryset)
        if self.offset >= self.count:
            return []
        end = None if self.limit == 0 else self.offset + self.limit
        return list(queryset[self.offset : end])

    def get_paginated_response(self, data: Sequence[Any]) -> Response:
        return Response(
            {"items": data, "total": self.count, "limit": self.limit, "offset": self.offset}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        number = {"type": "integer", "minimum": 0}
        return {
            "type": "object",
            "required": ["items", "total", "limit", "offset"],
            "properties": {"items": schema, "total": number, "limit": number, "offset": number},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        limit = {
            "type": "integer",
            "minimum": 0 if self.zero_is_all else 1,
            "maximum": self.max_limit,
            "default": self.default_limit,
        }
        offset = {"type": "integer", "minimum": 0, "default": 0}
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": limit,
                "description": _("Rows a page."),
            },
            {
                "name": "offset",
                "in": "query",
                "required": False,
                "schema": offset,
                "description": _("Rows to skip."),
            },
        ]


def whole_number(
    request: Request, name: str, *, default: int, least: int = 0, most: int | None = None
) -> int:
    """The query parameter `name` as a whole number within its bounds; 422 when it is anything else."""
    text = request.query_params.get(name)
    if text is None:
        return default
    return whole(name, text, least=least, most=most)


def refuse_unknown_parameters(request: Request, known: Collection[str]) -> None:
    """422 `unknown_parameter` when the query has a parameter that is not `known`."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise errors.UnknownParameter(unknown)


class KnownParameters:
    """Mixin, before the view class, for lists: a misspelt filter is refused instead of ignored.

    Known are `parameters` or what `query_class` declares, those of the paginator and of the view's `filterset_class`.
    """

    parameters: ClassVar[Collection[str]] = ()
    query_class: ClassVar[type[Query]] = Query

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if request.method in ("GET", "HEAD"):
            refuse_unknown_parameters(request, self.known_parameters())

    def known_parameters(self) -> set[str]:
        known = {*self.parameters, *self.query_class.names()}
        if getattr(self, "pagination_class", None) is not None:
            known |= {"limit", "offset"}
        if filterset := getattr(self, "filterset_class", None):
            known |= set(filterset.base_filters)
        return known
