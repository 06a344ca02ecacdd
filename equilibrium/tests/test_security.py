"""Headers, origins, hosts and limits that every answer keeps."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import AnonRateThrottle

from core.api import PersonThrottle

pytestmark = pytest.mark.django_db

KINDS = {
    "page": "/",
    "api answer": "/api/schema/",
    "api error": "/api/v1/nothing",
    "static file": "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
    "page error": "/no-such-page/",
    "machine": "/health/",
    "documentation": "/api/docs/",
    "reference": "/api/reference/",
    "admin": "/admin/login/",
}
ORIGIN = "http://localhost:5173"


@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_every_kind_of_answer_carries_the_security_headers(client, path):
    response = client.get(path)
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"
    assert response["X-Request-ID"]
    assert "Access-Control-Allow-Origin" not in response


@pytest.mark.parametrize(
    "path",
    ["/accounts/profile/", "/accounts/login/", "/staff/users/", "/api/v1/auth/me", "/nothing/"],
)
def test_what_is_about_one_person_is_kept_by_nobody(web, admin, path):
    """Not by a proxy, and not by the browser once the person has signed out."""
    for browser in (web(admin), web()):
        assert {"private", "no-store"} <= set(browser.get(path)["Cache-Control"].split(", "))


@pytest.mark.parametrize("path", KINDS.values(), ids=KINDS)
def test_the_content_policy_is_strict_everywhere(client, path):
    policy = dict(
        part.strip().split(" ", 1)
        for part in client.get(path)["Content-Security-Policy"].split(";")
    )
    assert "unsafe" not in " ".join(policy.values())
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'self'( 'nonce-[\w+/=]+')?", policy[name])
    assert policy["default-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["form-action"].split()[0] == "'self'"


@pytest.mark.parametrize(
    "path", ["/", "/api/docs/", "/api/reference/", "/no-such-page/", "/admin/login/"]
)
def test_a_page_holds_no_inline_script_or_style_and_no_foreign_address(client, path):
    html = client.get(path).content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", html)
    assert not re.search(r"\sstyle=", html)
    assert not re.search(r"<style(?![^>]*nonce=)", html)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", html)


def test_a_nonce_is_used_once(client):
    first, second = (
        re.findall(r"'nonce-([^']+)'", client.get("/")["Content-Security-Policy"]) for _ in range(2)
    )
    assert not set(first) & set(second)


def test_swagger_asks_only_this_server(client):
    html = client.get("/api/docs/").content.decode()
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"] == "application/javascript"
    assert (
        'url: "../schema/"' in script.content.decode() or "/api/schema" in script.content.decode()
    )
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        if not address.startswith("#"):
            assert client.get(address.replace("&amp;", "&")).status_code == 200, address


@pytest.mark.parametrize("method", ["get", "options"])
def test_a_listed_origin_may_call_the_api_with_credentials(client, method):
    headers = {"origin": ORIGIN, "access-control-request-method": "GET"}
    response = getattr(client, method)("/api/v1/auth/me", headers=headers)
    assert response["Access-Control-Allow-Origin"] == ORIGIN
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert "origin" in response["Vary"].lower()


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost:5173.evil.example", "http://LOCALHOST:1"],
)
def test_a_foreign_origin_gets_no_permission(client, origin):
    headers = {"origin": origin, "access-control-request-method": "GET"}
    for response in (
        client.get("/api/v1/auth/me", headers=headers),
        client.options("/api/v1/auth/me", headers=headers),
    ):
        assert "Access-Control-Allow-Origin" not in response


def test_pages_are_open_to_no_other_origin(client):
    assert "Access-Control-Allow-Origin" not in client.get("/", headers={"origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in client.get(
        KINDS["static file"], headers={"origin": ORIGIN}
    )


def test_a_script_may_read_the_request_id_and_the_waiting_time(client):
    exposed = client.get("/api/v1/nothing", headers={"origin": ORIGIN})[
        "Access-Control-Expose-Headers"
    ]
    assert {name.strip() for name in exposed.split(",")} == {"Retry-After", "X-Request-ID"}


def test_an_unknown_host_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_form_without_its_token_is_refused_with_a_page():
    response = Client(enforce_csrf_checks=True).post("/appearance/", {"theme": "dark"})
    assert response.status_code == 403
    assert response["Content-Type"].startswith("text/html")
    assert response["X-Request-ID"] in response.content.decode()


def test_cookies_are_hidden_from_scripts(client):
    client.get("/")
    cookie = client.cookies["csrftoken"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_text_is_compressed_for_who_asks(client):
    response = client.get("/api/schema/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response["Vary"]


def test_the_thirty_first_anonymous_request_of_a_minute_is_refused(client):
    """From the throttle, with the one body."""
    answers = [
        client.post("/api/v1/auth/login", {}, content_type="application/json") for _ in range(31)
    ]
    assert [answer.status_code for answer in answers] == [422] * 30 + [429]
    error = answers[-1].json()["error"]
    assert error["code"] == "throttled"
    assert 0 < error["details"]["retry_after"] <= 60
    assert answers[-1]["Retry-After"] == str(error["details"]["retry_after"])


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}])
def test_a_refused_stranger_is_counted_too(client, headers):
    """Knocking on a closed door is a request; then 429, not 401 for ever."""
    answers = [client.get("/api/v1/cot/status", headers=headers) for _ in range(31)]
    assert [answer.status_code for answer in answers] == [401] * 30 + [429]
    assert answers[-1]["Retry-After"]


def test_the_hundred_and_first_request_of_a_person_is_refused_and_another_person_goes_on(
    api, owner, stranger
):
    mine = api(owner)
    assert [mine.get("/api/v1/auth/me").status_code for _ in range(101)] == [200] * 100 + [429]
    assert api(stranger).get("/api/v1/auth/me").status_code == 200


def test_a_stranger_is_counted_by_address_alone():
    """So that THROTTLE_ANON may also be the larger number."""
    assert PersonThrottle().get_cache_key(Request(APIRequestFactory().get("/")), view=None) is None


def ident(proxies, peer, forwarded, settings):
    settings.REST_FRAMEWORK = {**django_settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    request = APIRequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    return AnonRateThrottle().get_ident(Request(request))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2, 3.3.3.3", "2.2.2.2"),
    ],
)
def test_only_our_own_proxies_are_believed_about_the_address(settings, proxies, forwarded, address):
    """The N-th address from the right; without proxies the peer."""
    assert ident(proxies, "9.9.9.9", forwarded, settings) == address
