"""The OpenAPI document: every operation says who it is and which errors it answers."""

from __future__ import annotations

import pytest
import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.schema import document_errors, statuses


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema):
    return {
        f"{method.upper()} {path}": operation
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_valid_openapi(schema):
    validate_schema(schema)


def test_every_operation_has_an_id_a_tag_and_a_summary_of_its_own(schema):
    found = operations(schema)
    assert "POST /api/v1/auth/login" in found
    for name, operation in found.items():
        assert operation.get("summary"), name
        assert operation["tags"], name
    assert len({operation["operationId"] for operation in found.values()}) == len(found)


def test_every_operation_documents_the_errors_it_can_answer(schema):
    for name, operation in operations(schema).items():
        documented = set(operation["responses"])
        assert {"400", "406", "429", "500", "503"} <= documented, name
        if "requestBody" in operation:
            assert {"413", "415", "422"} <= documented, name
        if any(operation.get("security", [])):
            assert {"401", "403"} <= documented, name


def test_the_example_of_each_error_fits_the_one_body(schema):
    for status, response in schema["components"]["responses"].items():
        example = response["content"]["application/json"]["example"]
        assert set(example) == set(schema["components"]["schemas"]["Error"]["required"]), status
        assert example["detail"] == example["error"]["message"]


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ({}, {400, 406, 429, 500, 503}),
        ({"security": [{}]}, {400, 406, 429, 500, 503}),
        ({"security": [{"bearer": []}]}, {400, 401, 403, 406, 429, 500, 503}),
        ({"parameters": [{"in": "path"}]}, {400, 404, 406, 422, 429, 500, 503}),
        ({"parameters": [{"in": "query"}]}, {400, 406, 422, 429, 500, 503}),
        ({"requestBody": {}}, {400, 406, 413, 415, 422, 429, 500, 503}),
    ],
)
def test_errors_are_read_off_the_operation(operation, expected):
    assert statuses(operation) == expected


def test_what_an_operation_says_itself_wins():
    own = {"description": "No such market."}
    result = document_errors(
        {
            "paths": {
                "/x/{code}": {"get": {"parameters": [{"in": "path"}], "responses": {"404": own}}}
            }
        }
    )
    responses = result["paths"]["/x/{code}"]["get"]["responses"]
    assert responses["404"] is own
    assert responses["422"] == {"$ref": "#/components/responses/Error422"}


@pytest.mark.django_db
def test_the_document_is_served_in_both_spellings(client):
    for path in ("/api/schema", "/api/schema/"):
        assert "/api/v1/auth/login" in yaml.safe_load(client.get(path).content)["paths"]
    as_json = client.get("/api/schema/", headers={"accept": "application/vnd.oai.openapi+json"})
    assert as_json.json()["openapi"].startswith("3.1")
