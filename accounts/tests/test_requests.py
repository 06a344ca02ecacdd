"""Credentials and codes belong to the request that brought them, not to the account."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import EmailRequest, Purpose, User
from accounts.tests.answers import is_signed_in, status_and_code
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL, STRANGERS = "ann@example.org", "Strangers-Pass-1"
VERIFY = "auth/verify-email"


def sign_up(post, client=None, password=PASSWORD, **more):
    answer = post("auth/register", email=EMAIL, password=password, client=client, **more)
    assert answer.status_code == 202
    return answer.json()["request_token"]


def can_sign_in(post, password):
    return post("auth/login", email=EMAIL, password=password).status_code == 200


def other(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture(params=["api", "page"])
def stranger_signs_up(request, web, post):
    """Somebody else signs up with the address that is not theirs."""
    if request.param == "page":
        body = {"email": EMAIL, "password1": STRANGERS}
        return lambda: web().post("/accounts/signup/", body)
    return lambda: sign_up(post, password=STRANGERS)


@pytest.mark.parametrize("asks_again", [False, True])
def test_the_owners_code_never_confirms_a_strangers_password(
    post, code, stranger_signs_up, asks_again
):
    """The owner enters the newest code of their mailbox, from whichever request it is."""
    sign_up(post)
    stranger_signs_up()
    if asks_again:
        post("auth/resend-verification", email=EMAIL)
    post(VERIFY, email=EMAIL, code=code())
    assert not can_sign_in(post, STRANGERS)


def test_a_browser_keeps_the_password_it_chose_whatever_a_stranger_does(
    api, post, code, stranger_signs_up
):
    """Only e-mail and code in the body: the request comes along as a cookie."""
    browser = api()
    sign_up(post, browser, nickname="Ann", username="ann_1")
    own = code()
    stranger_signs_up()
    answer = post(VERIFY, email=EMAIL, code=own, client=browser)
    assert answer.status_code == 200
    assert answer.json()["password_required"] is False
    user = User.objects.get()
    assert (user.nickname, user.username) == ("Ann", "ann_1")
    assert can_sign_in(post, PASSWORD)
    assert not can_sign_in(post, STRANGERS)


def test_an_app_sends_the_token_in_the_body(post, code):
    token = sign_up(post)
    answer = post(VERIFY, email=EMAIL, code=code(), request_token=token)
    assert answer.json()["password_required"] is False
    assert can_sign_in(post, PASSWORD)


def test_without_the_request_a_code_confirms_the_address_and_no_password(post, code):
    """Another device; a password is chosen by a reset."""
    sign_up(post)
    answer = post(VERIFY, email=EMAIL, code=code())
    assert answer.status_code == 200
    assert answer.json()["password_required"] is True
    assert not can_sign_in(post, PASSWORD)
    post("auth/password/reset", email=EMAIL)
    post("auth/password/reset/confirm", email=EMAIL, code=code(), new_password="Another-Horse-8")
    assert can_sign_in(post, "Another-Horse-8")


def test_with_a_request_its_own_code_alone_counts(api, post, code):
    """No falling back to the codes of others."""
    browser = api()
    sign_up(post, browser)
    own = code()
    sign_up(post, password=STRANGERS)
    assert status_and_code(post(VERIFY, email=EMAIL, code=code(), client=browser)) == (
        401,
        "invalid_code",
    )
    assert post(VERIFY, email=EMAIL, code=own, client=browser).status_code == 200


def test_the_first_clients_code_and_token_are_worthless_once_a_second_has_confirmed(post, code):
    first = sign_up(post, password=STRANGERS)
    early = code()
    second = sign_up(post)
    assert post(VERIFY, email=EMAIL, code=code(), request_token=second).status_code == 200
    for more in ({}, {"request_token": first}):
        assert post(VERIFY, email=EMAIL, code=early, **more).status_code == 401
    assert can_sign_in(post, PASSWORD)


def test_asking_again_with_the_request_keeps_its_password(api, post, code):
    """And the request's earlier code dies."""
    browser = api()
    sign_up(post, browser)
    early = code()
    post("auth/resend-verification", email=EMAIL, client=browser)
    assert post(VERIFY, email=EMAIL, code=early, client=browser).status_code == 401
    assert post(VERIFY, email=EMAIL, code=code(), client=browser).status_code == 200
    assert can_sign_in(post, PASSWORD)


def test_nothing_open_dies_for_a_strangers_request(api, post, code, owner):
    """Neither a code to sign in nor one to choose a password."""
    browser = api()
    post("auth/request-otp", email=owner.email, client=browser)
    own = code()
    post("auth/request-otp", email=owner.email)
    answer = post("auth/login", email=owner.email, otp=own, client=browser)
    assert answer.status_code == 200


def test_tries_without_the_request_wear_out_no_request(api, post, code):
    """Five a quarter of an hour from one network, however many codes are open."""
    browser = api()
    sign_up(post, browser)
    own = code()
    for _ in range(5):
        assert post(VERIFY, email=EMAIL, code=other(own)).status_code == 401
    assert post(VERIFY, email=EMAIL, code=own).status_code == 401
    assert post(VERIFY, email=EMAIL, code=own, client=browser).status_code == 200


def test_a_cookie_of_a_request_is_taken_from_our_own_pages_only(api, post, code):
    browser = api()
    sign_up(post, browser)
    answer = post(
        VERIFY, email=EMAIL, code=code(), client=browser, headers={"Origin": "https://evil.example"}
    )
    assert status_and_code(answer) == (403, "origin_denied")


def test_the_cookie_of_a_request(post, settings):
    answer = post("auth/register", email=EMAIL, password=PASSWORD)
    cookie = answer.cookies["request_verify"]
    assert cookie.value == answer.json()["request_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["max-age"]) == (
        True,
        "Lax",
        "/api/v1/auth",
        24 * 3600,
    )


def test_a_row_is_written_for_every_address(post, owner, make_person):
    """So the work is equal; the token of an unknown one fits nothing."""
    make_person("off", status="disabled")
    for email in (owner.email, "off@example.org", "nobody@example.org"):
        answer = post("auth/request-otp", email=email)
        assert answer.json().keys() == {"message", "request_token"}
        assert EmailRequest.objects.filter(email=email, purpose=Purpose.LOGIN).count() == 1


def test_a_page_confirms_with_its_own_password(web, post, code, stranger_signs_up):
    """The code of the page belongs to its browser; a sign-up in between kills nothing."""
    browser = web()
    browser.post("/accounts/signup/", {"email": EMAIL, "password1": PASSWORD, "nickname": "Ann"})
    own = code()
    stranger_signs_up()
    browser.post("/accounts/confirm-email/", {"code": own})
    assert is_signed_in(browser)
    assert User.objects.get().nickname == "Ann"
    assert can_sign_in(post, PASSWORD)
    assert not can_sign_in(post, STRANGERS)


def test_before_confirming_one_password_is_compared_that_of_the_same_network(post):
    sign_up(post)
    assert status_and_code(post("auth/login", email=EMAIL, password=PASSWORD)) == (
        403,
        "email_not_verified",
    )
    assert status_and_code(post("auth/login", email=EMAIL, password=STRANGERS)) == (
        401,
        "invalid_credentials",
    )
    elsewhere = EmailRequest.objects.update(network="198.51.100.0/24")
    assert elsewhere == 1
    assert post("auth/login", email=EMAIL, password=PASSWORD).status_code == 401


def test_a_user_name_taken_meanwhile_is_none(post, code, make_person):
    token = sign_up(post, username="ann_1")
    make_person("ann_1")
    assert post(VERIFY, email=EMAIL, code=code(), request_token=token).status_code == 200
    assert User.objects.get(email=EMAIL).username is None


def test_a_request_ends_after_a_day(api, post, code):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        token = sign_up(post)
    with time_machine.travel(now + timedelta(hours=24, seconds=1), tick=False):
        post("auth/resend-verification", email=EMAIL, request_token=token)
        answer = post(VERIFY, email=EMAIL, code=code(), request_token=token)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", ["resend-verification", "request-otp", "password/reset"])
@pytest.mark.parametrize("sent", ["\u0410" * 43, "x" * 43])
def test_beyond_the_mails_of_an_address_no_cookie_holds_what_a_client_made_up(post, path, sent):
    """A cookie with a letter that no header can carry was an answer that could not be written."""
    for _ in range(4):
        answer = post(f"auth/{path}", email=EMAIL, request_token=sent)
        (cookie,) = answer.cookies.values()
        assert answer.json()["request_token"] == cookie.value != sent


def test_beyond_the_mails_of_an_address_its_open_request_goes_on(post, code):
    token = sign_up(post)
    answers = [post("auth/resend-verification", email=EMAIL, request_token=token) for _ in range(3)]
    assert {answer.json()["request_token"] for answer in answers} == {token}
    assert post(VERIFY, email=EMAIL, code=code(), request_token=token).status_code == 200


def test_you_already_have_an_account_is_told_once_a_day(post, owner, mailoutbox):
    for _ in range(2):
        assert post("auth/register", email=owner.email, password=PASSWORD).status_code == 202
    assert [mail.to for mail in mailoutbox] == [[owner.email]]
