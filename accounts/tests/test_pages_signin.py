"""Sign-up, sign-in, codes and second factor on the pages."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from accounts import services
from accounts.bridge import factors
from accounts.models import ModulePermission, User
from accounts.staff import operators
from accounts.tests.answers import is_signed_in
from accounts.tests.authenticator_app import shown, switch_on
from accounts.tests.soft_key import SoftKey
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.org"
LOGIN, SIGNUP, CONFIRM = "/accounts/login/", "/accounts/signup/", "/accounts/confirm-email/"
PROFILE = "/accounts/profile/"


def fill_signup(browser, **more):
    return browser.post(SIGNUP, {"email": EMAIL, "password1": PASSWORD} | more)


def with_totp(user):
    """Switches an authenticator app on and returns its secret."""
    return switch_on(user)


def with_passkey(user):
    """Registers a passkey."""
    question = factors.begin_passkey(user)
    credential = SoftKey().create(question.options)
    factors.add_passkey(user, challenge=question.challenge, credential=credential, name="Phone")


def totp(secret):
    cache.clear()  # a code works once per period; tests are faster than thirty seconds
    return shown(secret)


def test_sign_up_confirm_and_be_in(web, code):
    browser = web()
    answer = fill_signup(browser, nickname="Ann", username="ann_1")
    assert (answer.status_code, answer.url) == (302, CONFIRM)
    user = User.objects.get()
    assert (user.status, user.has_usable_password()) == ("unverified", False)
    assert not is_signed_in(browser)
    assert browser.post(CONFIRM, {"code": code()}).status_code == 302
    assert is_signed_in(browser)
    user.refresh_from_db()
    assert (user.status, user.nickname, user.username) == ("active", "Ann", "ann_1")
    assert user.email_verified
    assert ModulePermission.objects.filter(user=user).count() == 4


def test_an_unconfirmed_address_can_sign_up_again_on_the_page(web, code):
    fill_signup(web(), password1="Mallorys-Pass-1", username="mallory")
    browser = web()
    fill_signup(browser, username="mallory")
    browser.post(CONFIRM, {"code": code()})
    assert is_signed_in(browser)
    assert User.objects.get().check_password(PASSWORD)


def test_a_name_on_the_page_does_not_tell_whose_address_it_belongs_to(web, owner):
    own, foreign = (
        fill_signup(web(), email=email, username="owner")
        for email in (owner.email, "nobody@example.org")
    )
    assert (own.status_code, foreign.status_code) == (200, 200)
    assert own.context["form"].errors == foreign.context["form"].errors
    assert "username" in own.context["form"].errors


def test_a_confirmed_address_sees_the_same_page_and_its_owner_a_mail(web, owner, mailoutbox):
    known, new = web(), web()
    answers = [fill_signup(known, email=owner.email), fill_signup(new, email="new@example.org")]
    assert {(answer.status_code, answer.url) for answer in answers} == {(302, CONFIRM)}
    pages = [client.get(CONFIRM).content.decode() for client in (known, new)]
    assert owner.email in pages[0]
    assert [mail.subject.split(" · ")[0] for mail in mailoutbox] == [
        "You already have an account", "Confirm your e-mail address",
    ]  # fmt: skip
    assert owner.check_password(PASSWORD)


def test_with_approval_the_confirmed_person_reads_what_happens_next(web, code, settings):
    settings.SIGNUP_APPROVAL_REQUIRED = True
    browser = web()
    fill_signup(browser)
    answer = browser.post(CONFIRM, {"code": code()}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/pending/"
    assert not is_signed_in(browser)
    answer = browser.post(LOGIN, {"login": EMAIL, "password": PASSWORD}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/pending/"
    assert not is_signed_in(browser)


@pytest.mark.parametrize("name", ["owner", "OWNER@example.org"])
def test_sign_in_by_user_name_or_address(web, owner, name):
    browser = web()
    browser.post(LOGIN, {"login": name, "password": PASSWORD})
    assert is_signed_in(browser)


def test_a_disabled_person_does_not_come_in(web, make_person):
    make_person("gone", status="disabled")
    browser = web()
    assert browser.post(LOGIN, {"login": "gone", "password": PASSWORD}).url == "/accounts/inactive/"
    assert not is_signed_in(browser)


def test_the_next_click_of_a_disabled_person_is_out(web, owner):
    browser = web(owner)
    assert is_signed_in(browser)
    owner.status = "disabled"
    owner.save()
    assert not is_signed_in(browser)


def test_sign_in_by_a_mailed_code(web, owner, code):
    browser = web()
    browser.post("/accounts/login/code/", {"email": owner.email})
    browser.post("/accounts/login/code/confirm/", {"code": code()})
    assert is_signed_in(browser)


def test_five_wrong_codes_end_the_attempt(web, owner, code):
    browser = web()
    browser.post("/accounts/login/code/", {"email": owner.email})
    right = code()
    for _ in range(5):
        browser.post("/accounts/login/code/confirm/", {"code": f"{(int(right) + 1) % 10**6:06d}"})
    browser.post("/accounts/login/code/confirm/", {"code": right})
    assert not is_signed_in(browser)


def test_a_password_reset_by_code_ends_other_sign_ins(web, owner, code):
    other = web(owner)
    browser = web()
    browser.post("/accounts/password/reset/", {"email": owner.email})
    browser.post("/accounts/password/reset/confirm/", {"code": code()})
    browser.post(
        "/accounts/password/reset/complete/",
        {"password1": "Another-Horse-8", "password2": "Another-Horse-8"},
    )
    owner.refresh_from_db()
    assert owner.check_password("Another-Horse-8")
    assert not is_signed_in(other)


def test_unknown_addresses_get_no_mail(web, mailoutbox):
    for path in ("/accounts/login/code/", "/accounts/password/reset/"):
        assert web().post(path, {"email": "nobody@example.org"}).status_code == 302
    assert mailoutbox == []


@pytest.mark.parametrize("way", ["password", "code", "reset"])
def test_no_way_in_passes_the_second_factor(web, owner, code, way):
    secret = with_totp(owner)
    browser = web()
    if way == "password":
        browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    elif way == "code":
        browser.post("/accounts/login/code/", {"email": owner.email})
        browser.post("/accounts/login/code/confirm/", {"code": code()})
    else:
        browser.post("/accounts/password/reset/", {"email": owner.email})
        browser.post("/accounts/password/reset/confirm/", {"code": code()})
        new = {"password1": "Another-Horse-8", "password2": "Another-Horse-8"}
        browser.post("/accounts/password/reset/complete/", new)
        browser.post(LOGIN, {"login": "owner", "password": "Another-Horse-8"})
    assert not is_signed_in(browser)
    browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert not is_signed_in(browser)
    browser.post("/accounts/2fa/authenticate/", {"code": totp(secret)})
    assert is_signed_in(browser)


@pytest.mark.parametrize(
    ("add", "offered", "silent"),
    [(with_totp, "six digits", "passkey"), (with_passkey, "passkey", "six digits")],
    ids=["app", "passkey"],
)
def test_the_second_step_offers_what_the_person_has(web, owner, add, offered, silent):
    """A button for a passkey that does not exist leads nowhere."""
    add(owner)
    page = web().post(LOGIN, {"login": "owner", "password": PASSWORD}, follow=True).content.decode()
    assert offered in page
    assert silent not in page


def test_a_sign_in_under_way_does_not_outlive_a_password_change(web, owner):
    """Whoever knew the old password stands before the second factor, and stays there."""
    secret, browser = with_totp(owner), web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    services.set_password(owner, "Another-Horse-8")
    answer = browser.post("/accounts/2fa/authenticate/", {"code": totp(secret)})
    assert answer.url == LOGIN
    assert not is_signed_in(browser)


def test_a_person_disabled_between_the_factors_is_told_so(web, owner, admin):
    """And not that they have signed in."""
    secret, browser = with_totp(owner), web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    operators.disable(actor=admin, user=owner)
    answer = browser.post("/accounts/2fa/authenticate/", {"code": totp(secret)}, follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/inactive/"
    assert "signed in as" not in answer.content.decode()


def test_the_own_second_factor_gives_an_address_no_new_guesses(web, owner):
    """One account of the guesser's own must not buy failures at others."""
    guesser = web()
    secret = with_totp(owner)
    for _ in range(3):
        guesser.post(LOGIN, {"login": "somebody", "password": "Wrong-Horse-7"})
    right = shown(secret)
    guesser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    guesser.post("/accounts/2fa/authenticate/", {"code": right})
    assert is_signed_in(guesser)
    again = web()
    replies = [
        again.post(LOGIN, {"login": "somebody", "password": "Wrong-Horse-7"}).status_code
        for _ in range(3)
    ]
    assert replies == [200, 200, 429]


def test_the_sixth_wrong_second_factor_is_429_with_the_wait(web, owner):
    secret, browser = with_totp(owner), web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    answers = [browser.post("/accounts/2fa/authenticate/", {"code": "000000"}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 850 < int(answers[-1]["Retry-After"]) <= 900
    right = shown(secret)
    assert browser.post("/accounts/2fa/authenticate/", {"code": right}).status_code == 429


def test_the_code_that_switched_the_app_on_does_not_sign_in_as_well(web, owner):
    """Once per period, whatever it was used for."""
    browser, other = web(), web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    code = totp(browser.get("/accounts/2fa/totp/activate/").context["form"].secret)
    browser.post("/accounts/2fa/totp/activate/", {"code": code})
    assert Authenticator.objects.filter(user=owner, type="totp").exists()
    other.post(LOGIN, {"login": "owner", "password": PASSWORD})
    other.post("/accounts/2fa/authenticate/", {"code": code})
    assert not is_signed_in(other)


def test_an_authenticator_app_is_set_up_with_a_qr_code_and_recovery_codes_shown_once(
    web, owner, mailoutbox
):
    browser = web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/")
    assert "data:image/svg+xml" in page.content.decode()
    answer = browser.post(
        "/accounts/2fa/totp/activate/", {"code": totp(page.context["form"].secret)}, follow=True
    )
    shown = answer.content.decode()
    codes = Authenticator.objects.get(user=owner, type="recovery_codes").wrap().generate_codes()
    assert len(codes) == 10
    assert all(one in shown for one in codes)
    again = browser.get("/accounts/2fa/recovery-codes/", follow=True).content.decode()
    assert not any(one in again for one in codes)
    assert "Your second factor was changed · Equilibrium" in [mail.subject for mail in mailoutbox]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_a_foreign_next_is_ignored(web, owner, target):
    answer = web().post(LOGIN, {"login": "owner", "password": PASSWORD, "next": target})
    assert answer.url == "/"


def test_posting_without_the_form_token_is_refused(owner):
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(LOGIN, {"login": "owner", "password": PASSWORD}).status_code == 403


def test_pages_and_api_share_the_counter_of_failures(web, post, owner):
    """Two failures by address on the page, three by user name on the API."""
    for _ in range(2):
        web().post(LOGIN, {"login": owner.email, "password": "Wrong-Horse-7"})
    for _ in range(3):
        assert post("auth/login", login="owner", password="Wrong-Horse-7").status_code == 401
    assert post("auth/login", login="owner", password=PASSWORD).status_code == 429
    browser = web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    assert not is_signed_in(browser)


@pytest.mark.parametrize(
    "path",
    [
        LOGIN, SIGNUP, "/accounts/login/code/", "/accounts/password/reset/", "/accounts/inactive/", "/accounts/pending/",
    ],
)  # fmt: skip
def test_pages_for_strangers_open(web, db, path):
    answer = web().get(path)
    assert answer.status_code == 200
    assert '<link rel="stylesheet" href="/static/css/tokens.css">' in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        PROFILE, "/accounts/security/", "/accounts/notifications/", "/accounts/password/change/", "/accounts/logout/",
        "/accounts/reauthenticate/", "/accounts/3rdparty/",
    ],
)  # fmt: skip
def test_own_pages_open_and_send_strangers_to_sign_in(web, owner, path):
    browser = web()
    browser.post(LOGIN, {"login": "owner", "password": PASSWORD})
    assert browser.get(path).status_code == 200
    if path != "/accounts/logout/":
        assert web().get(path).url.startswith(LOGIN)


@pytest.mark.parametrize("path", ["/accounts/logout/", "/admin/logout/", "/api/v1/auth/logout"])
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_only_a_form_signs_out(web, owner, path, method):
    """A picture or link from elsewhere must not: the page asks, and its form is what signs out."""
    browser = web(owner)
    getattr(browser, method)(path)
    assert is_signed_in(browser)
    browser.post("/accounts/logout/")
    assert not is_signed_in(browser)


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/2fa/", "/accounts/sessions/"])
def test_pages_of_allauth_that_ours_replace_lead_there(web, owner, path):
    assert (
        web(owner).post(path, {"action_remove": "1", "email": owner.email}).url
        == "/accounts/security/"
    )
