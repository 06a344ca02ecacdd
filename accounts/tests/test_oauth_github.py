"""Signing in by GitHub, against a server on this machine that answers like its API."""

from __future__ import annotations

import hashlib
import json
import threading
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

from accounts.models import User
from accounts.tests.answers import is_signed_in
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
START, CALLBACK = "/api/v1/auth/oauth/github", "/api/v1/auth/oauth/github/callback"
VICTIM = "victim@example.org"


class Handler(BaseHTTPRequestHandler):
    """`/user` names no address, as for most people at GitHub; `/user/emails` tells which are verified."""

    def do_GET(self):
        assert self.headers["Authorization"] == "token gh-token"
        if self.path.endswith("/emails"):
            self.answer([{"email": VICTIM, "primary": True, "verified": self.server.verified}])
        else:
            self.answer({"id": 42, "login": "vic", "name": "Vic", "email": None})

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        made = (
            urlsafe_b64encode(hashlib.sha256(sent["code_verifier"][0].encode()).digest())
            .rstrip(b"=")
            .decode()
        )
        good = (
            made == self.server.challenge
            and sent["client_secret"] == ["secret"]
            and sent["code"] == ["c"]
        )
        self.answer(
            {"access_token": "gh-token", "token_type": "bearer"}
            if good
            else {"error": "bad_verification_code"}
        )

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def github(settings, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.verified, server.challenge = True, ""
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    for name, path in {
        "access_token_url": "/token",
        "profile_url": "/user",
        "emails_url": "/user/emails",
    }.items():
        monkeypatch.setattr(GitHubOAuth2Adapter, name, base + path)
    settings.APP_URL = "http://testserver"
    settings.OAUTH_KEYS = {"google": ("", ""), "github": ("client", "secret"), "linkedin": ("", "")}
    configured = settings.SOCIALACCOUNT_PROVIDERS["github"]
    app = {"provider_id": "github", "client_id": "client", "secret": "secret"}
    settings.SOCIALACCOUNT_PROVIDERS = {"github": configured | {"APPS": [app]}}
    yield server
    server.shutdown()


@pytest.fixture
def go(github):
    def walk(browser, *, state=None, challenge=None):
        asked = urlsplit(browser.get(START).url)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        assert (asked.netloc, asked.path) == ("github.com", "/login/oauth/authorize")
        assert (query["redirect_uri"], query["code_challenge_method"]) == (
            f"http://testserver{CALLBACK}",
            "S256",
        )
        assert set(query["scope"].split()) == {"read:user", "user:email"}
        github.challenge = challenge or query["code_challenge"]
        return browser.get(CALLBACK, {"code": "c", "state": state or query["state"]})

    return walk


def test_a_new_person_comes_in_confirmed_and_without_password(web, go):
    browser = web()
    assert go(browser).url == "/"
    assert is_signed_in(browser)
    user = User.objects.get()
    assert (user.email, user.status, user.has_usable_password()) == (VICTIM, "active", False)
    assert (SocialAccount.objects.get().provider, SocialAccount.objects.get().uid) == (
        "github",
        "42",
    )


def test_an_address_github_has_not_verified_is_refused(web, go, github, make_person):
    make_person("victim")
    github.verified = False
    browser = web()
    assert go(browser).url.endswith("?error=email_not_verified")
    assert not is_signed_in(browser)
    assert not SocialAccount.objects.exists()


def test_an_unconfirmed_password_dies_when_the_owner_comes_by_github(web, go, post):
    post("auth/register", email=VICTIM, password=PASSWORD)
    browser = web()
    go(browser)
    assert is_signed_in(browser)
    assert post("auth/login", email=VICTIM, password=PASSWORD).status_code == 401


def test_the_second_factor_is_asked_after_github(web, go, make_person):
    Authenticator.objects.create(user=make_person("victim"), type="totp", data={"secret": "x"})
    browser = web()
    assert go(browser).url == "/accounts/2fa/authenticate/"
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    ("spoilt", "error"), [({"state": "x"}, "invalid_state"), ({"challenge": "x"}, "provider_error")]
)
def test_a_foreign_state_or_verifier_is_refused(web, go, spoilt, error):
    browser = web()
    assert go(browser, **spoilt).url.endswith(f"?error={error}")
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "path",
    ["/accounts/github/login/", "/accounts/github/login/callback/", "/accounts/oidc/google/login/"],
)
def test_there_is_no_second_way_to_a_provider(web, github, path):
    """One start and one callback, whose rules cannot be gone around."""
    assert web().get(path).status_code == 404
