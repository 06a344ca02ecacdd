"""What every operation of the OpenAPI document says about errors, added in one place."""

from __future__ import annotations

import copy
from typing import Any

from core import errors
from core.api import error_body

Operation = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENTED = (400, 401, 403, 404, 406, 413, 415, 422, 429, 500, 503)
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "The body of every error. `code` is stable, messages follow Accept-Language.",
    "required": ["detail", "error", "request_id"],
    "properties": {
        "detail": {"type": "string"},
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "pattern": "^[a-z0-9_]+$"},
                "message": {"type": "string"},
                "details": {
                    "type": "object",
                    "description": (
                        "With 400 and 422 what is wrong with the input: a list of messages for each field"
                        " or parameter, one within another as `tags.1`."
                    ),
                    "additionalProperties": {},
                },
            },
        },
        "request_id": {"type": "string"},
    },
}


def document_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """drf-spectacular's postprocessing hook: each operation lists the errors it can answer, by reference."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Error"] = error_schema()
    components["responses"] = {f"Error{status}": error_response(status) for status in DOCUMENTED}
    for path in result["paths"].values():
        for method in METHODS:
            if method in path:
                add_errors(path[method])
    return result


def error_schema() -> dict[str, Any]:
    """The body of errors, with every code that an app of ours has a name for; a later one adds to them."""
    schema = copy.deepcopy(ERROR_SCHEMA)
    schema["properties"]["error"]["properties"]["code"]["examples"] = sorted(codes(errors.AppError))
    return schema


def codes(kind: type[errors.AppError]) -> set[str]:
    """The codes of an error and of all that are made from it, in the `errors.py` of an app: what its API raises."""
    own = {kind.code} if kind.__module__.endswith(".errors") else set[str]()
    return own.union(*(codes(each) for each in kind.__subclasses__()))


def add_errors(operation: Operation) -> None:
    """What the operation itself documents wins over the shared description."""
    responses = operation["responses"]
    for status in statuses(operation):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/Error{status}"})
    operation["responses"] = dict(sorted(responses.items()))


def statuses(operation: Operation) -> set[int]:
    """The errors an operation can answer, read off its parameters, its body and its security."""
    found = {
        400,
        406,
        429,
        500,
        503,
    }  # 400 too: an address with a secret in it is refused everywhere
    places = {parameter["in"] for parameter in operation.get("parameters", ())}
    if any(operation.get("security", ())):
        found |= {401, 403}
    if "path" in places:
        found |= {404, 422}
    if "query" in places:
        found |= {422}
    if "requestBody" in operation:
        found |= {413, 415, 422}
    return found


def error_response(status: int) -> dict[str, Any]:
    """The response object of one error status, with an example that is the true body."""
    error = errors.Limited(30) if status == 429 else errors.for_status(status)
    headers = {"X-Request-ID": {"schema": {"type": "string"}}}
    if status == 429:
        headers["Retry-After"] = {"schema": {"type": "integer"}}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    content = {
        "schema": {"$ref": "#/components/schemas/Error"},
        "example": error_body(error, "3f2b8c1e-example"),
    }
    return {
        "description": str(error.message),
        "headers": headers,
        "content": {"application/json": content},
    }
