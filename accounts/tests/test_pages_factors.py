"""Passkeys and recovery codes on the pages: a passkey in software answers what a page asks of the browser."""

from __future__ import annotations

import json

import pytest
from allauth.mfa.models import Authenticator

from accounts.bridge import factors
from accounts.models import User
from accounts.tests.answers import is_signed_in
from accounts.tests.authenticator_app import switch_on
from accounts.tests.soft_key import SoftKey
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, ADD, SECOND = (
    "/accounts/login/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/authenticate/",
)
ASK = "/accounts/2fa/webauthn/login/"
HERE = {"host": "localhost:8000"}


def add(browser, soft):
    """Registers the key on the page of the browser's person."""
    options = browser.get(ADD, headers=HERE).context["js_data"]["creation_options"]
    sent = {"name": "Phone", "passwordless": "on", "credential": json.dumps(soft.create(options))}
    return browser.post(ADD, sent, headers=HERE)


def come_in(browser, soft):
    """Signs in with the key alone; what was sent can be sent again."""
    asked = browser.get(ASK, headers=HERE | {"x-requested-with": "XMLHttpRequest"}).json()
    sent = {"credential": json.dumps(soft.get(asked["request_options"]))}
    browser.post(ASK, sent, headers=HERE)
    return sent


@pytest.fixture
def key(web, owner):
    """A passkey that the owner has added on the page."""
    soft = SoftKey()
    assert add(web(owner), soft).status_code == 302
    return soft


def with_factor(web, user):
    """The browser of somebody who has signed in since a factor was added."""
    return web(User.objects.get(pk=user.pk))


def test_a_passkey_added_on_the_page_signs_in_alone(web, key):
    browser = web()
    come_in(browser, key)
    assert is_signed_in(browser)


def test_an_answer_that_was_used_signs_in_no_other_browser(web, key):
    sent = come_in(web(), key)
    other = web()
    other.post(ASK, sent, headers=HERE)
    assert not is_signed_in(other)
    other.get(ASK, headers=HERE | {"x-requested-with": "XMLHttpRequest"})
    other.post(ASK, sent, headers=HERE)
    assert not is_signed_in(other)


def test_an_answer_given_to_another_site_is_refused(web, owner, key):
    key.origin = "https://evil.example"
    browser = web()
    come_in(browser, key)
    assert not is_signed_in(browser)
    refused = add(with_factor(web, owner), SoftKey(origin="https://evil.example"))
    assert refused.status_code == 200
    assert refused.context["form"].errors
    assert Authenticator.objects.filter(user=owner, type="webauthn").count() == 1


def test_a_passkey_removed_on_the_page_signs_in_no_more(web, owner, key):
    browser = with_factor(web, owner)
    row = Authenticator.objects.get(user=owner, type="webauthn")
    assert browser.post(f"/accounts/2fa/webauthn/keys/{row.pk}/remove/").status_code == 302
    assert not Authenticator.objects.filter(user=owner, type="webauthn").exists()
    late = web()
    come_in(late, key)
    assert not is_signed_in(late)


def test_a_recovery_code_stands_in_for_the_app_once(web, owner):
    switch_on(owner)
    code = factors.new_recovery_codes(owner)[0]

    def after(code):
        browser = web()
        browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
        browser.post(SECOND, {"code": code})
        return is_signed_in(browser)

    assert after(code)
    assert not after(code)


# ---- At a name that passkeys do not belong to


@pytest.mark.parametrize(
    ("host", "works"),
    [
        ("localhost:8000", True),
        ("LOCALHOST:8000", True),
        ("127.0.0.1:8000", False),
        ("[::1]:8000", False),
    ],
)
def test_a_passkey_is_offered_only_at_the_name_it_belongs_to(web, owner, settings, host, works):
    """`make run` answers at 127.0.0.1 too, where a browser refuses every passkey of localhost."""
    settings.BACKEND_URL = "http://localhost:8000"
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver"]
    browser = web(owner)
    login = web().get(f"{LOGIN}?next=/cot/", headers={"host": host}).content.decode()
    adding = browser.get(ADD, headers={"host": host}).content.decode()
    assert ('id="passkey_login"' in login, 'id="mfa_webauthn_add"' in adding) == (works, works)
    assert ("webauthn.js" in login, "webauthn.js" in adding) == (works, works)
    assert ('href="http://localhost:8000/accounts/login/?next=/cot/"' in login) != works
    assert (f'href="http://localhost:8000{ADD}"' in adding) != works


def test_the_second_step_and_the_proof_say_so_too_and_a_code_still_does(web, owner, key, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    there, browser = {"host": "127.0.0.1:8120"}, web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD}, headers=there)
    page = browser.get(SECOND, headers=there).content.decode()
    assert 'id="mfa_webauthn_authenticate"' not in page
    assert f'href="http://localhost:8120{SECOND}"' in page
    browser.post(SECOND, {"code": factors.new_recovery_codes(owner)[0]}, headers=there)
    assert is_signed_in(browser)
    proof = browser.get("/accounts/2fa/webauthn/reauthenticate/", headers=there).content.decode()
    assert 'id="mfa_webauthn_reauthenticate"' not in proof
    assert "http://localhost:8120/accounts/2fa/webauthn/reauthenticate/" in proof
    assert 'href="/accounts/2fa/reauthenticate/"' in proof
