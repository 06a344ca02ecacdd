"""No one can lock another person out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Proof
from accounts.proofs.places import NoneFree, Room
from accounts.proofs.refresh import Place, start
from accounts.tests.answers import is_signed_in
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
WRONG = "Wrong-Horse-7"


@pytest.fixture
def attempt(post, settings):
    """A sign-in from an address, as the one proxy in front of us reports it."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}

    def send(password=WRONG, *, ip="203.0.113.7", login="admin", client=None):
        body = {"login": login, "password": password}
        headers = {"X-Forwarded-For": ip}
        return post("auth/login", client=client, headers=headers, **body).status_code

    return send


@pytest.fixture(autouse=True)
def unthrottled(monkeypatch):
    monkeypatch.setattr("core.api.AddressThrottle.rate", "100000/min", raising=False)


def test_a_socket_for_both_families_does_not_make_one_network_of_all_ipv4(attempt, admin):
    """It writes 198.51.100.9 as ::ffff:198.51.100.9; a neighbour in the same /24 still counts together."""
    for host in (9, 9, 10, 10, 11):
        assert attempt(ip=f"::ffff:198.51.100.{host}") == 401
    assert attempt(PASSWORD, ip="198.51.100.12") == 429
    assert attempt(PASSWORD, ip="::ffff:203.0.113.7") == 200


def test_twenty_one_requests_of_a_stranger_leave_every_way_in_open(
    attempt, post, admin, code, web, mailoutbox
):
    """Five wrong passwords and as many mails as there are to be had, against the only administrator."""
    far = {"X-Forwarded-For": "198.51.100.9"}
    for _ in range(6):
        attempt(ip="198.51.100.9")
    for path in ("request-otp", "password/reset", "resend-verification"):
        for _ in range(5):
            assert post(f"auth/{path}", email=admin.email, headers=far).status_code == 200
    assert len(mailoutbox) <= 10
    assert attempt(PASSWORD) == 200
    page = web()
    answer = page.post("/accounts/login/", {"login": "admin", "password": PASSWORD})
    assert answer.status_code == 302
    assert is_signed_in(page)
    post("auth/request-otp", email=admin.email)
    assert post("auth/login", email=admin.email, otp=code()).status_code == 200


def test_failures_count_per_account_and_network(attempt, admin):
    assert [attempt(ip=f"10.0.0.{number}") for number in range(6)] == [401] * 5 + [429]
    assert attempt(PASSWORD, ip="10.0.0.77") == 429
    assert attempt(PASSWORD, ip="10.0.1.1") == 200


def test_a_network_is_64_bits_of_a_new_address(attempt, admin):
    assert [attempt(ip=f"2001:db8::{number}") for number in range(1, 7)] == [401] * 5 + [429]
    assert attempt(PASSWORD, ip="2001:db8:0:1::1") == 200


def test_a_browser_that_was_signed_in_has_tries_of_its_own(attempt, admin, api):
    browser = api()
    assert attempt(PASSWORD, client=browser) == 200
    for _ in range(6):
        attempt()
    assert attempt(PASSWORD) == 429
    assert attempt(PASSWORD, client=browser) == 200


def test_the_cookie_of_one_account_is_none_of_another(attempt, admin, owner, api):
    browser = api()
    assert attempt(PASSWORD, login="owner", client=browser) == 200
    for _ in range(5):
        attempt(client=browser)
    assert attempt(PASSWORD, client=browser) == 429


def test_the_cookie_is_void_once_the_sign_ins_have_ended(attempt, admin, api):
    from accounts import services

    browser = api()
    assert attempt(PASSWORD, client=browser) == 200
    services.sign_out_everywhere(admin)
    for _ in range(5):
        attempt()
    assert attempt(PASSWORD, client=browser) == 429


def test_over_fifty_failures_an_hour_close_the_password_to_unknown_places_only(
    attempt, admin, post, code, mailoutbox
):
    """The owner reads so once; where they signed in before, and by mailed code, they come in."""
    start(admin, Place(network="203.0.113.0/24"), Proof.PASSWORD)
    assert [attempt(ip=f"10.0.{number}.1") for number in range(50)] == [401] * 50
    assert [attempt(PASSWORD, ip=f"10.1.{number}.1") for number in range(2)] == [429, 429]
    assert [mail.subject for mail in mailoutbox] == ["Somebody guesses your password · Equilibrium"]
    assert attempt(PASSWORD) == 200
    far = {"X-Forwarded-For": "10.2.0.1"}
    post("auth/request-otp", email=admin.email, headers=far)
    answer = post("auth/login", email=admin.email, otp=code(), headers=far)
    assert answer.status_code == 200


def test_who_tries_many_accounts_is_kept_from_those_the_network_never_entered(
    attempt, admin, owner
):
    start(owner, Place(network="10.0.0.0/24"), Proof.PASSWORD)
    for number in range(20):
        assert attempt(ip="10.0.0.1", login=f"nobody{number}") == 401
    assert attempt(PASSWORD, ip="10.0.0.1") == 429
    assert attempt(PASSWORD, ip="10.0.0.1", login="owner") == 200


def test_right_passwords_are_no_failures(attempt, admin):
    assert {attempt(PASSWORD) for _ in range(7)} == {200}


def test_ten_mails_an_hour_and_address_from_all_networks_and_three_for_a_known_browser(
    attempt, admin, post, api, mailoutbox
):
    """Beyond them the same answer, and no mail."""
    browser = api()
    assert attempt(PASSWORD, client=browser) == 200
    mailoutbox.clear()
    for number in range(14):
        far = {"X-Forwarded-For": f"10.0.{number}.1"}
        answer = post("auth/request-otp", email=admin.email, headers=far)
        assert answer.json().keys() == {"message", "request_token"}
    assert len(mailoutbox) == 10
    for _ in range(4):
        post("auth/request-otp", email=admin.email, client=browser)
    assert len(mailoutbox) == 13


def test_the_hour_ends(attempt, admin):
    now = timezone.now()
    with time_machine.travel(now, tick=False):
        for number in range(51):
            attempt(ip=f"10.0.{number}.1")
        assert attempt(PASSWORD) == 429
    with time_machine.travel(now + timedelta(hours=1, seconds=1), tick=False):
        assert attempt(PASSWORD) == 200


def test_refused_sign_ups_do_not_use_the_quota(post):
    for _ in range(21):
        assert post("auth/register", email="nonsense", password=PASSWORD).status_code == 422


def test_guesses_at_the_same_moment_stay_inside_the_limit():
    """A place is taken before the password is compared, and no two get the same one."""
    room = Room("guesses", 5, 900)

    def take(_number):
        try:
            return room.take()
        except NoneFree:
            return None

    with ThreadPoolExecutor(12) as pool:
        taken = [place for place in pool.map(take, range(24)) if place]
    assert len(set(taken)) == len(taken) == 5
