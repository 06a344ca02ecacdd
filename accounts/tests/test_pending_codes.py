"""Sign-ins under way on the pages: what kills their codes, and how often one may be tried."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import services
from accounts.bridge.forms import ResetPassword
from accounts.models import EmailRequest, Status, User
from accounts.staff import operators
from accounts.tests.authenticator_app import shown, switch_on
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
SIGNUP, CONFIRM, LOGIN = "/accounts/signup/", "/accounts/confirm-email/", "/accounts/login/"
LOGIN_CODE, RESET = "/accounts/login/code/", "/accounts/password/reset/"
NEW, THIEF = "Other-Horse-88", "Thief-Horse-99"
VICTIM = {"email": "v@example.org", "password1": "Victims-Own-77"}
MALLORY = {"email": "v@example.org", "password1": "Mallorys-Pass-1"}


def inside(browser):
    return browser.get("/accounts/profile/").status_code == 200


def other(code):
    return f"{(int(code) + 1) % 10**6:06d}"


@pytest.fixture(params=["page", "api"])
def mallory_signs_up(request, web, post):
    """Somebody else signs up with the victim's address before it is confirmed."""
    if request.param == "page":
        return lambda: web().post(SIGNUP, MALLORY)
    return lambda: post("auth/register", email=MALLORY["email"], password=MALLORY["password1"])


@pytest.mark.parametrize("asked_again", [False, True])
def test_a_code_confirms_the_password_of_its_own_browser(
    web, code, post, mallory_signs_up, asked_again
):
    """Nothing of it dies because somebody else signs up meanwhile."""
    victim = web()
    victim.post(SIGNUP, VICTIM)
    digits = code()
    mallory_signs_up()
    if asked_again:
        victim.post(CONFIRM, {"action": "resend"})
        digits = code()
    victim.post(CONFIRM, {"code": digits})
    user = User.objects.get()
    assert user.status == Status.ACTIVE
    assert user.check_password(VICTIM["password1"])
    assert inside(victim)


def test_a_login_code_of_another_browser_brings_no_password(web, code, mallory_signs_up):
    web().post(SIGNUP, VICTIM)
    victim = web()
    victim.post(LOGIN_CODE, {"email": VICTIM["email"]})
    digits = code()
    mallory_signs_up()
    victim.post(f"{LOGIN_CODE}confirm/", {"code": digits})
    user = User.objects.get()
    assert user.status == Status.ACTIVE
    assert not user.has_usable_password()


def test_who_signs_up_twice_confirms_with_the_second_code(web, code):
    browser = web()
    for _ in range(2):
        browser.post(SIGNUP, VICTIM)
    browser.post(CONFIRM, {"code": code()})
    assert inside(browser)
    assert User.objects.get().check_password(VICTIM["password1"])


def test_a_code_of_the_page_belongs_to_its_request_alone(web, owner, code, post):
    """Strangers who ask for codes of the same address neither end it nor spend its tries."""
    browser = web()
    browser.post(LOGIN_CODE, {"email": owner.email})
    own = code()
    stranger = web()
    stranger.post(LOGIN_CODE, {"email": owner.email})
    for _ in range(5):
        stranger.post(f"{LOGIN_CODE}confirm/", {"code": other(code())})
    post("auth/request-otp", email=owner.email)
    foreign = browser.post(f"{LOGIN_CODE}confirm/", {"code": code()})
    assert (foreign.status_code, inside(browser)) == (200, False)
    assert browser.post(f"{LOGIN_CODE}confirm/", {"code": own}).status_code == 302
    assert inside(browser)


def test_a_code_asked_for_again_takes_the_place_of_the_first_in_this_browser(web, owner, code):
    browser = web()
    browser.post(LOGIN_CODE, {"email": owner.email})
    first = code()
    browser.post(LOGIN_CODE, {"email": owner.email})
    assert EmailRequest.objects.filter(email=owner.email).count() == 1
    if first != code():  # once in a million they are the same
        assert browser.post(f"{LOGIN_CODE}confirm/", {"code": first}).status_code == 200
    browser.post(f"{LOGIN_CODE}confirm/", {"code": code()})
    assert inside(browser)


@pytest.mark.parametrize("start", [LOGIN_CODE, RESET])
@pytest.mark.parametrize("status", ["active", "unverified", "disabled", None])
def test_the_fifth_wrong_code_ends_the_page_whoever_the_address_belongs_to(
    web, make_person, start, status
):
    """Else the sixth answer would tell who has an account."""
    if status:
        make_person("ann", status=status)
    browser = web()
    browser.post(start, {"email": "ann@example.org"})
    answers = [browser.post(f"{start}confirm/", {"code": "wrong!"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [302]
    assert answers[-1].url == start
    assert "Those were five wrong codes" in browser.get(start).content.decode()


def test_the_page_of_a_code_goes_on_where_the_person_wanted_to(web, owner, code):
    browser = web()
    assert (
        f"{LOGIN_CODE}?next=%2Faccounts" in browser.get(f"{LOGIN}?next=/accounts/").content.decode()
    )
    asked = browser.post(LOGIN_CODE, {"email": owner.email, "next": "/accounts/security/"})
    assert asked.url == f"{LOGIN_CODE}confirm/?next=%2Faccounts%2Fsecurity%2F"
    answer = browser.post(f"{LOGIN_CODE}confirm/", {"code": code(), "next": "/accounts/security/"})
    assert answer.url == "/accounts/security/"


def test_a_login_code_does_not_outlive_a_password_change(web, owner, code):
    browser = web()
    browser.post(LOGIN_CODE, {"email": owner.email})
    first = code()
    services.set_password(owner, NEW)
    browser.post(f"{RESET}", {"email": owner.email})  # a newer code of another kind revives nothing
    assert browser.post(f"{LOGIN_CODE}confirm/", {"code": first}).status_code == 200
    assert not inside(browser)


@pytest.mark.parametrize("proven", [False, True])
def test_a_reset_does_not_outlive_a_password_change(web, owner, code, proven):
    browser = web()
    browser.post(RESET, {"email": owner.email})
    digits = code()
    if proven:
        assert browser.post(f"{RESET}confirm/", {"code": digits}).url.endswith("/complete/")
    services.set_password(owner, NEW)
    if not proven:
        browser.post(f"{RESET}confirm/", {"code": digits})
    answer = browser.post(f"{RESET}complete/", {"password1": THIEF, "password2": THIEF})
    assert answer.status_code == 302
    owner.refresh_from_db()
    assert owner.check_password(NEW)


def test_a_reset_under_way_does_not_undo_a_password_change(web, owner, code, monkeypatch):
    """It is changed while the form of the new one is being checked."""
    browser = web()
    browser.post(RESET, {"email": owner.email})
    browser.post(f"{RESET}confirm/", {"code": code()})
    check = ResetPassword.clean

    def slow(form):
        services.set_password(User.objects.get(pk=owner.pk), NEW)
        return check(form)

    monkeypatch.setattr(ResetPassword, "clean", slow)
    answer = browser.post(f"{RESET}complete/", {"password1": THIEF, "password2": THIEF})
    assert answer.url == RESET
    owner.refresh_from_db()
    assert owner.check_password(NEW)


def test_one_wrong_code_is_one_try(web, owner, code):
    """Not one of a code to sign in and another of a code that confirms."""
    web_of_owner, unconfirmed = web(), web()
    unconfirmed.post(SIGNUP, VICTIM)
    for browser, email in ((web_of_owner, owner.email), (unconfirmed, VICTIM["email"])):
        browser.post(LOGIN_CODE, {"email": email})
        browser.post(f"{LOGIN_CODE}confirm/", {"code": other(code())})
    assert sorted(EmailRequest.objects.values_list("attempts", flat=True)) == [1, 1]


def test_a_proven_reset_waits_ten_minutes_for_the_new_password(web, owner, code):
    browser = web()
    with time_machine.travel(asked := timezone.now(), tick=False):
        browser.post(RESET, {"email": owner.email})
        browser.post(f"{RESET}confirm/", {"code": code()})
    with time_machine.travel(asked + timedelta(minutes=10, seconds=1), tick=False):
        answer = browser.post(f"{RESET}complete/", {"password1": NEW, "password2": NEW})
    assert answer.url == RESET
    owner.refresh_from_db()
    assert owner.check_password(PASSWORD)


def test_no_link_of_a_mail_resets_a_password(web, db):
    """There are codes only: the page of a link, which the library has too, is not there."""
    assert web().get(f"{RESET}key/1-abc-def/").status_code == 404


def test_a_reset_does_not_outlive_the_account(web, owner, admin, code):
    browser = web()
    browser.post(RESET, {"email": owner.email})
    browser.post(f"{RESET}confirm/", {"code": code()})
    operators.disable(actor=admin, user=owner)
    browser.post(f"{RESET}complete/", {"password1": THIEF, "password2": THIEF})
    owner.refresh_from_db()
    assert owner.status == Status.DISABLED
    assert owner.check_password(PASSWORD)


@pytest.fixture
def changed_meanwhile(monkeypatch, owner):
    """The password is changed while the old one is being compared."""
    compare, done = User.check_password, []

    def slow(user, raw):
        right = compare(user, raw)
        if not done:
            done.append(True)
            services.set_password(User.objects.get(pk=owner.pk), NEW)
        return right

    monkeypatch.setattr(User, "check_password", slow)


def test_an_old_password_under_way_does_not_sign_in_on_the_page(web, changed_meanwhile):
    browser = web()
    assert browser.post(LOGIN, {"login": "owner", "password": PASSWORD}).status_code == 302
    assert not inside(browser)


def test_an_old_password_under_way_does_not_reach_the_second_factor(owner, changed_meanwhile, post):
    secret = switch_on(owner)
    asked = post("auth/login", login="owner", password=PASSWORD).json()["error"]
    assert asked["code"] == "mfa_required"
    code = shown(secret)
    answer = post("auth/mfa/verify", mfa_token=asked["details"]["mfa_token"], code=code)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("start", "confirm", "after", "decoy"),
    [
        (LOGIN_CODE, f"{LOGIN_CODE}confirm/", LOGIN_CODE, {}),
        (
            LOGIN_CODE,
            f"{LOGIN_CODE}confirm/",
            LOGIN_CODE,
            {"action": "resend"},
        ),  # cannot mail again: a try
        (RESET, f"{RESET}confirm/", RESET, {}),
        (RESET, f"{RESET}confirm/", RESET, {"action": "resend"}),
    ],
)
def test_five_tries_whatever_the_session_says(web, owner, code, start, confirm, after, decoy):
    """Requests at the same time all load the session as it was: here it is put back before each."""
    browser = web()
    browser.post(start, {"email": owner.email})
    digits, session = code(), Session.objects.get()
    for _ in range(4):
        assert browser.post(confirm, {"code": other(digits)} | decoy).status_code == 200
        session.save()
    fifth = browser.post(confirm, {"code": other(digits)} | decoy)
    session.save()
    sixth = browser.post(confirm, {"code": digits} | decoy)
    assert (fifth.status_code, fifth.url) == (sixth.status_code, sixth.url) == (302, after)
    assert not inside(browser)


def test_five_wrong_codes_of_a_sign_up_kill_the_code_and_not_the_sign_up(web, code):
    """The page stays, says so and mails another: the password that was chosen is not lost."""
    browser = web()
    browser.post(SIGNUP, VICTIM)
    digits, session = code(), Session.objects.get()
    for _ in range(5):
        answer = browser.post(CONFIRM, {"code": other(digits)})
        session.save()  # requests at the same time all load it as it was
    assert "Those were five wrong codes" in answer.content.decode()
    browser.post(CONFIRM, {"code": digits})
    assert not inside(browser)
    assert not User.objects.filter(status=Status.ACTIVE).exists()
    browser.post(CONFIRM, {"action": "resend"})
    browser.post(CONFIRM, {"code": code()})
    assert inside(browser)
    assert User.objects.get().check_password(VICTIM["password1"])


def test_asking_once_too_often_loses_no_code(web, code, mailoutbox):
    """The fourth mail of a quarter of an hour is not sent; the third still works, with the password."""
    browser = web()
    browser.post(SIGNUP, VICTIM)
    for _ in range(3):
        browser.post(CONFIRM, {"action": "resend"})
    assert len(mailoutbox) == 3
    browser.post(CONFIRM, {"code": code()})
    assert inside(browser)
    assert User.objects.get().check_password(VICTIM["password1"])


def test_the_fifth_try_may_be_the_right_one(web, owner, code):
    browser = web()
    browser.post(LOGIN_CODE, {"email": owner.email})
    for _ in range(4):
        browser.post(f"{LOGIN_CODE}confirm/", {"code": other(code())})
    browser.post(f"{LOGIN_CODE}confirm/", {"code": code()})
    assert inside(browser)
