"""The API document as a judge of answers: an answer with a field that is not written down is an error.

The document itself lets an object have more fields than it names, as clients must; here every object is sealed.
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

import jsonschema_rs
from drf_spectacular.generators import SchemaGenerator


class Undocumented(AssertionError):
    """An answer that the document does not describe."""


@cache
def document() -> dict[str, Any]:
    """As it is generated from the code of now."""
    return json.loads(
        json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)
    )


def operations() -> dict[str, tuple[str, str]]:
    """Operation id → method and path."""
    return {
        operation["operationId"]: (method, path)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }


def operation_of(method: str, path: str) -> dict[str, Any] | None:
    """The operation a request was for; None where the document has no such path or method."""
    for template, pattern in _patterns():
        if pattern.fullmatch(path):
            return document()["paths"][template].get(method.lower())
    return None


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    """Paths without parameters first: `/users/pending` is no `/users/{uuid}`."""
    templates = sorted(document()["paths"], key=lambda template: template.count("{"))
    return [
        (each, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(each)) + "/?"))
        for each in templates
    ]


def check(method: str, path: str, answer: Any) -> None:
    """Raises Undocumented when status, content type or a field of the answer is not in the document."""
    operation = operation_of(method, path)
    if operation is None:
        return
    name, status = operation["operationId"], str(answer.status_code)
    if status == "304":
        return  # nothing changed: no body of its own
    if status not in operation["responses"]:
        raise Undocumented(f"{name} answered {status}, which is not in the document")
    response = operation["responses"][status]
    if reference := response.get("$ref"):
        response = document()["components"]["responses"][reference.rpartition("/")[2]]
    kinds = response.get("content", {})
    if not kinds:
        if not answer.streaming and answer.content:
            raise Undocumented(f"{name} answered {status} with a body, the document has none")
        return
    kind = answer["Content-Type"].partition(";")[0]
    if kind not in kinds:
        raise Undocumented(f"{name} answered {status} as {kind}, the document has {sorted(kinds)}")
    if kind == "application/json" and not answer.streaming:
        compare(f"{name} {status}", kinds[kind]["schema"], json.loads(answer.content))


def judged(name: str, answer: Any) -> Any:
    """The body of a streamed answer of that operation, which is read here; raises Undocumented."""
    method, path = operations()[name]
    schema = document()["paths"][path][method]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    body = json.loads(answer.getvalue())
    compare(name, schema, body)
    return body


def compare(name: str, schema: dict[str, Any], body: Any) -> None:
    """Raises Undocumented at the first field of the body that the schema does not allow, or lacks."""
    if first := next(iter(_judge(json.dumps(schema, sort_keys=True)).iter_errors(body)), None):
        raise Undocumented(
            f"{name}: {'/'.join(map(str, first.instance_path))}: {first.message}"[:600]
        )


@cache
def _judge(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator(
        {"components": {"schemas": _sealed_components()}, **sealed(json.loads(schema))},
        validate_formats=True,
    )


@cache
def _sealed_components() -> dict[str, Any]:
    return {name: sealed(schema) for name, schema in document()["components"]["schemas"].items()}


def sealed(schema: Any) -> Any:
    """The same schema; an object may have only the fields it names."""
    if isinstance(schema, list):
        return [sealed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: sealed(value) for key, value in copy.copy(schema).items()}
    if "properties" in found and isinstance(found["properties"], dict):
        found.setdefault("additionalProperties", False)
    return found
