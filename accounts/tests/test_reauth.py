"""Proving oneself again: what a stolen sign-in cannot do, and how its owner does it."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.cache import cache

from accounts.models import Role, User
from accounts.proofs import tokens
from accounts.tests.answers import adopt, later, status_and_code
from accounts.tests.authenticator_app import shown, switch_on
from accounts.tests.soft_key import SoftKey
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
REAUTH = "/api/v1/auth/reauth"
TOTP, OPTIONS = "/api/v1/auth/mfa/totp", "/api/v1/auth/mfa/passkeys/options"
BY_PASSWORD, BY_MAIL = "/accounts/reauthenticate/", "/accounts/reauthenticate/code/"


@pytest.fixture
def without_password(owner):
    """The owner, who comes in by a provider or a mailed code only."""
    owner.set_unusable_password()
    owner.save()
    return owner


def asked_for(answer):
    """The ways that a refusal for want of a proof names."""
    assert status_and_code(answer) == (403, "proof_required")
    return answer.json()["error"]["details"]["methods"]


def prove(client, **proof):
    return client.post(REAUTH, proof, format="json")


def test_a_sign_in_is_a_proof_for_five_minutes(api, owner):
    client = api(owner)
    with later(minutes=4, seconds=59):
        assert client.post(TOTP).status_code == 200
    with later(minutes=5, seconds=1):
        assert asked_for(client.post(TOTP)) == ["password", "otp"]


def test_a_proof_given_later_counts_for_five_minutes_too(api, owner):
    client = api(owner)
    with later(minutes=6):
        assert status_and_code(prove(client, password="Wrong-Horse-7")) == (403, "wrong_proof")
        assert asked_for(client.post(OPTIONS)) == ["password", "otp"]
        assert prove(client, password=PASSWORD).json() == {
            "methods": ["password"],
            "expires_in": 300,
        }
    with later(minutes=10):
        assert client.post(OPTIONS).status_code == 200
    with later(minutes=12):
        assert client.post(OPTIONS).status_code == 403


def test_a_proof_stays_with_its_own_sign_in(api, owner):
    thief, mine = api(owner), api(owner)
    with later(minutes=6):
        assert prove(mine, password=PASSWORD).status_code == 200
        assert mine.post(TOTP).status_code == 200
        assert thief.post(TOTP).status_code == 403


def test_a_proof_outlives_the_exchange_of_the_refresh_token(owner, api, sign_in, post):
    """It belongs to the family, not to one access token."""
    first = sign_in("owner")
    with later(minutes=2):
        client = api()
        client.cookies["refresh_token"] = first.cookies["refresh_token"].value
        token = post("auth/refresh", client=client).json()["access_token"]
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        assert client.post(TOTP).status_code == 200
    with later(minutes=6):
        assert client.post(TOTP).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "mfa/totp"),
        ("delete", "mfa/totp"),
        ("post", "mfa/recovery-codes"),
        ("post", "mfa/passkeys"),
        ("post", "mfa/passkeys/options"),
        ("delete", "mfa/passkeys/1"),
    ],
)
def test_where_a_factor_is_registered_a_password_is_no_proof(api, owner, method, path):
    """Whoever knows the password and stole a sign-in takes no factor away and adds none."""
    secret = switch_on(owner)
    client = api(owner)
    send = lambda: getattr(client, method)(f"/api/v1/auth/{path}", {}, format="json")  # noqa: E731
    with later(minutes=6):
        assert asked_for(send()) == ["code"]
        assert asked_for(prove(client, password=PASSWORD)) == ["code"]
        assert asked_for(client.post(f"{REAUTH}/code")) == ["code"]
        assert asked_for(send()) == ["code"]
        assert prove(client, code=shown_at_once(secret)).status_code == 200
        assert send().status_code != 403


def shown_at_once(secret):
    """The code of the app while the clock stands."""
    return shown(secret, seconds_left=0)


def test_a_recovery_code_and_a_passkey_are_proofs(api, owner):
    client, key = api(owner), SoftKey()
    asked = client.post(OPTIONS).json()
    body = {"challenge": asked["challenge"], "credential": key.create(asked["options"])}
    added = client.post("/api/v1/auth/mfa/passkeys", body, format="json").json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {added['access_token']}")
    with later(minutes=6):
        assert asked_for(client.post(TOTP)) == ["code", "credential"]
        assert prove(client, code=added["recovery_codes"][0]).status_code == 200
        assert client.post(TOTP).status_code == 200
    with later(minutes=12):
        asked = api().post("/api/v1/auth/passkey/options").json()
        proof = {"challenge": asked["challenge"], "credential": key.get(asked["options"])}
        assert prove(client, **proof).status_code == 200
        assert status_and_code(prove(client, **proof)) == (403, "wrong_proof")
        assert client.post(TOTP).status_code == 200


def test_the_passkey_of_somebody_else_is_no_proof(api, owner, stranger):
    for person in (owner, stranger):
        key, client = SoftKey(), api(person)
        asked = client.post(OPTIONS).json()
        body = {"challenge": asked["challenge"], "credential": key.create(asked["options"])}
        added = client.post("/api/v1/auth/mfa/passkeys", body, format="json").json()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {added['access_token']}")
        if person == owner:
            mine = client
    asked = api().post("/api/v1/auth/passkey/options").json()
    proof = {"challenge": asked["challenge"], "credential": key.get(asked["options"])}
    assert status_and_code(prove(mine, **proof)) == (403, "wrong_proof")


def test_somebody_without_a_password_proves_themselves_by_a_mailed_code(
    api, without_password, code
):
    """A stolen token alone gives an account that only comes by a provider no factor."""
    client = api(without_password)
    with later(minutes=6):
        assert asked_for(client.post(TOTP)) == ["otp"]
        assert asked_for(prove(client, password=PASSWORD)) == ["otp"]
        assert client.post(f"{REAUTH}/code").status_code == 200
        right = code()
        wrong = f"{(int(right) + 1) % 10**6:06d}"
        assert status_and_code(prove(client, otp=wrong)) == (403, "wrong_proof")
        assert client.post(TOTP).status_code == 403
        assert prove(client, otp=right).status_code == 200
        assert prove(client, otp=right).status_code == 403
        assert client.post(TOTP).status_code == 200


def test_a_sign_in_code_is_no_proof_of_another_kind_and_the_other_way_round(
    api, without_password, post, code
):
    client = api(without_password)
    post("auth/request-otp", email=without_password.email)
    assert prove(client, otp=code()).status_code == 403
    client.post(f"{REAUTH}/code")
    assert post("auth/login", email=without_password.email, otp=code()).status_code == 401


@pytest.mark.parametrize("way", ["password", "otp", "code"])
def test_a_stolen_token_guesses_five_times_from_wherever(api, owner, settings, way):
    """Whatever the address; the right proof is refused as well then."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    secret = switch_on(owner) if way == "code" else ""
    client = api(owner)
    client.post(f"{REAUTH}/code")

    def guess(n, value):
        headers = {"X-Forwarded-For": f"10.0.{n}.1"}
        return client.post(REAUTH, {way: value}, format="json", headers=headers).status_code

    wrong = "Wrong-Horse-7" if way == "password" else "000000"
    assert [guess(n, wrong) for n in range(6)] == [403] * 5 + [429]
    if way != "otp":
        assert guess(7, shown(secret) if secret else PASSWORD) == 429


def test_a_proof_is_exactly_one(api, owner):
    client = api(owner)
    assert prove(client).status_code == 422
    assert prove(client, password=PASSWORD, otp="123456").status_code == 422


# ---- Pages


def test_a_password_change_by_a_sign_in_with_a_factor_proves_no_factor_anew(api, owner):
    """Whoever stole such a sign-in and knows the password gets tokens, but takes no factor away."""
    switch_on(owner)
    client = api(owner)
    with later(minutes=6):
        body = {"current_password": PASSWORD, "new_password": "Another-Horse-8"}
        adopt(client, client.put("/api/v1/auth/me/password", body, format="json"))
        assert asked_for(client.delete(TOTP)) == ["code"]
        assert asked_for(client.delete("/api/v1/auth/me")) == ["code"]
        token = client._credentials["HTTP_AUTHORIZATION"].split()[1]
        assert tokens.read(token)["mfa"] is True
    assert Authenticator.objects.filter(user=owner).exists()


@pytest.mark.parametrize("path", ["2fa/totp/activate", "2fa/webauthn/add"])
def test_a_stolen_browser_adds_no_factor(web, owner, path):
    browser = web(owner)
    assert browser.get(f"/accounts/{path}/").status_code == 200
    with later(minutes=6):
        page = browser.get(f"/accounts/{path}/")
        assert page.url == f"{BY_PASSWORD}?next=%2Faccounts%2F{path.replace('/', '%2F')}%2F"
        browser.post(page.url, {"password": PASSWORD})
        assert browser.get(f"/accounts/{path}/").status_code == 200


@pytest.mark.parametrize("path", ["2fa/totp/activate", "2fa/webauthn/add", "password/set"])
def test_without_a_password_the_page_takes_a_mailed_code_and_goes_on(
    web, without_password, code, path
):
    browser = web(without_password)
    with later(minutes=6):
        page = browser.get(f"/accounts/{path}/")
        assert page.url.startswith(f"{BY_MAIL}?next=")
        browser.post(page.url, {"action": "mail"})
        right = code()
        refused = browser.post(page.url, {"code": f"{(int(right) + 1) % 10**6:06d}"})
        assert "code" in refused.context["form"].errors
        target = f"/accounts/{path}/"
        assert browser.post(page.url, {"code": right, "next": target}).url == target
        assert browser.get(target).status_code == 200


def test_on_the_page_too_a_password_is_no_proof_beside_a_factor(web, owner):
    secret = switch_on(owner)
    browser = web(owner)
    with later(minutes=6):
        assert browser.get("/accounts/2fa/totp/deactivate/").url.startswith(
            "/accounts/2fa/reauthenticate/"
        )
        for path in (BY_PASSWORD, BY_MAIL):
            answer = browser.post(path, {"password": PASSWORD, "code": "000000"})
            assert answer.url.startswith("/accounts/2fa/reauthenticate/")
        browser.post("/accounts/2fa/totp/deactivate/")
        assert Authenticator.objects.filter(user=owner).exists()
        browser.post("/accounts/2fa/reauthenticate/", {"code": shown_at_once(secret)})
        browser.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=owner).exists()


def test_confirming_a_factor_on_the_page_ends_every_other_sign_in(web, api, owner, sign_in):
    """This browser goes on as if it had signed in with it, and reads its recovery codes."""
    browser, other, client = web(owner), web(owner), api(owner)
    page = browser.get("/accounts/2fa/totp/activate/")
    form = {"code": shown(page.context["form"].secret)}
    answer = browser.post("/accounts/2fa/totp/activate/", form, follow=True)
    assert answer.status_code == 200
    assert len(answer.context["unused_codes"]) == 10
    assert other.get("/accounts/profile/").status_code == 302
    assert client.get("/api/v1/auth/me").status_code == 401
    assert browser.get("/accounts/2fa/recovery-codes/generate/").status_code == 200


# ---- Operators


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("put", "", {"role": "viewer"}),
        ("put", "", {"is_active": False}),
        ("delete", "", None),
        ("post", "/mfa/reset", None),
    ],
    ids=["role", "state", "disable", "factors"],
)
def test_a_stolen_sign_in_of_an_operator_changes_nobody(api, admin, owner, method, path, body):
    client = api(admin)
    send = lambda: getattr(client, method)(f"/api/v1/users/{owner.pk}{path}", body, format="json")  # noqa: E731
    with later(minutes=6):
        assert asked_for(send()) == ["password", "otp"]
        owner.refresh_from_db()
        assert (owner.role, owner.status) == (Role.USER, "active")
        prove(client, password=PASSWORD)
        assert send().status_code in {200, 204}


def test_names_lists_and_approvals_need_no_proof(api, admin, make_person):
    waiting, client = make_person("waiting", status="pending"), api(admin)
    with later(minutes=6):
        assert client.get("/api/v1/users").status_code == 200
        assert client.post(f"/api/v1/admin/approve/{waiting.pk}").status_code == 200
        renamed = client.put(f"/api/v1/users/{waiting.pk}", {"nickname": "W"}, format="json")
        assert renamed.status_code == 200


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("/staff/users/{}/disable/", {}),
        ("/staff/users/{}/role/", {"role": "viewer"}),
        ("/staff/users/{}/reset-mfa/", {}),
        ("/admin/accounts/user/{}/change/", {"role": "viewer", "nickname": ""}),
    ],
    ids=["disable", "role", "factors", "admin"],
)
def test_on_operators_pages_the_change_waits_for_the_proof_and_is_then_made(
    web, admin, owner, page, form
):
    browser, path = web(admin), page.format(owner.pk)
    inline = {"module_permissions-TOTAL_FORMS": 0, "module_permissions-INITIAL_FORMS": 0}
    with later(minutes=6):
        asked = browser.post(path, form | (inline if "admin" in path else {}))
        assert asked.url.startswith(f"{BY_PASSWORD}?next=")
        version = User.objects.get(pk=owner.pk).token_version
        browser.post(asked.url, {"password": PASSWORD, "next": path})
        assert User.objects.get(pk=owner.pk).token_version == version + 1


def test_on_the_page_too_letting_somebody_in_again_takes_a_proof(web, admin, make_person):
    person, browser = make_person("out", status="disabled"), web(admin)
    with later(minutes=6):
        asked = browser.post(f"/staff/users/{person.pk}/enable/")
        assert asked.url.startswith(f"{BY_PASSWORD}?next=")
    person.refresh_from_db()
    assert person.status == "disabled"


def test_where_operators_must_use_a_factor_a_sign_in_made_without_one_opens_nothing(
    api, web, admin, settings
):
    """The factor counts that this sign-in was made with, not one that the account has."""
    settings.REQUIRE_ADMIN_MFA = True
    old_client, old_browser = api(admin), web(admin)
    assert status_and_code(old_client.get("/api/v1/users")) == (403, "mfa_enrolment_required")
    secret = switch_on(admin)
    assert asked_for(old_client.get("/api/v1/users")) == ["code"]
    assert old_browser.get("/staff/users/").url.startswith("/accounts/2fa/reauthenticate/")
    assert old_browser.get("/admin/").url.startswith("/accounts/2fa/reauthenticate/")
    admin = User.objects.get(pk=admin.pk)
    assert api(admin).get("/api/v1/users").status_code == 200
    assert web(admin).get("/staff/users/").status_code == 200
    old_browser.post("/accounts/2fa/reauthenticate/", {"code": shown(secret)})
    cache.clear()
    assert old_browser.get("/staff/users/").status_code == 200
    assert prove(old_client, code=shown(secret)).status_code == 200
    assert old_client.get("/api/v1/users").status_code == 200


def test_a_connection_is_not_taken_away_without_a_proof(web, owner):
    account = SocialAccount.objects.create(user=owner, provider="google", uid="1")
    browser = web(owner)
    with later(minutes=6):
        answer = browser.post("/accounts/3rdparty/", {"account": account.pk})
        assert answer.url.startswith(BY_PASSWORD)
    assert SocialAccount.objects.exists()
