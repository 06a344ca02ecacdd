"""Second factors over the API: authenticator app, recovery codes, passkeys."""

from __future__ import annotations

from datetime import timedelta

import jwt
import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.utils import timezone

from accounts import services
from accounts.staff import operators
from accounts.tests.answers import adopt, is_signed_in, status_and_code
from accounts.tests.authenticator_app import shown
from accounts.tests.soft_key import SoftKey
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
PASSKEYS = "/api/v1/auth/mfa/passkeys"


def totp(secret, shift=0):
    return shown(secret, periods_ahead=shift)


def fresh(secret):
    cache.clear()  # a code works once per period; these tests take less
    return totp(secret)


def begin_app(client):
    return client.post("/api/v1/auth/mfa/totp")


@pytest.fixture
def owner_api(api, owner):
    return api(owner)


@pytest.fixture
def app(owner_api):
    """Switches the owner's authenticator app on: secret and recovery codes."""
    begun = begin_app(owner_api).json()
    body = {"code": totp(begun["secret"])}
    confirmed = owner_api.post("/api/v1/auth/mfa/totp/confirm", body, format="json")
    adopt(owner_api, confirmed)
    cache.clear()
    return begun["secret"], confirmed.json()["recovery_codes"]


@pytest.fixture
def challenged(post):
    """The details of `mfa_required` after the right password."""

    def ask():
        answer = post("auth/login", login="owner", password=PASSWORD)
        assert status_and_code(answer) == (401, "mfa_required")
        return answer.json()["error"]["details"]

    return ask


def test_an_app_is_begun_and_confirmed_with_recovery_codes_shown_once(owner_api, mailoutbox):
    begun = begin_app(owner_api).json()
    assert begun.keys() == {"secret", "otpauth_uri", "qr_svg"}
    assert begun["otpauth_uri"].startswith("otpauth://totp/owner%40example.org?secret=")
    assert "<svg" in begun["qr_svg"]
    assert owner_api.get("/api/v1/auth/mfa").json() == {"enabled": False, "methods": []}
    wrong = owner_api.post("/api/v1/auth/mfa/totp/confirm", {"code": "000000"}, format="json")
    assert status_and_code(wrong) == (422, "wrong_code")
    done = owner_api.post(
        "/api/v1/auth/mfa/totp/confirm", {"code": totp(begun["secret"])}, format="json"
    )
    assert len(set(done.json()["recovery_codes"])) == 10
    adopt(owner_api, done)
    assert owner_api.get("/api/v1/auth/mfa").json() == {
        "enabled": True,
        "methods": ["recovery_codes", "totp"],
    }
    assert status_and_code(begin_app(owner_api)) == (409, "already_enabled")
    assert [mail.subject for mail in mailoutbox] == ["Your second factor was changed · Equilibrium"]


def test_a_password_is_answered_with_a_challenge_and_a_code_completes_it(app, challenged, post):
    details = challenged()
    assert details["methods"] == ["recovery_codes", "totp"]
    answer = post("auth/mfa/verify", mfa_token=details["mfa_token"], code=fresh(app[0]))
    assert answer.status_code == 200
    assert answer.json()["user"]["mfa_enabled"] is True
    assert answer.cookies["refresh_token"].value
    again = post("auth/mfa/verify", mfa_token=details["mfa_token"], code=fresh(app[0]))
    assert status_and_code(again) == (401, "challenge_expired")


def test_a_mailed_code_alone_is_not_enough_either(app, post, code, owner):
    post("auth/request-otp", email=owner.email)
    assert status_and_code(post("auth/login", email=owner.email, otp=code())) == (
        401,
        "mfa_required",
    )


def test_a_code_of_the_app_works_once_per_period_and_not_a_period_off(app, challenged, post):
    secret, _codes = app
    right = fresh(secret)
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=right).status_code == 200
    )
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=right).status_code == 401
    )
    for shift in (-2, 2):
        assert (
            post(
                "auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=totp(secret, shift)
            ).status_code
            == 401
        )


def test_the_code_that_switched_the_app_on_does_not_sign_in_as_well(owner_api, challenged, post):
    """Once per period, whatever it was used for."""
    code = totp(begin_app(owner_api).json()["secret"])
    assert (
        owner_api.post("/api/v1/auth/mfa/totp/confirm", {"code": code}, format="json").status_code
        == 200
    )
    answer = post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=code)
    assert status_and_code(answer) == (401, "invalid_code")


def test_a_sign_in_under_way_does_not_outlive_a_password_change(app, challenged, post, owner):
    """Whoever knew the old password has not come in yet, and does not."""
    token = challenged()["mfa_token"]
    services.set_password(owner, "Another-Horse-8")
    assert status_and_code(post("auth/mfa/verify", mfa_token=token, code=app[1][0])) == (
        401,
        "challenge_expired",
    )


def test_a_recovery_code_works_once(app, challenged, post):
    _secret, codes = app
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=codes[0]).status_code
        == 200
    )
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=codes[0]).status_code
        == 401
    )
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=codes[1]).status_code
        == 200
    )


def test_a_challenge_takes_five_tries_and_lives_five_minutes(app, challenged, post):
    token = challenged()["mfa_token"]
    for _ in range(5):
        cache.clear()  # the counters of failures would stop us first
        assert status_and_code(post("auth/mfa/verify", mfa_token=token, code="000000")) == (
            401,
            "invalid_code",
        )
    assert status_and_code(post("auth/mfa/verify", mfa_token=token, code=fresh(app[0]))) == (
        401,
        "challenge_expired",
    )
    token = challenged()["mfa_token"]
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert status_and_code(post("auth/mfa/verify", mfa_token=token, code=fresh(app[0]))) == (
            401,
            "challenge_expired",
        )


def test_new_challenges_do_not_buy_new_guesses(app, challenged, post):
    """Failures of the second factor count per person, as on the page."""
    tokens = [challenged()["mfa_token"] for _ in range(6)]
    replies = [post("auth/mfa/verify", mfa_token=token, code="000000") for token in tokens[:5]]
    assert {reply.status_code for reply in replies} == {401}
    assert post("auth/mfa/verify", mfa_token=tokens[5], code=totp(app[0])).status_code == 429


def test_new_recovery_codes_kill_the_old_ones(app, owner_api, challenged, post):
    _secret, old = app
    new = owner_api.post("/api/v1/auth/mfa/recovery-codes").json()
    assert not set(new["recovery_codes"]) & set(old)
    assert (
        post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=old[0]).status_code == 401
    )


def test_the_app_is_removed_and_takes_the_recovery_codes_along(app, owner_api, sign_in):
    assert owner_api.delete("/api/v1/auth/mfa/totp").status_code == 204
    assert owner_api.get("/api/v1/auth/mfa").json() == {"enabled": False, "methods": []}
    assert status_and_code(owner_api.delete("/api/v1/auth/mfa/totp")) == (404, "not_found")
    sign_in("owner")


def test_recovery_codes_alone_are_no_factor(owner_api):
    assert status_and_code(owner_api.post("/api/v1/auth/mfa/recovery-codes")) == (409, "no_factor")


@pytest.mark.parametrize("by", ["token", "browser"])
def test_confirming_a_factor_ends_every_other_sign_in_and_this_one_goes_on(
    owner, api, web, sign_in, by
):
    """Whoever signed in with the password alone, before there was a factor, is out."""
    elsewhere, browser = api(owner), web(owner)
    other = sign_in("owner")
    mine = api(owner) if by == "token" else own_browser(api, owner)
    body = {"code": totp(begin_app(mine).json()["secret"])}
    confirmed = mine.post("/api/v1/auth/mfa/totp/confirm", body, format="json")
    assert confirmed.status_code == 200
    if by == "token":
        assert mine.get("/api/v1/auth/me").status_code == 401
        assert claims_of(confirmed)["mfa"] is True
        adopt(mine, confirmed)
    assert mine.get("/api/v1/auth/me").json()["mfa_enabled"] is True
    assert elsewhere.get("/api/v1/auth/me").status_code == 401
    assert not is_signed_in(browser)
    body = {"refresh_token": other.cookies["refresh_token"].value}
    assert api().post("/api/v1/auth/refresh", body, format="json").status_code == 401


def own_browser(api, owner):
    """The API asked with the cookie of a page."""
    client = api()
    client.login(email=owner.email, password=PASSWORD)
    prove = {"password": PASSWORD}
    assert client.post("/api/v1/auth/reauth", prove, format="json").status_code == 200
    return client


def claims_of(answer):
    return jwt.decode(answer.json()["access_token"], options={"verify_signature": False})


def test_an_operator_resets_a_lost_factor_and_every_sign_in_ends(
    app, owner_api, admin, owner, sign_in
):
    operators.reset_mfa(actor=admin, user=owner)
    assert owner_api.get("/api/v1/auth/me").status_code == 401
    sign_in("owner")


def test_an_administrator_does_not_reset_their_own_factors(api, web, admin):
    """A stolen sign-in of theirs would switch them off without a proof."""
    Authenticator.objects.create(user=admin, type="totp", data={"secret": "x"})
    assert status_and_code(api(admin).post(f"/api/v1/users/{admin.pk}/mfa/reset")) == (
        403,
        "forbidden",
    )
    web(admin).post(f"/staff/users/{admin.pk}/reset-mfa/")
    assert Authenticator.objects.filter(user=admin).exists()


# ---- Passkeys


@pytest.fixture
def key(owner_api):
    """A passkey of the owner, registered over the API."""
    return add_key(owner_api, SoftKey())


def begin(client):
    return client.post(f"{PASSKEYS}/options")


def add_key(client, soft):
    """Registers a passkey; the client goes on with the tokens that come with it."""
    asked = begin(client).json()
    body = {
        "challenge": asked["challenge"],
        "credential": soft.create(asked["options"]),
        "name": "Phone",
    }
    answer = client.post(PASSKEYS, body, format="json")
    assert answer.status_code == 201, answer.content
    adopt(client, answer)
    return soft


def login_with(post, soft, **change):
    asked = post("auth/passkey/options").json()
    body = {"challenge": asked["challenge"], "credential": soft.get(asked["options"])} | change
    return post("auth/passkey/login", **body), body


def test_a_passkey_is_added_listed_and_removed(owner_api, key):
    (row,) = owner_api.get(PASSKEYS).json()
    assert row["name"] == "Phone"
    path = f"{PASSKEYS}/{row['id']}"
    assert owner_api.delete(path).status_code == 204
    assert owner_api.get(PASSKEYS).json() == []
    assert owner_api.delete(path).status_code == 404


def test_a_passkey_as_the_only_factor_brings_recovery_codes(owner_api, challenged, post):
    """Whoever loses the device still comes in, and asks for new codes with one of them."""
    asked = begin(owner_api).json()
    body = {"challenge": asked["challenge"], "credential": SoftKey().create(asked["options"])}
    added = owner_api.post(PASSKEYS, body, format="json")
    codes = added.json()["recovery_codes"]
    assert len(set(codes)) == 10
    answer = post("auth/mfa/verify", mfa_token=challenged()["mfa_token"], code=codes[0])
    assert answer.status_code == 200
    adopt(owner_api, answer)
    renewed = owner_api.post("/api/v1/auth/mfa/recovery-codes").json()["recovery_codes"]
    assert len(set(renewed) - set(codes)) == 10
    second = begin(owner_api).json()
    body = {"challenge": second["challenge"], "credential": SoftKey().create(second["options"])}
    assert owner_api.post(PASSKEYS, body, format="json").json()["recovery_codes"] == []


def test_a_verified_passkey_is_both_factors(post, key, owner):
    answer, _body = login_with(post, key)
    assert (answer.status_code, answer.json()["user"]["email"]) == (200, owner.email)


def test_a_passkey_answers_mfa_required_too(post, key, challenged):
    details = challenged()
    credential = key.get(details["passkey_options"])
    assert (
        post("auth/mfa/verify", mfa_token=details["mfa_token"], credential=credential).status_code
        == 200
    )


def test_a_replayed_answer_is_refused(post, key):
    answer, body = login_with(post, key)
    assert answer.status_code == 200
    assert status_and_code(post("auth/passkey/login", **body)) == (401, "challenge_expired")
    fresh_question = post("auth/passkey/options").json()
    assert status_and_code(post("auth/passkey/login", **body | {"challenge": fresh_question["challenge"]})) == (
        401, "invalid_code",
    )  # fmt: skip


def test_a_wrong_origin_is_refused(post, key, owner_api):
    key.origin = "https://evil.example"
    assert status_and_code(login_with(post, key)[0]) == (401, "invalid_code")
    asked = begin(owner_api).json()
    soft = SoftKey(origin="https://evil.example")
    body = {
        "challenge": asked["challenge"],
        "credential": soft.create(asked["options"]),
        "name": "x",
    }
    assert status_and_code(owner_api.post(PASSKEYS, body, format="json")) == (
        422,
        "invalid_credential",
    )


def test_the_credential_of_another_person_is_refused(post, api, key, owner, stranger):
    """The stranger's key under the owner's name."""
    foreign = add_key(api(stranger), SoftKey())
    foreign.handle = key.handle
    assert status_and_code(login_with(post, foreign)[0]) == (401, "invalid_code")


def test_a_challenge_of_another_person_adds_no_passkey(api, owner_api, stranger):
    asked = begin(api(stranger)).json()
    body = {
        "challenge": asked["challenge"],
        "credential": SoftKey().create(asked["options"]),
        "name": "x",
    }
    assert status_and_code(owner_api.post(PASSKEYS, body, format="json")) == (
        422,
        "invalid_credential",
    )


@pytest.mark.parametrize(
    "credential", [{}, {"id": "x"}, {"response": {"userHandle": None}}, {"response": []}]
)
def test_nonsense_is_refused_and_not_an_error_of_ours(post, db, credential):
    asked = post("auth/passkey/options").json()
    answer = post("auth/passkey/login", challenge=asked["challenge"], credential=credential)
    assert answer.status_code == 401


def test_a_disabled_person_does_not_come_in_by_passkey(post, key, owner):
    owner.status = "disabled"
    owner.save()
    assert status_and_code(login_with(post, key)[0]) == (401, "inactive_account")
