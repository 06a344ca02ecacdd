"""A client written from `docs/openapi.yaml` alone, over real HTTP: what the document does not say, it cannot do."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64encode
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jsonschema_rs
import pytest
import requests
import yaml

from accounts.tests.authenticator_app import shown
from accounts.tests.test_oauth import Handler, Provider, provider  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL, PASSWORD = "client@example.org", "Correct-Horse-7"


@cache
def document():
    return yaml.safe_load(Path("docs/openapi.yaml").read_text())


def resolved(thing):
    """What a reference of the document stands for."""
    while reference := thing.get("$ref"):
        thing = document()
        for part in reference.removeprefix("#/").split("/"):
            thing = thing[part]
    return thing


def known_codes():
    error = document()["components"]["schemas"]["Error"]["properties"]["error"]
    return error["properties"]["code"]["examples"]


def judge(schema):
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": document()["components"]}, validate_formats=True
    )


class DocumentedClient:
    """Knows operations by their ids; sends and takes nothing that is not in the document."""

    def __init__(self, server, *, mobile=True):
        self.server, self.mobile = server, mobile
        self.session, self.access = requests.Session(), ""

    def operation(self, name):
        for path, methods in document()["paths"].items():
            for method, operation in methods.items():
                if operation["operationId"] == name:
                    return method, path, operation
        raise LookupError(name)

    def call(self, name, *, query=None, **body):
        method, path, operation = self.operation(name)
        parameters = operation.get("parameters", ())
        headers = {}
        if self.mobile and any(each["name"] == "X-Client" for each in parameters):
            headers["X-Client"] = "mobile"
        if self.access and any("bearer" in way for way in operation.get("security", ())):
            headers["Authorization"] = f"Bearer {self.access}"
        known = {each["name"] for each in parameters if each["in"] in ("query", "path")}
        query = query or {}
        assert query.keys() <= known, f"{name}: {query.keys() - known} is not in the document"
        path = re.sub(r"\{(\w+)\}", lambda found: query.pop(found[1]), path)
        if body:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert body.keys() <= resolved(schema)["properties"].keys(), f"{name}: {body.keys()}"
            judge(schema).validate(body)
        answer = self.session.request(
            method, self.server + path, params=query, json=body or None, headers=headers,
            allow_redirects=False, timeout=20,
        )  # fmt: skip
        self.check(name, operation, answer)
        return answer

    def check(self, name, operation, answer):
        status = str(answer.status_code)
        assert status in operation["responses"], f"{name}: {status} is not in the document"
        content = resolved(operation["responses"][status]).get("content", {})
        if "application/json" in content:
            if answer.status_code >= 400:
                assert answer.json()["error"]["code"] in known_codes()
            judge(content["application/json"]["schema"]).validate(answer.json())

    def signed_in(self, answer):
        """Keeps the tokens of an answer."""
        assert answer.status_code == 200, answer.text
        self.access = answer.json()["access_token"]
        return answer.json().get("refresh_token")


def refusal(answer):
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def client(live_server, settings):
    settings.BACKEND_URL = settings.APP_URL = live_server.url
    return DocumentedClient(live_server.url)


@pytest.fixture
def member(client, code):
    """A client that has signed up and confirmed, and its refresh token."""
    asked = client.call("auth_register", email=EMAIL, password=PASSWORD)
    token = asked.json()["request_token"]
    answer = client.call("auth_verify_email", email=EMAIL, code=code(), request_token=token)
    return client, client.signed_in(answer)


def test_it_signs_up_with_address_and_code(member):
    client, refresh = member
    assert refresh
    profile = client.call("auth_me").json()
    assert (profile["email"], profile["status"]) == (EMAIL, "active")


def test_it_signs_in_with_a_second_factor(member):
    client, _refresh = member
    secret = client.call("auth_mfa_totp_begin").json()["secret"]
    confirmed = client.call("auth_mfa_totp_confirm", code=shown(secret))
    recovery = confirmed.json()["recovery_codes"]
    other = DocumentedClient(client.server)
    asked = other.call("auth_login", login=EMAIL, password=PASSWORD)
    assert refusal(asked) == (401, "mfa_required")
    question = asked.json()["error"]["details"]["mfa_token"]
    wrong = other.call("auth_mfa_verify", mfa_token=question, code="000000")
    assert refusal(wrong) == (401, "invalid_code")
    other.signed_in(other.call("auth_mfa_verify", mfa_token=question, code=recovery[0]))
    assert other.call("auth_me").json()["mfa_enabled"] is True


def test_it_loses_the_answer_to_a_refresh_and_asks_again(member):
    client, refresh = member
    lost = client.call("auth_refresh", refresh_token=refresh).json()
    again = client.call("auth_refresh", refresh_token=refresh)
    assert again.json()["refresh_token"] == lost["refresh_token"]
    third = client.signed_in(client.call("auth_refresh", refresh_token=lost["refresh_token"]))
    assert refusal(client.call("auth_refresh", refresh_token=refresh)) == (401, "token_reused")
    assert refusal(client.call("auth_refresh", refresh_token=third)) == (401, "token_revoked")


def test_it_signs_out(member):
    client, refresh = member
    assert client.call("auth_logout", refresh_token=refresh).status_code == 200
    assert refusal(client.call("auth_me")) == (401, "token_revoked")
    assert refusal(client.call("auth_refresh", refresh_token=refresh)) == (401, "token_revoked")


def test_it_changes_its_password_and_goes_on_with_new_tokens(member):
    client, refresh = member
    wrong = client.call(
        "auth_me_password", current_password="Wrong-Horse-7", new_password="Another-Horse-8"
    )
    assert refusal(wrong) == (403, "wrong_password")
    assert client.call("auth_me").status_code == 200
    changed = client.call(
        "auth_me_password", current_password=PASSWORD, new_password="Another-Horse-8"
    )
    fresh = client.signed_in(changed)
    assert client.call("auth_me").status_code == 200
    assert refusal(client.call("auth_refresh", refresh_token=refresh)) == (401, "token_revoked")
    assert client.call("auth_refresh", refresh_token=fresh).status_code == 200
    again = DocumentedClient(client.server)
    again.signed_in(again.call("auth_login", login=EMAIL, password="Another-Horse-8"))


def test_an_update_that_names_nothing_is_refused_and_patch_is_put(member):
    client, _refresh = member
    assert refusal(client.call("auth_me_update")) == (400, "empty_update")
    assert client.call("auth_me_patch", nickname="Ann").json()["nickname"] == "Ann"


def test_an_app_signs_in_by_a_provider_with_pkce(client, provider, settings):  # noqa: F811
    """The app opens a browser, which comes back at the address the app is listed with."""
    settings.APP_URL = settings.BACKEND_URL = client.server
    settings.OAUTH_APP_REDIRECTS = ["com.example.app:/signed-in"]
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = client.call("oauth_start", query={
        "provider": "google", "mode": "token", "redirect_uri": "com.example.app:/signed-in",
        "code_challenge": challenge, "code_challenge_method": "S256",
    })  # fmt: skip
    sent = {
        name: values[0]
        for name, values in parse_qs(urlsplit(asked.headers["Location"]).query).items()
    }
    provider.challenge, provider.nonce = sent["code_challenge"], sent["nonce"]
    step = sent["redirect_uri"] + f"?code=c&state={sent['state']}"
    while step.startswith(("http:", "/")):
        step = requests.compat.urljoin(client.server, step)
        step = client.session.get(step, allow_redirects=False, timeout=20).headers["Location"]
    address, _, query = step.partition("?")
    assert address == "com.example.app:/signed-in"
    (code,) = parse_qs(query)["code"]
    answer = client.call("oauth_exchange", code=code, code_verifier=verifier)
    assert client.signed_in(answer)
    assert client.call("auth_me").json()["email"] == provider.person["email"]
    assert json.dumps(answer.json()).count(code) == 0


def test_the_simple_flow_by_cookie_needs_no_new_field(live_server, code, settings):
    """The bodies as they were first documented: a browser client that knows neither tokens nor headers of requests."""
    settings.BACKEND_URL = settings.APP_URL = live_server.url
    browser, v1 = requests.Session(), f"{live_server.url}/api/v1/auth"

    def post(path, **body):
        return browser.post(f"{v1}/{path}", json=body, timeout=20)

    assert post("register", email=EMAIL, password=PASSWORD).status_code == 202
    confirmed = post("verify-email", email=EMAIL, code=code())
    assert confirmed.status_code == 200
    assert confirmed.json()["password_required"] is False
    assert post("login", email=EMAIL, password=PASSWORD).json()["token_type"] == "bearer"
    assert "refresh_token" in browser.cookies
    access = browser.post(f"{v1}/refresh", timeout=20).json()["access_token"]
    me = browser.get(f"{v1}/me", headers={"Authorization": f"Bearer {access}"}, timeout=20)
    assert me.json()["email"] == EMAIL
    assert post("request-otp", email=EMAIL).status_code == 200
    assert post("login", email=EMAIL, otp=code()).status_code == 200
