"""People who signed up and never confirmed ask for a code on the pages."""

from __future__ import annotations

import pytest
from django.core.cache import cache

from accounts.models import User
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.org"


@pytest.fixture
def unconfirmed(post):
    post("auth/register", email=EMAIL, password=PASSWORD)
    return User.objects.get()


def in_after(browser):
    return browser.get("/accounts/profile/").status_code == 200


def test_the_sign_in_code_confirms_the_address_and_signs_in(web, unconfirmed, code, mailoutbox):
    """A confirmation mail instead of a sign-in code."""
    browser = web()
    browser.post("/accounts/login/code/", {"email": EMAIL})
    assert mailoutbox[-1].subject.startswith("Confirm your e-mail address")
    browser.post("/accounts/login/code/confirm/", {"code": code()})
    unconfirmed.refresh_from_db()
    assert (unconfirmed.status, unconfirmed.email_verified) == ("active", True)
    assert in_after(browser)


def test_the_reset_code_confirms_the_address_and_replaces_the_password(
    web, unconfirmed, code, mailoutbox
):
    browser = web()
    browser.post("/accounts/password/reset/", {"email": EMAIL})
    assert mailoutbox[-1].subject.startswith("Confirm your e-mail address")
    browser.post("/accounts/password/reset/confirm/", {"code": code()})
    new = {"password1": "Another-Horse-8", "password2": "Another-Horse-8"}
    browser.post("/accounts/password/reset/complete/", new)
    unconfirmed.refresh_from_db()
    assert unconfirmed.status == "active"
    assert unconfirmed.check_password("Another-Horse-8")
    assert not in_after(browser)


def test_with_approval_a_code_confirms_and_does_not_let_in(web, unconfirmed, code, settings):
    settings.SIGNUP_APPROVAL_REQUIRED = True
    browser = web()
    browser.post("/accounts/login/code/", {"email": EMAIL})
    answer = browser.post("/accounts/login/code/confirm/", {"code": code()}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/pending/"
    assert not in_after(browser)


@pytest.mark.parametrize("path", ["login/code/", "password/reset/", "signup/", "confirm-email/"])
def test_pages_say_the_same_of_every_address(web, unconfirmed, owner, make_person, path):
    make_person("gone", status="disabled")
    seen = set()
    for email in (EMAIL, owner.email, "gone@example.org", "nobody@example.org"):
        cache.clear()
        body = {"email": email, "password1": PASSWORD, "action": "resend"}
        page = web().post(f"/accounts/{path}", body, follow=True)
        text = page.content.decode().replace(email, "X")
        main = text[text.index("<main") : text.index("</main>")]
        token = page.context["csrf_token"]
        seen.add((page.status_code, page.redirect_chain[-1], main.replace(str(token), "T")))
    assert len(seen) == 1


def test_only_active_and_unconfirmed_people_get_a_code(web, make_person, mailoutbox):
    """Neither disabled nor waiting people."""
    make_person("gone", status="disabled")
    make_person("waiting", status="pending")
    for path in ("/accounts/login/code/", "/accounts/password/reset/"):
        for name in ("gone", "waiting", "nobody"):
            web().post(path, {"email": f"{name}@example.org"})
    assert mailoutbox == []


def test_the_password_of_a_stranger_does_not_survive_the_owners_code_on_the_page(
    web, api, unconfirmed, code
):
    """Somebody else signed up with the address; its owner comes in by code."""
    browser = web()
    browser.post("/accounts/login/code/", {"email": EMAIL})
    browser.post("/accounts/login/code/confirm/", {"code": code()})
    assert in_after(browser)
    answer = api().post("/api/v1/auth/login", {"email": EMAIL, "password": PASSWORD}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_credentials")


@pytest.mark.parametrize("path", ["auth/request-otp", "auth/password/reset"])
def test_the_password_of_a_stranger_does_not_survive_the_owners_code_over_the_api(
    post, unconfirmed, code, path
):
    post(path, email=EMAIL)
    assert post("auth/verify-email", email=EMAIL, code=code()).status_code == 200
    unconfirmed.refresh_from_db()
    assert unconfirmed.is_active
    assert not unconfirmed.has_usable_password()


def test_asking_for_the_confirmation_again_keeps_the_password(post, api, code):
    """Whoever signed up in this browser and lost the mail."""
    browser = api()
    post("auth/register", email=EMAIL, password=PASSWORD, client=browser)
    post("auth/resend-verification", email=EMAIL, client=browser)
    post("auth/verify-email", email=EMAIL, code=code(), client=browser)
    assert User.objects.get().check_password(PASSWORD)
