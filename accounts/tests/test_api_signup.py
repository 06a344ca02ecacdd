"""Sign-up and confirmation over the API."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone

from accounts.models import EmailRequest, ModulePermission, User
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
EMAIL = "ann@example.org"


@pytest.fixture
def post(api):
    """One browser, which carries its cookies along."""
    browser = api()

    def send(path, **body):
        return browser.post(f"/api/v1/{path}", body, format="json")

    return send


@pytest.fixture
def register(post):
    def send(email=EMAIL, password=PASSWORD, **more):
        return post("auth/register", email=email, password=password, **more)

    return send


def verify(post, code, email=EMAIL, **more):
    return post("auth/verify-email", email=email, code=code, **more)


def test_sign_up_mails_a_six_digit_code_and_gives_no_token(register, mailoutbox, code, post):
    answer = register(nickname="Ann", username="ann_1", language="uk")
    assert answer.status_code == 202
    assert answer.json().keys() == {"pending_email", "message", "status", "request_token"}
    assert (answer.json()["pending_email"], answer.json()["status"]) == (EMAIL, "unverified")
    (mail,) = mailoutbox
    assert mail.to == [EMAIL]
    assert code() not in mail.subject
    user = User.objects.get()
    assert (user.status, user.username, user.has_usable_password()) == ("unverified", None, False)
    verify(post, code())
    user.refresh_from_db()
    assert (user.status, user.nickname, user.username, user.language) == (
        "active",
        "Ann",
        "ann_1",
        "uk",
    )


def test_confirmed_accounts_have_the_default_role_and_modules_from_nobody(register, post, code):
    register()
    assert not ModulePermission.objects.exists()
    verify(post, code())
    assert User.objects.get().role == "user"
    rows = ModulePermission.objects.values_list("permission", "granted_by")
    assert set(rows) == {("cot", None), ("journal", None), ("trading", None), ("signals", None)}


def test_the_defaults_are_those_of_the_settings_on_api_and_page(
    register, post, code, web, settings
):
    """Approval off, one role and one list of modules for every way to sign up."""
    assert settings.SIGNUP_APPROVAL_REQUIRED is False
    settings.DEFAULT_ROLE, settings.DEFAULT_PERMISSIONS = "viewer", ["cot", "signals"]
    register()
    verify(post, code())
    browser = web()
    browser.post("/accounts/signup/", {"email": "bob@example.org", "password1": PASSWORD})
    browser.post("/accounts/confirm-email/", {"code": code()})
    made = [
        (user.email, user.role, sorted(user.modules)) for user in User.objects.order_by("email")
    ]
    assert made == [(email, "viewer", ["cot", "signals"]) for email in (EMAIL, "bob@example.org")]


def test_the_code_confirms_and_signs_in(register, post, code):
    register()
    answer = verify(post, code())
    assert answer.status_code == 200
    assert answer.json()["user"]["status"] == "active"
    assert answer.json()["user"]["email_verified"] is True
    assert "refresh_token" not in answer.json()
    assert answer.cookies["refresh_token"].value


def test_welcome_mail_after_confirmation(register, post, code, mailoutbox):
    register()
    verify(post, code())
    assert [mail.subject for mail in mailoutbox] == [
        "Confirm your e-mail address · Equilibrium",
        "Welcome · Equilibrium",
    ]


def test_operators_hear_of_a_sign_up(register, post, code, mailoutbox, settings):
    settings.ADMIN_NOTIFICATION_EMAIL = "ops@example.org"
    register(nickname="Your bank")
    verify(post, code())
    (told,) = [mail for mail in mailoutbox if mail.to == ["ops@example.org"]]
    assert told.subject == "New sign-up · Equilibrium"
    assert EMAIL in told.body
    assert "Your bank" not in told.body


def test_with_approval_a_confirmed_person_waits(register, post, code, settings):
    settings.SIGNUP_APPROVAL_REQUIRED = True
    answer = register()
    assert answer.json()["message"] == "Signup received. Await approval."
    assert answer.json()["status"] == "pending"
    answer = verify(post, code())
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    assert not answer.cookies
    answer = post("auth/login", email=EMAIL, password=PASSWORD)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "inactive_account")


def test_signing_up_again_in_one_browser_confirms_the_second_credentials(register, post, code):
    register(password="First-Password-1", nickname="Mallory")
    first = code()
    register(nickname="Ann")
    assert verify(post, first).status_code == 401
    assert verify(post, code()).status_code == 200
    assert User.objects.get().nickname == "Ann"
    assert post("auth/login", email=EMAIL, password="First-Password-1").status_code == 401
    assert post("auth/login", email=EMAIL, password=PASSWORD).status_code == 200


def test_signing_up_with_a_confirmed_address_tells_a_stranger_nothing(
    register, make_person, mailoutbox
):
    make_person("ann")
    known, new = register().json(), register(email="new@example.org").json()
    for name in ("pending_email", "request_token"):
        assert known.pop(name) != new.pop(name)
    assert known == new
    assert (mailoutbox[0].to, mailoutbox[0].subject) == (
        [EMAIL],
        "You already have an account · Equilibrium",
    )
    assert User.objects.get(email=EMAIL).check_password(PASSWORD)


def test_one_account_per_address_in_any_letter_case(register):
    register(email="A@x.org")
    register(email=" a@X.org ")
    assert User.objects.count() == 1


def test_user_names_are_unique_in_any_letter_case(register, make_person):
    make_person("bob")
    answer = register(username=" BOB ")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "username_taken")


def test_a_name_does_not_tell_whose_address_it_belongs_to(register, make_person):
    make_person("ann")
    own, foreign = register(username="ann"), register(email="nobody@example.org", username="ann")
    assert (own.status_code, own.json()["error"]["code"]) == (409, "username_taken")
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (409, "username_taken")


def test_somebody_unconfirmed_may_choose_the_same_name_again(register):
    assert register(username="ann_1").status_code == 202
    assert register(username="ann_1").status_code == 202


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("username", "a-b", "invalid_username"),
        ("username", "ab", "invalid_username"),
        ("email", "nonsense", "invalid_email"),
        ("password", "short1A", "weak_password"),
        ("password", "no-upper-case-1", "weak_password"),
        ("password", "NO-LOWER-CASE-1", "weak_password"),
        ("password", "No-Digit-At-All", "weak_password"),
        ("password", "Ann@example.org1", "weak_password"),
        ("password", "Aa1" + "x" * 126, "weak_password"),
    ],
)
def test_refusals_have_names(register, field, value, error):
    answer = register(**{field: value})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, error)
    assert field in answer.json()["error"]["details"]


def test_a_password_that_resembles_the_part_before_the_at_is_weak(register, web):
    """It becomes the user name when none is chosen."""
    near = {"email": "quentin.tarant@example.org", "password": "Quentin.tarant1"}
    assert register(**near).json()["error"]["code"] == "weak_password"
    page = web().post("/accounts/signup/", {"email": near["email"], "password1": near["password"]})
    assert "password1" in page.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["role", "status", "is_staff", "permissions", "token_version"])
def test_sign_up_ignores_rights_it_is_offered(register, field):
    assert register(**{field: "admin"}).status_code == 202
    user = User.objects.get()
    assert (user.role, user.status, user.token_version, user.is_staff) == (
        "user",
        "unverified",
        1,
        False,
    )


@pytest.mark.parametrize(("seconds", "status"), [(599, 200), (601, 401)])
def test_a_code_lives_ten_minutes(register, post, code, seconds, status):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        register()
    with time_machine.travel(start + timedelta(seconds=seconds), tick=False):
        assert verify(post, code()).status_code == status


def test_a_code_works_once(register, post, code):
    register()
    used = code()
    assert verify(post, used).status_code == 200
    answer = verify(post, used)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_code")


def test_the_sixth_try_fails_even_with_the_right_code(register, post, code):
    register()
    right = code()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(5):
        assert verify(post, wrong).status_code == 401
    assert verify(post, right).status_code == 401


def test_the_fifth_try_may_still_be_right(register, post, code):
    """Five tries, not four."""
    register()
    right = code()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    for _ in range(4):
        verify(post, wrong)
    assert verify(post, right).status_code == 200


def test_the_database_holds_no_digits_of_a_code(register, code):
    """In no row of any table of accounts."""
    register()
    tables = apps.get_app_config("accounts").get_models()
    stored = [
        str(value)
        for table in tables
        for row in table._base_manager.values()
        for value in row.values()
    ]
    assert User.objects.get().email in stored
    assert not re.search(rf"\b{code()}\b", " ".join(stored))
    assert len(EmailRequest.objects.get().code_hmac) == 64


def test_a_login_code_does_not_confirm_and_the_other_way_round(register, post, code, make_person):
    make_person("bob")
    post("auth/request-otp", email="bob@example.org")
    assert verify(post, code(), email="bob@example.org").status_code == 401
    register()
    assert post("auth/login", email=EMAIL, otp=code()).status_code == 401


def test_resending_kills_the_earlier_code(register, post, code):
    register()
    first = code()
    assert post("auth/resend-verification", email=EMAIL).status_code == 200
    assert verify(post, first).status_code == 401
    assert verify(post, code()).status_code == 200


@pytest.mark.parametrize(
    "path", ["auth/resend-verification", "auth/request-otp", "auth/password/reset"]
)
def test_asking_for_a_code_looks_the_same_for_every_kind_of_address(
    post, make_person, mailoutbox, path
):
    make_person("active")
    make_person("disabled", status="disabled")
    make_person("unverified", status="unverified", email_verified_at=None)
    names = ["active", "disabled", "unverified", "nobody", "no at sign"]
    replies = [
        post(path, email=f"{name}@example.org" if " " not in name else name) for name in names
    ]
    assert {(reply.status_code, reply.json()["message"]) for reply in replies} == {
        (200, replies[0].json()["message"])
    }
    expected = [["active@example.org"], ["unverified@example.org"]][
        path == "auth/resend-verification" :
    ]
    assert [mail.to for mail in mailoutbox] == expected
    assert User.objects.count() == 3


@pytest.mark.parametrize("path", ["auth/request-otp", "auth/password/reset"])
def test_the_fourth_request_for_a_code_in_a_quarter_of_an_hour_mails_nothing(
    post, path, make_person, mailoutbox
):
    """The answer stays the same, or strangers could tell; nobody is locked out by it."""
    make_person("ann")
    for spelling in [EMAIL, EMAIL.upper(), f" {EMAIL}", EMAIL]:
        answer = post(path, email=spelling)
        assert answer.status_code == 200
        assert answer.json().keys() == {"message", "request_token"}
    assert len(mailoutbox) == 3


@pytest.mark.parametrize("parameter", ["code", "password", "token", "otp"])
def test_secrets_in_the_address_are_refused(api, parameter):
    answer = api().post(f"/api/v1/auth/login?{parameter}=123456", {}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "credentials_in_url")


def test_the_password_check_reads_past_the_72nd_byte(register, post, code):
    """Plain bcrypt stops at 72 bytes."""
    long = "Aa1" + "x" * 76 + "y" + "z" * 20
    register(password=long)
    verify(post, code())
    assert post("auth/login", email=EMAIL, password=long[:79] + "Y" + long[80:]).status_code == 401
    assert post("auth/login", email=EMAIL, password=long).status_code == 200


def test_bcrypt_with_sha256_at_cost_12_is_the_only_hasher(settings, cheap_hashing):
    assert cheap_hashing == 12
    assert settings.PASSWORD_HASHERS == ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
