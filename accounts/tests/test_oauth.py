"""Signing in by a provider, against a real OpenID Connect server on this machine."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone

from accounts.models import LoginTicket, ModulePermission, User
from accounts.tests.answers import is_signed_in, later
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
START, CALLBACK = "/api/v1/auth/oauth/google", "/api/v1/auth/oauth/google/callback"
CONNECT, CONNECTIONS = "/accounts/connections/google/connect/", "/accounts/3rdparty/"
VICTIM = "victim@example.org"
VERIFIER = "v" * 43


def s256(verifier):
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


APP = {"code_challenge": s256(VERIFIER), "code_challenge_method": "S256"}


class Provider(ThreadingHTTPServer):
    """Hands out what the test has put into `person`; checks the PKCE verifier like a real one."""

    person: dict
    challenge = nonce = ""
    discoveries = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        base = self.server.url
        if "well-known" in self.path:
            self.server.discoveries += 1
            self.answer({
                "issuer": base, "authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo", "jwks_uri": f"{base}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })  # fmt: skip
        else:
            self.answer(self.server.person)

    def do_POST(self):
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        verifier = sent.get("code_verifier", [""])[0]
        made = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if made != self.server.challenge:
            self.answer({"error": "invalid_grant"}, 400)
            return
        claims = {
            "iss": self.server.url,
            "aud": "client",
            "exp": 4102444800,
            "iat": 0,
            "nonce": self.server.nonce,
        }
        token = jwt.encode(claims | self.server.person, "0" * 32, algorithm="HS256")
        self.answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def provider(settings):
    server = Provider(("127.0.0.1", 0), Handler)
    server.person = {"sub": "42", "email": VICTIM, "email_verified": True, "name": "Vic"}
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    settings.APP_URL = "http://testserver"
    settings.OAUTH_KEYS = {
        "google": ("client", "secret"),
        "github": ("", ""),
        "linkedin": ("", "x"),
    }
    app = {
        "provider_id": "google", "name": "Google", "client_id": "client", "secret": "secret",
        "settings": {"server_url": server.url},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    yield server
    server.shutdown()


@pytest.fixture
def go(web, provider):
    """Starts a sign-in, plays the provider's part, and comes back; `state=` and `spoil` tamper on the way."""

    def walk(browser, mode="page", *, state=None, spoil=lambda: None, app=APP):
        if mode == "connect":
            asked = browser.post(CONNECT)
        else:
            asked = browser.get(START, {"mode": mode} | (app if mode == "token" else {}))
        query = {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}
        assert query["redirect_uri"] == f"http://testserver{CALLBACK}"
        assert query["code_challenge_method"] == "S256"
        provider.challenge, provider.nonce = query["code_challenge"], query["nonce"]
        spoil()
        return browser.get(CALLBACK, {"code": "c", "state": state or query["state"]})

    return walk


def test_a_new_person_gets_a_confirmed_account_without_password(web, go):
    browser = web()
    assert go(browser).url == "/"
    assert is_signed_in(browser)
    user = User.objects.get()
    assert (user.email, user.status, user.role, user.has_usable_password()) == (
        VICTIM,
        "active",
        "user",
        False,
    )
    assert user.email_verified
    assert ModulePermission.objects.filter(user=user).count() == 4
    assert SocialAccount.objects.get().extra_data["userinfo"]["email"] == VICTIM


def test_a_new_person_gets_the_defaults_of_the_settings(web, go, settings):
    settings.DEFAULT_ROLE, settings.DEFAULT_PERMISSIONS = "viewer", ["journal"]
    go(web())
    assert (User.objects.get().role, User.objects.get().modules) == ("viewer", {"journal"})


def test_with_approval_a_new_person_waits(web, go, settings):
    settings.SIGNUP_APPROVAL_REQUIRED = True
    browser = web()
    assert go(browser).url == "/accounts/pending/"
    assert not is_signed_in(browser)
    assert User.objects.get().status == "pending"


def test_an_unconfirmed_password_dies_when_the_owner_of_the_address_comes(web, go, post):
    """The pre-hijack."""
    post("auth/register", email=VICTIM, password=PASSWORD)
    browser = web()
    go(browser)
    assert is_signed_in(browser)
    assert User.objects.get().status == "active"
    answer = post("auth/login", email=VICTIM, password=PASSWORD)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_credentials")


def test_a_confirmed_account_is_linked_and_keeps_its_password(web, go, make_person):
    user = make_person("victim")
    browser = web()
    go(browser)
    assert is_signed_in(browser)
    assert SocialAccount.objects.get().user == user
    assert User.objects.get().check_password(PASSWORD)


def test_the_second_factor_is_asked_after_the_provider(web, go, make_person):
    Authenticator.objects.create(
        user=make_person("victim"), type="totp", data={"secret": "JBSWY3DPEHPK3PXP"}
    )
    browser = web()
    assert go(browser).url == "/accounts/2fa/authenticate/"
    assert not is_signed_in(browser)


def test_a_disabled_person_does_not_come_in_by_a_provider(web, go, make_person):
    make_person("victim", status="disabled")
    browser = web()
    go(browser)
    assert not is_signed_in(browser)


def test_an_address_the_provider_does_not_vouch_for_is_refused(web, go, provider, make_person):
    make_person("victim")
    provider.person["email_verified"] = False
    browser = web()
    assert go(browser).url.endswith("/accounts/login/?error=email_not_verified")
    assert not is_signed_in(browser)
    assert not SocialAccount.objects.exists()


def test_a_foreign_state_is_refused(web, go):
    browser = web()
    assert go(browser, state="somebody-elses").url.endswith("?error=invalid_state")
    assert web().get(CALLBACK, {"code": "c", "state": "x"}).url.endswith("?error=invalid_state")
    assert not is_signed_in(browser)


def test_a_state_works_once(web, go):
    """The answer of the provider replayed."""
    browser = web()
    state = {}

    def note():
        state["used"] = next(iter(browser.session["socialaccount_states"]))

    go(browser, spoil=note)
    assert browser.get(CALLBACK, {"code": "c", "state": state["used"]}).url.endswith(
        "?error=invalid_state"
    )


def test_a_wrong_nonce_is_refused(web, go, provider):
    browser = web()
    answer = go(browser, spoil=lambda: setattr(provider, "nonce", "another"))
    assert answer.url.endswith("?error=invalid_state")
    assert not is_signed_in(browser)


def test_a_missing_proof_key_is_refused_by_the_provider(web, go, provider):
    """The verifier does not fit the challenge."""
    answer = go(web(), spoil=lambda: setattr(provider, "challenge", "of somebody else"))
    assert answer.url.endswith("?error=provider_error")


def test_a_refusal_at_the_provider_comes_back_as_an_error(web, go):
    browser = web()
    asked = browser.get(START)
    state = parse_qs(urlsplit(asked.url).query)["state"][0]
    answer = browser.get(CALLBACK, {"error": "access_denied", "state": state})
    assert answer.url.endswith("?error=provider_error")


@pytest.mark.parametrize(("minutes", "comes_in"), [(9, True), (11, False)])
def test_a_state_lives_ten_minutes_and_is_used_once(web, go, minutes, comes_in):
    browser, now, clock = web(), timezone.now(), []

    def late():
        clock.append(time_machine.travel(now + timedelta(minutes=minutes)))
        clock[0].start()

    try:
        answer = go(browser, spoil=late)
        assert is_signed_in(browser) == comes_in
        assert answer.url.endswith("?error=invalid_state") != comes_in
    finally:
        clock[0].stop()


def test_an_answer_of_the_provider_that_comes_twice_is_refused(web, go):
    """Its state was used."""
    browser, seen = web(), []
    get, browser.get = (
        browser.get,
        lambda path, *data: seen.append((path, *data)) or get(path, *data),
    )
    go(browser)
    assert get(*seen[-1]).url.endswith("?error=invalid_state")


def test_the_state_is_kept_in_an_http_only_lax_cookie(web, provider):
    cookie = web().get(START).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("name", ["github", "linkedin", "myspace"])
def test_providers_without_both_keys_are_not_there(web, provider, name):
    answer = web().get(f"/api/v1/auth/oauth/{name}")
    assert answer.url == "http://testserver/accounts/login/?error=provider_unavailable"
    page = web().get(answer.url).content.decode()
    assert "This provider is not available here." in page
    assert f"/auth/oauth/{name}" not in page


def test_configured_providers_are_listed(web, api, provider):
    assert api().get("/api/v1/auth/oauth/providers").json() == {"providers": ["google"]}
    assert "/api/v1/auth/oauth/google?mode=page" in web().get("/accounts/login/").content.decode()


def test_apps_get_a_one_use_code_and_never_a_token_in_an_address(web, go, post):
    browser = web()
    ticket = go(browser, "token")
    done = browser.get(ticket.url)
    assert urlsplit(done["Location"]).path == "/accounts/oauth/complete/"
    (code,) = parse_qs(urlsplit(done["Location"]).query)["code"]
    assert code not in str(list(LoginTicket.objects.values()))
    assert not is_signed_in(browser)
    answer = post("auth/oauth/exchange", code=code, code_verifier=VERIFIER)
    assert (answer.status_code, answer.json()["user"]["email"]) == (200, VICTIM)
    again = post("auth/oauth/exchange", code=code, code_verifier=VERIFIER)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "invalid_code")


@pytest.mark.parametrize("verifier", [None, "w" * 43], ids=["none", "another"])
def test_a_code_without_its_verifier_is_worth_nothing(web, go, post, verifier):
    """Another app that reads it off the address cannot use it, and then nobody can."""
    browser = web()
    (code,) = parse_qs(urlsplit(browser.get(go(browser, "token").url)["Location"]).query)["code"]
    sent = {"code_verifier": verifier} if verifier else {}
    refused = post("auth/oauth/exchange", code=code, **sent)
    assert refused.status_code == (401 if verifier else 422)
    if verifier:
        assert post("auth/oauth/exchange", code=code, code_verifier=VERIFIER).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": ""},
        {"code_challenge": "short"},
        {"code_challenge_method": "plain"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "com.example.app:/signed-in/more"},
    ],
    ids=["no challenge", "bad challenge", "plain", "foreign", "longer"],
)
def test_an_app_that_asks_wrongly_does_not_reach_the_provider(web, provider, settings, changes):
    settings.OAUTH_APP_REDIRECTS = ["com.example.app:/signed-in"]
    answer = web().get(START, {"mode": "token"} | APP | changes)
    assert answer.url == "http://testserver/accounts/login/?error=invalid_request"


def test_an_app_gets_its_code_at_the_address_it_is_listed_with(web, go, post, settings):
    settings.OAUTH_APP_REDIRECTS = ["com.example.app:/signed-in"]
    browser = web()
    ticket = go(browser, "token", app=APP | {"redirect_uri": "com.example.app:/signed-in"})
    address, _, query = browser.get(ticket.url)["Location"].partition("?")
    assert address == "com.example.app:/signed-in"
    (code,) = parse_qs(query)["code"]
    answer = post("auth/oauth/exchange", code=code, code_verifier=VERIFIER)
    assert answer.status_code == 200


def test_the_discovery_document_of_a_provider_is_asked_for_once_an_hour(web, go, provider):
    for _ in range(2):
        go(web())
    assert provider.discoveries == 1


def test_a_provider_that_does_not_answer_is_said_to_be_away(web, provider):
    provider.shutdown()
    provider.server_close()
    answer = web().get(START)
    assert answer.url == "http://testserver/accounts/login/?error=provider_unavailable"


@pytest.mark.parametrize(
    ("said", "signed_in"),
    [(True, True), ("true", True), ("false", False), ("True", False), (1, False), (None, False)],
    ids=str,
)
def test_an_address_counts_as_verified_only_when_the_provider_says_true(
    web, go, provider, owner, said, signed_in
):
    """ "false" is a text that is not empty: nobody comes into the account of somebody else by it."""
    provider.person |= {"email": owner.email, "email_verified": said}
    browser = web()
    go(browser)
    assert is_signed_in(browser) is signed_in
    assert SocialAccount.objects.filter(user=owner).exists() is signed_in


def test_a_browser_session_is_not_swapped_for_a_code_unasked(web, go):
    """A link from elsewhere neither signs out nor makes a code."""
    browser = web()
    go(browser, "page")
    assert browser.get("/accounts/oauth/ticket/").url == "/accounts/security/"
    assert is_signed_in(browser)
    assert not LoginTicket.objects.exists()


@pytest.mark.parametrize("with_factor", [False, True])
def test_a_stolen_session_is_no_proof_without_the_provider(web, provider, make_person, with_factor):
    """It asks for an app's sign-in and skips the provider: else what it gets would count as freshly proven."""
    user = make_person("owner")
    browser = web(user)
    if with_factor:
        session = browser.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
    with later(hours=1):
        assert browser.get(START, {"mode": "token"} | APP).url.startswith(provider.url)
        assert browser.get("/accounts/oauth/ticket/").url == "/accounts/security/"
    assert is_signed_in(browser)
    assert not LoginTicket.objects.exists()


@pytest.mark.parametrize("before", ["victim", "another"])
def test_an_app_gets_its_code_whoever_was_signed_in_before(web, go, post, make_person, before):
    browser = web(make_person(before))
    with later(hours=1):
        done = browser.get(go(browser, "token").url)
        (code,) = parse_qs(urlsplit(done["Location"]).query)["code"]
        answer = post("auth/oauth/exchange", code=code, code_verifier=VERIFIER)
    assert (answer.status_code, answer.json()["user"]["email"]) == (200, VICTIM)


def test_the_one_use_code_lives_a_minute(web, go, post):
    browser = web()
    done = browser.get(go(browser, "token").url)
    (code,) = parse_qs(urlsplit(done["Location"]).query)["code"]
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert post("auth/oauth/exchange", code=code, code_verifier=VERIFIER).status_code == 401


def test_the_only_way_in_cannot_be_unlinked(web, go):
    browser = web()
    go(browser)
    account = SocialAccount.objects.get()
    browser.post("/accounts/3rdparty/", {"account": account.pk})
    assert SocialAccount.objects.filter(pk=account.pk).exists()
    account.user.set_password(PASSWORD)
    account.user.save()
    browser = web(account.user)
    with later(minutes=6):
        proof = browser.post("/accounts/3rdparty/", {"account": account.pk})
        assert SocialAccount.objects.filter(pk=account.pk).exists()
        browser.post(proof.url, {"password": PASSWORD})
    assert not SocialAccount.objects.filter(pk=account.pk).exists()


def test_a_provider_is_connected_only_after_a_fresh_proof(web, go, make_person):
    """Whoever finds an open browser adds no way in of their own."""
    browser = web(make_person("owner"))
    with later(minutes=6):
        assert go(browser, "connect").url == "/accounts/reauthenticate/"
        assert not SocialAccount.objects.exists()
        proven = browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert proven.url == "/accounts/security/"
    assert SocialAccount.objects.get().user.username == "owner"


def test_no_link_connects_a_provider(web, provider, owner):
    """Somebody lured to it a moment after their sign-in would let the one who made the link come in ever after."""
    browser = web(owner)
    lured = browser.get(START, {"mode": "connect"})
    assert lured.url == "http://testserver/accounts/login/?error=invalid_request"
    assert browser.get(CONNECT).status_code == 405
    assert "socialaccount_states" not in browser.session


def test_a_form_of_another_site_connects_no_provider(web, go, provider, owner):
    browser = web(owner)
    browser.handler.enforce_csrf_checks = True
    assert browser.post(CONNECT).status_code == 403
    page = browser.get(CONNECTIONS)
    sent = {"csrfmiddlewaretoken": str(page.context["csrf_token"])}
    assert (
        browser.post(CONNECT, sent, headers={"origin": "https://evil.example"}).status_code == 403
    )
    assert "socialaccount_states" not in browser.session
    assert browser.post(CONNECT, sent).url.startswith(provider.url)


def test_the_page_of_connections_offers_a_button_for_each_provider_that_is_configured(
    web, go, provider, owner
):
    page = web(owner).get(CONNECTIONS).content.decode()
    assert f'<form method="post" action="{CONNECT}">' in page
    assert "mode=connect" not in page
    browser = web(owner)
    assert go(browser, "connect").url == "/accounts/security/"
    assert SocialAccount.objects.get().user == owner


def test_a_stranger_is_sent_to_sign_in_before_they_connect(web, provider):
    assert web().post(CONNECT).url.startswith("/accounts/login/")
