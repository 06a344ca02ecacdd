"""The errors a service may raise. Each failure is a named subclass with its code; `api.exception_handler` maps them.

Knows no request and no response: `status` is what the edge answers, `code` never changes, `message` is translated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _

from core.words import Words


class AppError(Exception):
    """Something we foresaw. A subclass fixes status, code and message; details are facts a program can read."""

    status: ClassVar[int] = 500
    code: str = "internal_error"
    message: Words = _("Internal server error")

    def __init__(
        self,
        message: Words | None = None,
        *,
        code: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = self.message if message is None else message
        self.code = code or self.code
        self.details: dict[str, Any] = dict(details or {})
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class BadRequest(AppError):
    status = 400
    code = "bad_request"
    message = _("The request cannot be understood.")


class MalformedJson(BadRequest):
    code = "malformed_json"
    message = _("The body is not valid JSON.")


class InvalidTime(BadRequest):
    """Days and moments that are none; `details` says why, as a list of messages for each parameter."""

    def __init__(self, names: Iterable[str], message: Words) -> None:
        super().__init__(message, details={name: [str(message)] for name in names})


class InvalidDate(InvalidTime):
    code = "invalid_date"


class InvalidDatetime(InvalidTime):
    code = "invalid_datetime"


class InvalidRange(InvalidTime):
    """Two days that make no period, or a longer one than can be answered."""

    code = "invalid_range"


class AuthenticationError(AppError):
    status = 401
    code = "not_authenticated"
    message = _("Sign in to use this.")


class Forbidden(AppError):
    status = 403
    code = "forbidden"
    message = _("You do not have the right to do this.")


class NotFound(AppError):
    status = 404
    code = "not_found"
    message = _("Not found.")


class MethodNotAllowed(AppError):
    status = 405
    code = "method_not_allowed"
    message = _("This method is not allowed here.")


class NotAcceptable(AppError):
    status = 406
    code = "not_acceptable"
    message = _("None of the accepted media types can be produced.")


class Conflict(AppError):
    status = 409
    code = "conflict"
    message = _("The current state does not allow this.")


class PayloadTooLarge(AppError):
    status = 413
    code = "payload_too_large"
    message = _("The request body is too large.")


class UnsupportedMediaType(AppError):
    status = 415
    code = "unsupported_media_type"
    message = _("This media type is not understood here.")


class Invalid(AppError):
    """Input that fails validation; `details` holds a list of messages for each field, and nothing else."""

    status = 422
    code = "validation_error"
    message = _("The input is not valid.")


class UnknownParameter(Invalid):
    """A query parameter that a list does not know: most likely a misspelt filter."""

    code = "unknown_parameter"

    def __init__(self, names: list[str]) -> None:
        super().__init__(
            _("Unknown query parameter: %(names)s.") % {"names": ", ".join(names)},
            details={name: [_("Unknown query parameter.")] for name in names},
        )


class Limited(AppError):
    """Too many attempts; `retry_after` seconds until the next may succeed."""

    status = 429
    code = "throttled"
    message = _("Too many requests. Try again later.")

    def __init__(
        self, retry_after: int, message: Words | None = None, *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code, details={"retry_after": retry_after})


class UpstreamError(AppError):
    status = 502
    code = "upstream_error"
    message = _("A provider gave an answer we cannot use.")


class Unavailable(AppError):
    status = 503
    code = "unavailable"
    message = _("This cannot be served right now.")


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"
    message = _("The database does not answer right now.")


def for_status(status: int) -> AppError:
    """The plain error of an HTTP status, for answers made outside our own code; unknown ones are bugs (500)."""
    return _BY_STATUS.get(status, AppError)()


_BY_STATUS: dict[int, type[AppError]] = {
    error.status: error
    for error in (
        BadRequest,
        AuthenticationError,
        Forbidden,
        NotFound,
        MethodNotAllowed,
        NotAcceptable,
        Conflict,
        PayloadTooLarge,
        UnsupportedMediaType,
        Invalid,
        UpstreamError,
        Unavailable,
    )
}
