"""The page that takes the code of a sign-up: in its own browser, on another device, after a sign-in."""

from __future__ import annotations

import pytest

from accounts.models import EmailRequest, User
from accounts.tests.answers import is_signed_in
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL, STRANGERS, NEW = "ann@example.org", "Strangers-Pass-1", "Another-Horse-8"
SIGNUP, CONFIRM, LOGIN = "/accounts/signup/", "/accounts/confirm-email/", "/accounts/login/"
PASSWORD_PAGE = "/accounts/password/set/"


@pytest.fixture
def signed_up(web):
    """A browser that has just signed up."""
    browser = web()
    browser.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD})
    return browser


def can_sign_in(browser, password):
    browser.post(LOGIN, {"login": EMAIL, "password": password})
    return is_signed_in(browser)


def test_another_device_confirms_with_address_and_code_and_chooses_a_password(web, signed_up, code):
    """The code alone may be that of a stranger's sign-up: no password comes with it."""
    phone = web()
    page = phone.get(CONFIRM)
    assert list(page.context["form"].fields) == ["email", "code"]
    answer = phone.post(CONFIRM, {"email": EMAIL.upper(), "code": code()})
    assert answer.url == PASSWORD_PAGE
    assert is_signed_in(phone)
    assert not can_sign_in(web(), PASSWORD)
    phone.post(PASSWORD_PAGE, {"password1": NEW, "password2": NEW})
    assert can_sign_in(web(), NEW)


def test_another_device_can_have_a_code_mailed(web, signed_up, code, mailoutbox):
    phone = web()
    asked = phone.post(CONFIRM, {"email": EMAIL, "action": "resend"}, follow=True)
    assert asked.redirect_chain == [(CONFIRM, 302)]
    assert list(asked.context["form"].fields) == ["code"]
    assert len(mailoutbox) == 2
    phone.post(CONFIRM, {"code": code()})
    assert is_signed_in(phone)
    assert not User.objects.get().has_usable_password()


def test_another_device_guesses_five_times(web, signed_up, code):
    """As over the API; the browser of the sign-up is not in the way of it."""
    right, phone = code(), web()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for number in (wrong,) * 5 + (right,):
        answer = phone.post(CONFIRM, {"email": EMAIL, "code": number})
        assert "The code is wrong." in answer.content.decode()
    assert not is_signed_in(phone)
    signed_up.post(CONFIRM, {"code": right})
    assert is_signed_in(signed_up)


@pytest.mark.parametrize("body", [{"code": "123456"}, {"action": "resend"}, {"email": EMAIL}])
def test_what_another_device_leaves_out_is_said_at_its_field(web, db, body):
    answer = web().post(CONFIRM, body)
    missing = "code" if "email" in body else "email"
    assert list(answer.context["form"].errors) == [missing]


def test_two_sign_ups_race_and_the_strangers_password_never_becomes_valid(
    web, signed_up, code, mailoutbox
):
    stranger = web()
    stranger.post(SIGNUP, {"email": EMAIL, "password1": STRANGERS})
    first, second = code(mailoutbox[0]), code(mailoutbox[1])
    foreign = signed_up.post(CONFIRM, {"code": second})
    assert (foreign.status_code, is_signed_in(signed_up)) == (200, False)
    signed_up.post(CONFIRM, {"code": first})
    assert is_signed_in(signed_up)
    stranger.post(CONFIRM, {"code": second})
    assert not is_signed_in(stranger)
    assert not can_sign_in(web(), STRANGERS)
    assert can_sign_in(web(), PASSWORD)


def test_a_password_before_the_confirmation_leads_to_the_page_of_the_code(web, signed_up, code):
    """With the password of that sign-up, which the code then makes valid; where one wanted to go is kept."""
    other = web()
    body = {"login": EMAIL, "password": PASSWORD, "next": "/accounts/security/"}
    answer = other.post(LOGIN, body)
    assert answer.url == f"{CONFIRM}?next=%2Faccounts%2Fsecurity%2F"
    answer = other.post(CONFIRM, {"code": code(), "next": "/accounts/security/"})
    assert answer.url == "/accounts/security/"
    assert is_signed_in(other)
    assert can_sign_in(web(), PASSWORD)


def test_the_sign_in_of_a_stranger_takes_no_code_from_who_signed_up(
    web, signed_up, code, mailoutbox
):
    """A stranger has signed up too and knows their own password; their code is another."""
    own = code()
    stranger = web()
    stranger.post(SIGNUP, {"email": EMAIL, "password1": STRANGERS})
    stranger.post(LOGIN, {"login": EMAIL, "password": STRANGERS})
    assert len(mailoutbox) == 3
    signed_up.post(CONFIRM, {"code": own})
    assert is_signed_in(signed_up)
    assert User.objects.get().check_password(PASSWORD)


def test_with_a_wrong_password_nothing_is_mailed(web, signed_up, mailoutbox):
    answer = web().post(LOGIN, {"login": EMAIL, "password": STRANGERS})
    assert answer.status_code == 200
    assert len(mailoutbox) == 1


def test_the_sign_up_goes_on_where_the_person_wanted_to(web, db, code):
    browser = web()
    page = browser.get(f"{LOGIN}?next=/accounts/security/").content.decode()
    assert f"{SIGNUP}?next=%2Faccounts%2Fsecurity%2F" in page
    body = {"email": EMAIL, "password1": PASSWORD, "next": "/accounts/security/"}
    answer = browser.post(SIGNUP, body)
    assert answer.url == f"{CONFIRM}?next=%2Faccounts%2Fsecurity%2F"
    answer = browser.post(CONFIRM, {"code": code(), "next": "/accounts/security/"})
    assert answer.url == "/accounts/security/"


def test_the_sign_up_says_what_is_wrong_at_its_field(web, owner):
    refused = {
        "email": {"email": "nonsense"},
        "password1": {"password1": "password1"},
        "username": {"username": "OWNER"},
        "nickname": {"nickname": "Ann\u202e"},
    }
    right = {"email": EMAIL, "password1": PASSWORD}
    for field, wrong in refused.items():
        answer = web().post(SIGNUP, right | wrong)
        assert list(answer.context["form"].errors) == [field]
    assert not EmailRequest.objects.exists()


@pytest.mark.parametrize("path", [SIGNUP, CONFIRM, "/accounts/login/code/confirm/"])
def test_nobody_signed_in_changes_the_account_by_a_code(web, owner, guest, code, path):
    """Signed in as one, with a code for another under way: it signs nobody in on top."""
    browser = web()
    browser.post("/accounts/login/code/", {"email": guest.email})
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    assert browser.post(path, {"code": code(), "email": guest.email}).url == "/"
    assert browser.get("/accounts/profile/").wsgi_request.user == owner
