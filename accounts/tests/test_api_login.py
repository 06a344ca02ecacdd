"""POST /auth/login and GET /auth/me."""

from __future__ import annotations

import jwt
import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings

from conftest import PASSWORD

pytestmark = pytest.mark.django_db
URL = "/api/v1/auth/login"


def login(api, login, password=PASSWORD):
    return api().post(URL, {"login": login, "password": password}, format="json")


@pytest.mark.parametrize("spelling", ["owner@example.org", " Owner@Example.org ", "owner", "OWNER"])
def test_email_or_user_name_in_any_case_signs_in(api, owner, spelling):
    answer = login(api, spelling)
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 900
    assert answer.json()["user"]["email"] == "owner@example.org"
    owner.refresh_from_db()
    assert owner.last_login is not None


def test_access_token_carries_the_documented_claims(api, owner):
    token = login(api, "owner").json()["access_token"]
    claims = jwt.decode(token, settings.JWT_SECRET_KEY, algorithms=["HS256"])
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert claims["exp"] - claims["iat"] == 900
    assert len(claims.pop("jti")) == 32
    assert {k: v for k, v in claims.items() if k not in {"exp", "iat"}} == {
        "sub": str(owner.pk),
        "role": "user",
        "perms": ["cot", "journal", "signals", "trading"],
        "status": "active",
        "type": "access",
        "token_type": "access",
        "token_version": 1,
        "mfa": False,
    }


@pytest.mark.parametrize(
    ("who", "password"), [("owner", "Wrong-Horse-7"), ("nobody", PASSWORD), ("n@x.org", PASSWORD)]
)
def test_wrong_combinations_are_told_nothing_but_invalid_credentials(api, owner, who, password):
    answer = login(api, who, password)
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"status": "unverified", "email_verified_at": None}, 403, "email_not_verified"),
        ({"status": "pending"}, 401, "inactive_account"),
        ({"status": "disabled"}, 401, "inactive_account"),
    ],
)
def test_only_the_right_password_learns_the_state_of_an_account(
    api, make_person, fields, status, code
):
    make_person("ann", **fields)
    answer = login(api, "ann")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert login(api, "ann", "Wrong-Horse-7").json()["error"]["code"] == "invalid_credentials"


def test_a_password_alone_is_not_enough_with_a_second_factor(api, owner):
    Authenticator.objects.create(user=owner, type="totp", data={})
    answer = login(api, "owner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "mfa_required")


def test_sixth_failure_is_refused_even_with_the_right_password(api, owner):
    for _ in range(5):
        assert login(api, "owner", "Wrong-Horse-7").status_code == 401
    answer = login(api, "owner")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_attempts")
    assert answer["Retry-After"] == str(answer.json()["error"]["details"]["retry_after"])


def test_own_profile_has_every_documented_field(api, owner, django_assert_max_num_queries):
    """At most two queries."""
    client = api(owner)
    with django_assert_max_num_queries(2):
        answer = client.get("/api/v1/auth/me")
    assert answer.status_code == 200
    assert answer.json() | {"id": "", "created_at": "", "updated_at": ""} == {
        "id": "", "email": "owner@example.org", "username": "owner", "nickname": "Owner", "language": "en",
        "timezone": "Europe/Kyiv", "role": "user", "status": "active", "is_active": True, "email_verified": True,
        "permissions": ["cot", "journal", "signals", "trading"], "mfa_enabled": False, "deletion_at": None, "created_at": "",
        "updated_at": "",
    }  # fmt: skip


def test_profile_needs_a_token(api):
    answer = api().get("/api/v1/auth/me")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
