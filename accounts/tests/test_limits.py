"""Bounds on guessing."""

from __future__ import annotations

from datetime import timedelta

import bcrypt
import pytest
import time_machine
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.utils import timezone

from conftest import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "Wrong-Horse-7"


@pytest.fixture
def attempt(post):
    """A sign-in from an address, as the one proxy in front of us reports it."""

    def send(password=WRONG, *, ip="203.0.113.7", login="owner"):
        return post(
            "auth/login", login=login, password=password, headers={"X-Forwarded-For": ip}
        ).status_code

    return send


def test_a_forged_forwarding_header_changes_nothing(owner, attempt):
    """Without proxies the header is not read."""
    assert [attempt(ip=f"10.0.{number}.1") for number in range(6)] == [401] * 5 + [429]


def test_behind_one_proxy_the_address_it_reports_counts(owner, attempt, settings):
    """The first address from the right; what the client put before it is ignored."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    forged = [attempt(ip=f"10.0.{number}.1, 203.0.113.7") for number in range(6)]
    assert forged == [401] * 5 + [429]
    assert attempt(ip="203.0.114.8") == 401


def test_failures_of_one_account_add_up_over_the_addresses_of_a_network(owner, attempt, settings):
    """Five per account and network."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [attempt(ip=f"10.0.0.{number}") for number in range(5)] == [401] * 5
    assert attempt(PASSWORD, ip="10.0.0.9") == 429


def test_success_forgets_the_failures_of_the_account(owner, attempt):
    for _ in range(2):
        assert [attempt() for _ in range(4)] == [401] * 4
        assert attempt(PASSWORD) == 200


def test_the_lock_ends_after_a_quarter_of_an_hour(owner, attempt):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert [attempt() for _ in range(6)] == [401] * 5 + [429]
    with time_machine.travel(now + timedelta(minutes=15, seconds=1), tick=False):
        assert attempt(PASSWORD) == 200


def test_the_twenty_first_sign_up_of_an_hour_is_refused(post):
    replies = [
        post("auth/register", email=f"ann{number}@example.org", password=PASSWORD).status_code
        for number in range(21)
    ]
    assert replies == [202] * 20 + [429]


def test_thirty_tries_of_codes_a_quarter_of_an_hour_and_address(post, settings, monkeypatch):
    monkeypatch.setattr(
        "rest_framework.throttling.AnonRateThrottle.rate", "1000/min", raising=False
    )
    body = {"email": "nobody@example.org", "code": "000000"}
    replies = [post("auth/verify-email", **body).status_code for _ in range(31)]
    assert replies == [401] * 30 + [429]


@pytest.mark.parametrize(
    "path", ["confirm-email", "login/code/confirm", "password/reset/confirm", "2fa/authenticate"]
)
def test_tries_of_codes_on_the_pages_are_counted_with_those_of_the_api(
    web, post, path, monkeypatch
):
    monkeypatch.setattr(
        "rest_framework.throttling.AnonRateThrottle.rate", "1000/min", raising=False
    )
    body = {"email": "nobody@example.org", "code": "000000"}
    assert {post("auth/verify-email", **body).status_code for _ in range(29)} == {401}
    browser = web()
    replies = [browser.post(f"/accounts/{path}/", {"code": "000000"}).status_code for _ in range(2)]
    assert replies == [
        200 if path == "confirm-email" else 302,
        429,
    ]  # an address may stand beside it


@pytest.fixture
def hashed(monkeypatch):
    """The cost of every bcrypt that was computed, in order: all that a clock sees of a sign-in."""
    costs, real = [], bcrypt.hashpw

    def hashpw(password, salt):
        costs.append(int(salt.split(b"$")[2]))
        return real(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    return costs


def test_a_known_and_an_unknown_login_cost_the_same_hash(owner, attempt, hashed):
    """Else time would tell which accounts there are."""
    hashed.clear()
    assert attempt(login="owner") == 401
    known = hashed.copy()
    hashed.clear()
    assert attempt(login="nobody") == 401
    assert known == hashed == [BCryptSHA256PasswordHasher.rounds]


def test_the_sixth_failure_on_the_page_is_429_with_the_wait(web, owner):
    """A page for people, a status and a header for programs."""
    browser = web()
    answers = [
        browser.post("/accounts/login/", {"login": "owner", "password": WRONG}) for _ in range(6)
    ]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 900
    assert "Too many tries" in answers[-1].content.decode()
    assert "errors/429.html" in [template.name for template in answers[-1].templates]


@pytest.mark.parametrize("path", ["/accounts/login/code/", "/accounts/password/reset/"])
def test_the_fourth_request_of_a_code_on_the_page_mails_nothing(web, owner, path, mailoutbox):
    """Three a quarter of an hour, address and network; the answer stays the same."""
    replies = [web().post(path, {"email": owner.email}).status_code for _ in range(4)]
    assert replies == [302] * 4
    assert len(mailoutbox) == 3


@pytest.mark.parametrize(
    ("path", "body", "times", "window"),
    [
        ("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD}, 20, 3600),
        ("/accounts/password/reset/", {"email": "owner@example.org"}, 20, 3600),
        ("/accounts/login/code/", {"email": "owner@example.org"}, 20, 3600),
        ("/accounts/login/code/confirm/", {"code": "000000"}, 30, 900),
        ("/accounts/confirm-email/", {"code": "000000"}, 30, 900),
        ("/accounts/password/reset/confirm/", {"code": "000000"}, 30, 900),
        ("/accounts/2fa/authenticate/", {"code": "000000"}, 30, 900),
        ("/accounts/login/", {"login": ""}, 30, 60),
    ],
)
def test_a_refused_page_tells_how_long_the_wait_really_is(web, owner, path, body, times, window):
    """A third of the window has passed, two thirds are left."""
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        assert 429 not in {web().post(path, body).status_code for _ in range(times)}
    with time_machine.travel(now + timedelta(seconds=window // 3), tick=False):
        answer = web().post(path, body)
    assert (answer.status_code, int(answer["Retry-After"])) == (429, window - window // 3)
    with time_machine.travel(now + timedelta(seconds=window + 1), tick=False):
        assert web().post(path, body).status_code != 429


def test_sign_ups_of_one_address_are_requests_for_a_code(post, web, mailoutbox):
    """Three mails a quarter of an hour, by whichever way; beyond them the same answer."""
    email = "new@example.org"
    body = {"email": email, "password": PASSWORD}
    for _ in range(2):
        assert post("auth/register", **body).status_code == 202
        page = web().post("/accounts/signup/", {"email": email, "password1": PASSWORD})
        assert page.status_code == 302
        assert post("auth/resend-verification", email=email.upper()).status_code == 200
    assert len(mailoutbox) == 3


def test_a_weak_password_or_a_bad_address_is_no_request_for_a_code(post, web):
    """Whoever tries passwords until one is good enough still gets the mail, on the page too."""
    for _ in range(21):
        assert web().post("/accounts/signup/", {"email": "nonsense"}).status_code == 200
        assert post("auth/register", email="new@example.org", password="weak").status_code == 422
    assert post("auth/register", email="new@example.org", password=PASSWORD).status_code == 202


def test_asking_again_too_often_on_the_confirmation_page_mails_nothing(web, post, mailoutbox):
    browser, email = web(), "new@example.org"
    browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    for _ in range(2):
        post("auth/resend-verification", email=email)
    answer = browser.post("/accounts/confirm-email/", {"action": "resend"})
    assert answer.status_code == 302
    assert len(mailoutbox) == 3


def test_an_unconfirmed_person_who_signs_in_often_gets_three_mails(web, post, mailoutbox):
    """The sign-up and each sign-in with the right password mail a code."""
    post("auth/register", email="ann@example.org", password=PASSWORD)
    body = {"login": "ann@example.org", "password": PASSWORD}
    answers = [web().post("/accounts/login/", body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302] * 3
    assert len(mailoutbox) == 3


def test_guesses_of_the_old_password_with_a_stolen_token_are_counted(api, owner, post):
    """Five, and then the right one does not help; a weak new password is no guess."""
    client = api(owner)

    def change(current, new="Another-Horse-8"):
        body = {"current_password": current, "new_password": new}
        return client.put("/api/v1/auth/me/password", body, format="json").status_code

    assert [change(PASSWORD, "weak") for _ in range(6)] == [422] * 6
    assert [change(WRONG) for _ in range(5)] == [403] * 5
    assert change(PASSWORD) == 429
    assert post("auth/login", login="owner", password=PASSWORD).status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        ("2001:db8:7::1", "2001:db8:7::ffff:2", 429),
        ("2001:db8:7::1", "2001:db8:7:1::1", 401),
        ("::ffff:198.51.100.9", "198.51.100.9", 429),
        ("::ffff:198.51.100.9", "::ffff:198.51.100.10", 401),
    ],
)
def test_requests_are_counted_by_what_one_customer_has(
    api, settings, monkeypatch, first, second, status
):
    """A /64 of IPv6, one address of IPv4 however it is written."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    monkeypatch.setattr("core.api.AddressThrottle.rate", "1/min", raising=False)
    seen = [
        api().get("/api/v1/auth/me", headers={"X-Forwarded-For": ip}).status_code
        for ip in (first, second)
    ]
    assert seen == [401, status]
