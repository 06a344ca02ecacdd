"""The one error body, paged lists and strict JSON."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.urls import include, path
from rest_framework import generics, serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from core import errors
from core.api import ItemsPagination, KnownParameters, error_body


class NoSuchMarket(errors.NotFound):
    def __init__(self, code):
        super().__init__(f"Market {code} not found")


RAISED = {
    "missing": (lambda: NoSuchMarket("099741"), 404, "not_found"),
    "http404": (Http404, 404, "not_found"),
    "denied": (PermissionDenied, 403, "permission_denied"),
    "forbidden": (errors.Forbidden, 403, "forbidden"),
    "unauthenticated": (errors.AuthenticationError, 401, "not_authenticated"),
    "conflict": (lambda: errors.Conflict(code="already_closed"), 409, "already_closed"),
    "limited": (lambda: errors.Limited(37, code="too_many_attempts"), 429, "too_many_attempts"),
    "upstream": (errors.UpstreamError, 502, "upstream_error"),
    "unavailable": (errors.Unavailable, 503, "unavailable"),
    "database": (lambda: OperationalError("connection refused"), 503, "database_unavailable"),
    "suspicious": (SuspiciousOperation, 400, "bad_request"),
    "django_validation": (
        lambda: DjangoValidationError({"name": ["Too long."]}),
        422,
        "validation_error",
    ),
    "bug": (lambda: ValueError("secret detail"), 500, "internal_error"),
    "app_error": (errors.AppError, 500, "internal_error"),
}


class Raising(APIView):
    permission_classes = [AllowAny]
    throttle_classes = []

    def get(self, request, name):
        raise RAISED[name][0]()


class RaisingHtml(Raising):
    renderer_classes = [TemplateHTMLRenderer]


class Body(serializers.Serializer):
    name = serializers.CharField(max_length=5)
    tags = serializers.ListField(child=serializers.CharField(max_length=5), required=False)


class Echo(generics.GenericAPIView):
    permission_classes = [AllowAny]
    throttle_classes = []
    serializer_class = Body

    def post(self, request):
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(body.data)


class Private(APIView):
    def get(self, request):
        return Response({})


class NotANumber(APIView):
    permission_classes = [AllowAny]
    throttle_classes = []

    def get(self, request):
        return Response({"value": float("nan")})


class Numbers(KnownParameters, generics.GenericAPIView):
    permission_classes = [AllowAny]
    throttle_classes = []
    parameters = ("search",)

    def get(self, request):
        page = self.paginate_queryset(list(range(120)))
        return self.get_paginated_response(page)


class Everything(Numbers):
    class pagination_class(ItemsPagination):  # noqa: N801
        default_limit = 0
        zero_is_all = True


def broken_page(request):
    raise ValueError("secret detail")


tests = [
    path("raise/<name>", Raising.as_view()),
    path("html/<name>", RaisingHtml.as_view()),
    path("echo", Echo.as_view()),
    path("private", Private.as_view()),
    path("nan", NotANumber.as_view()),
    path("numbers", Numbers.as_view()),
    path("everything", Everything.as_view()),
    path("plain", lambda request: HttpResponse(status=405)),
    path("broken", broken_page),
]
urlpatterns = [
    path("api/test/", include(tests)),
    path("page/broken/", broken_page),
    path("", include("equilibrium.urls")),
]
handler400 = "core.error_pages.bad_request"
handler403 = "core.error_pages.forbidden"
handler404 = "core.error_pages.not_found"
handler500 = "core.error_pages.server_error"

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


def assert_error(response, status, code):
    """The one body, nothing more and nothing less, and the id in the header."""
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert set(body) == {"detail", "error", "request_id"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert body["error"]["code"] == code
    assert body["detail"] == body["error"]["message"] != ""
    assert isinstance(body["error"]["details"], dict)
    assert body["request_id"] == response["X-Request-ID"] != ""
    return body["error"]


@pytest.mark.parametrize("name", RAISED)
@pytest.mark.parametrize("debug", [False, True])
def test_whatever_a_view_raises_is_answered_with_the_one_body(client, settings, name, debug):
    """In DEBUG too, and without the trace."""
    settings.DEBUG = debug
    _, status, code = RAISED[name]
    response = client.get(f"/api/test/raise/{name}")
    assert_error(response, status, code)
    assert b"secret detail" not in response.content
    assert b"Traceback" not in response.content


def test_a_view_that_answers_in_html_still_fails_in_json(client):
    assert_error(client.get("/api/test/html/limited"), 429, "too_many_attempts")


@pytest.mark.parametrize("debug", [False, True])
def test_an_unknown_path_under_api_is_a_json_404(client, settings, debug):
    settings.DEBUG = debug
    assert_error(client.get("/api/v1/no/such/thing"), 404, "not_found")
    assert_error(client.post("/api/v1/no/such/thing", {}, format="json"), 404, "not_found")


def test_an_unknown_page_stays_html(client):
    """The path decides, not the Accept header."""
    response = client.get("/no-such-page/", headers={"accept": "application/json"})
    assert response.status_code == 404
    assert not response["Content-Type"].startswith("application/json")


@pytest.mark.parametrize("debug", [False, True])
def test_an_error_outside_the_rest_framework_gets_the_body_too(client, settings, debug):
    settings.DEBUG = debug
    assert_error(client.get("/api/test/broken"), 500, "internal_error")
    assert_error(client.get("/api/test/plain"), 405, "method_not_allowed")
    settings.ALLOWED_HOSTS = ["example.org"]
    assert_error(client.get("/api/test/echo", headers={"host": "evil.example"}), 400, "bad_request")


@pytest.mark.parametrize("address", ["numbers?search=%00", "numbers%00", "numbers?%00=1"])
def test_a_nul_in_the_address_is_400(client, address):
    assert_error(client.get(f"/api/test/{address}"), 400, "bad_request")


def test_a_broken_page_answers_500_without_the_trace(client):
    response = client.get("/page/broken/")
    assert response.status_code == 500
    assert b"secret detail" not in response.content


def test_a_wrong_method_names_the_allowed_ones(client):
    response = client.delete("/api/test/echo")
    assert_error(response, 405, "method_not_allowed")
    assert response["Allow"] == "POST, OPTIONS"


def test_an_unacceptable_answer_is_406(client):
    assert_error(
        client.post("/api/test/echo", {"name": "a"}, format="json", headers={"accept": "text/csv"}),
        406,
        "not_acceptable",
    )


def test_a_foreign_media_type_is_415(client):
    response = client.post("/api/test/echo", "<a/>", content_type="application/xml")
    assert_error(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "nul",
        '{"name": NaN}',
        '{"name": Infinity}',
        '{"name": "\\ud800"}',
        "[" * 100_000,
        b'{"name": "\xff"}',
    ],
    ids=["cut", "no_json", "nan", "infinity", "surrogate", "nested", "not_utf8"],
)
def test_malformed_json_is_400(client, body):
    response = client.generic("POST", "/api/test/echo", body, content_type="application/json")
    assert_error(response, 400, "malformed_json")


def test_a_body_over_the_limit_is_413(client, settings):
    body = json.dumps({"name": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    response = client.generic("POST", "/api/test/echo", body, content_type="application/json")
    assert_error(response, 413, "payload_too_large")


def test_a_failed_validation_is_422_with_messages_by_field(client):
    error = assert_error(
        client.post("/api/test/echo", {"name": "too long"}, format="json"), 422, "validation_error"
    )
    assert error["details"] == {"name": ["Ensure this field has no more than 5 characters."]}
    error = assert_error(client.post("/api/test/echo", [1], format="json"), 422, "validation_error")
    assert list(error["details"]) == ["non_field_errors"]
    error = assert_error(
        client.post("/api/test/echo", {"name": "four", "tags": ["good", "too long"]}, format="json"),
        422, "validation_error",
    )  # fmt: skip
    assert error["details"] == {"tags.1": ["Ensure this field has no more than 5 characters."]}


def test_no_token_is_401_and_says_how_to_sign_in(client):
    response = client.get("/api/test/private")
    assert_error(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_limit_says_when_to_come_back(client):
    response = client.get("/api/test/raise/limited")
    assert assert_error(response, 429, "too_many_attempts")["details"] == {"retry_after": 37}
    assert response["Retry-After"] == "37"


def test_not_a_number_never_leaves_the_server(client):
    response = client.get("/api/test/nan")
    assert_error(response, 500, "internal_error")
    assert b"NaN" not in response.content


def test_the_message_is_the_one_the_error_was_made_with(client):
    assert client.get("/api/test/raise/missing").json()["detail"] == "Market 099741 not found"


def test_a_page_of_a_list(client):
    body = client.get("/api/test/numbers?limit=3&offset=118").json()
    assert body == {"items": [118, 119], "total": 120, "limit": 3, "offset": 118}
    assert client.get("/api/test/numbers").json()["items"] == list(range(50))


def test_beyond_the_end_is_empty_with_the_right_total(client):
    body = client.get("/api/test/numbers?offset=99999999999999999").json()
    assert body == {"items": [], "total": 120, "limit": 50, "offset": 99999999999999999}


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=x",
        "limit=0",
        "limit=501",
        "limit=",
        "limit=1_0",
        "offset=-1",
        "offset=1.5",
        "offset=٣",
        "offset=" + "9" * 5000,
    ],
)
def test_a_bad_page_is_422(client, query):
    error = assert_error(client.get(f"/api/test/numbers?{query}"), 422, "validation_error")
    assert list(error["details"]) == [query.split("=")[0]]


def test_limit_zero_is_all_where_a_list_says_so(client):
    assert client.get("/api/test/everything?limit=0&offset=2").json()["items"] == list(
        range(2, 120)
    )


def test_a_misspelt_filter_is_422(client):
    error = assert_error(
        client.get("/api/test/numbers?serach=wheat&limit=2"), 422, "unknown_parameter"
    )
    assert list(error["details"]) == ["serach"]
    assert client.get("/api/test/numbers?search=wheat&limit=2").status_code == 200


def test_an_inbound_request_id_is_kept_only_when_it_is_harmless(client):
    kept = client.get("/api/v1/nothing", headers={"X-Request-ID": "abcDEF-12345"})
    assert kept["X-Request-ID"] == kept.json()["request_id"] == "abcDEF-12345"
    for bad in ("short", "a" * 65, "evil\tvalue-1234", "<script>-12345"):
        assert client.get("/api/v1/nothing", headers={"X-Request-ID": bad})["X-Request-ID"] != bad


def test_every_error_class_is_found_by_its_status():
    for status in (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 502, 503):
        assert errors.for_status(status).status == status
    assert errors.for_status(418).status == 500


def test_details_are_an_empty_object_when_there_is_nothing_to_say():
    assert error_body(errors.NotFound(), "id")["error"]["details"] == {}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/%00", "/?q=%00", "/api/v1/auth/me?x=%00", "/api/v1/%00"])
def test_a_zero_byte_in_an_address_is_refused_without_a_traceback(client, caplog, path):
    """Scanners send thousands: each would be a page of log."""
    assert client.get(path).status_code == 400
    assert not [line for line in caplog.records if line.exc_info]
