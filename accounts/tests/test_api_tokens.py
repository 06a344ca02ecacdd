"""Access and refresh tokens: what is refused, what rotates, what ends."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from accounts import services
from accounts.errors import TokenRevoked
from accounts.models import AuditEntry, Proof, RefreshToken, RevokedAccess, User
from accounts.proofs import refresh as refresh_tokens
from accounts.proofs import tokens
from accounts.tests.answers import status_and_code
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
MOBILE = {"X-Client": "mobile"}
ME = "/api/v1/auth/me"


@pytest.fixture
def refresh(post):
    """Exchanges a refresh token sent in the body."""
    return lambda raw, **more: post("auth/refresh", refresh_token=raw, headers=MOBILE, **more)


@pytest.fixture
def mobile(owner, sign_in):
    """The answer of a mobile sign-in of the owner."""
    return sign_in("owner", headers=MOBILE).json()


def bearer(api, token):
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


# ---- Access


def forged(owner, *, key=settings.JWT_SECRET_KEY, algorithm="HS256", drop=(), **changes):
    claims = (
        jwt.decode(tokens.issue(owner).token, settings.JWT_SECRET_KEY, algorithms=["HS256"])
        | changes
    )
    return jwt.encode(
        {name: claims[name] for name in claims if name not in drop}, key, algorithm=algorithm
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"algorithm": "none", "key": None}, "invalid_token"),
        ({"algorithm": "HS512"}, "invalid_token"),
        ({"key": "another secret that is long enough to be used here"}, "invalid_token"),
        ({"token_type": "refresh"}, "invalid_token"),
        ({"type": "refresh"}, "invalid_token"),
        ({"sub": "not-a-uuid"}, "invalid_token"),
        ({"sub": "00000000-0000-4000-8000-000000000000"}, "invalid_token"),
        ({"drop": ["token_version"]}, "invalid_token"),
        ({"token_version": 0}, "token_revoked"),
        ({"token_version": 2}, "token_revoked"),
        ({"exp": 1}, "token_expired"),
    ],
)
def test_forged_confused_and_stale_access_tokens_are_refused(api, owner, changes, error):
    assert status_and_code(bearer(api, forged(owner, **changes)).get(ME)) == (401, error)


def test_an_rs256_header_over_an_hmac_is_refused(api, owner):
    _header, payload, signature = tokens.issue(owner).token.split(".")
    swapped = jwt.utils.base64url_encode(b'{"alg":"RS256","typ":"JWT"}').decode()
    assert status_and_code(bearer(api, f"{swapped}.{payload}.{signature}").get(ME)) == (
        401,
        "invalid_token",
    )


def test_an_access_token_dies_one_second_after_fifteen_minutes(api, owner):
    start = timezone.now()
    with time_machine.travel(start, tick=False):
        client = api(owner)
    with time_machine.travel(start + timedelta(minutes=14, seconds=58), tick=False):
        assert client.get(ME).status_code == 200
    with time_machine.travel(start + timedelta(minutes=15, seconds=1), tick=False):
        assert status_and_code(client.get(ME)) == (401, "token_expired")


def test_a_refresh_token_is_no_access_token(api, mobile):
    assert status_and_code(bearer(api, mobile["refresh_token"]).get(ME)) == (401, "invalid_token")


def test_a_disabled_person_is_refused_with_a_good_token(api, owner):
    client = api(owner)
    owner.status = "disabled"
    owner.save()
    assert status_and_code(client.get(ME)) == (401, "inactive_account")


# ---- Refresh


def test_browser_cookie_has_exactly_the_documented_flags(sign_in, owner, settings):
    cookie = sign_in("owner").cookies["refresh_token"]
    flags = {
        name: cookie[name]
        for name in ("httponly", "samesite", "path", "max-age", "secure", "domain")
    }
    week = 7 * 24 * 3600
    assert flags == {
        "httponly": True, "samesite": "Lax", "path": "/api/v1/auth", "max-age": week, "secure": "", "domain": "",
    }  # fmt: skip
    settings.LOCAL = False
    assert sign_in("owner").cookies["refresh_token"]["secure"] is True


def test_an_answer_that_holds_a_token_is_kept_by_nobody(sign_in, owner):
    """OAuth 2 asks for it (RFC 6749, section 5.1)."""
    assert sign_in("owner")["Cache-Control"] == "private, no-store"


def test_mobile_clients_get_it_in_the_body_and_no_cookie(mobile, sign_in):
    assert len(mobile["refresh_token"]) == 86
    assert mobile["token_type"] == "bearer"
    assert not sign_in("owner", headers=MOBILE).cookies


def test_only_the_hash_of_a_refresh_token_is_stored_for_seven_days(mobile):
    row = RefreshToken.objects.get()
    assert row.token_hash == hashlib.sha256(mobile["refresh_token"].encode()).hexdigest()
    assert timedelta(days=6, hours=23) < row.expires_at - timezone.now() <= timedelta(days=7)
    assert mobile["refresh_token"] not in str(list(RefreshToken.objects.values()))


def test_refresh_is_taken_from_cookie_body_and_bearer(api, post, sign_in, owner):
    browser = api()
    sign_in("owner", client=browser)
    assert post("auth/refresh", client=browser).status_code == 200
    body = sign_in("owner", headers=MOBILE).json()["refresh_token"]
    assert post("auth/refresh", refresh_token=body).status_code == 200
    header = sign_in("owner", headers=MOBILE).json()["refresh_token"]
    assert post("auth/refresh", client=bearer(api, header)).status_code == 200
    assert status_and_code(post("auth/refresh")) == (400, "missing_token")


def test_a_token_that_came_in_the_cookie_is_never_told_to_a_script(api, post, sign_in, owner):
    """One that runs in the page could add the header of mobile clients."""
    browser = api()
    sign_in("owner", client=browser)
    answer = post("auth/refresh", client=browser, headers=MOBILE)
    assert "refresh_token" not in answer.json()
    assert answer.cookies["refresh_token"]["httponly"] is True


def test_refresh_answers_new_tokens_without_the_person(refresh, mobile, api):
    body = refresh(mobile["refresh_token"]).json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert bearer(api, body["access_token"]).get(ME).status_code == 200


def test_a_used_token_that_comes_back_ends_its_family_and_its_owner_is_told_once(
    refresh, mobile, mailoutbox
):
    second = refresh(mobile["refresh_token"]).json()["refresh_token"]
    third = refresh(second).json()["refresh_token"]
    assert status_and_code(refresh(mobile["refresh_token"])) == (401, "token_reused")
    for dead in (third, second, mobile["refresh_token"]):
        assert status_and_code(refresh(dead)) == (401, "token_revoked")
    assert list(AuditEntry.objects.values_list("action", "target_user__email")) == [
        ("refresh_reuse", "owner@example.org")
    ]
    assert [letter.subject for letter in mailoutbox] == ["A sign-in was ended · Equilibrium"]


def test_who_lost_the_answer_asks_again_and_gets_the_same_token(refresh, mobile, api):
    first, again = (refresh(mobile["refresh_token"]).json() for _ in range(2))
    assert first["refresh_token"] == again["refresh_token"]
    assert RefreshToken.objects.count() == 2
    assert bearer(api, again["access_token"]).get(ME).status_code == 200
    assert refresh(again["refresh_token"]).status_code == 200


@pytest.mark.parametrize("seconds", [10, 60])
def test_after_the_grace_an_answer_is_not_given_again(refresh, mobile, seconds):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        second = refresh(mobile["refresh_token"]).json()["refresh_token"]
        clock.shift(seconds)
        assert status_and_code(refresh(mobile["refresh_token"])) == (401, "token_reused")
    assert status_and_code(refresh(second)) == (401, "token_revoked")


def test_the_next_token_cannot_be_computed_without_the_servers_key(refresh, mobile, settings):
    """It is the HMAC of the presented one; another key makes another."""
    second = refresh(mobile["refresh_token"]).json()["refresh_token"]
    settings.JWT_SECRET_KEY = "another key of the server, long enough for that"
    assert status_and_code(refresh(mobile["refresh_token"])) == (401, "token_reused")
    assert len(second) == len(mobile["refresh_token"])


def test_a_sign_out_is_no_theft(post, api, refresh, mobile, mailoutbox):
    """Nobody is alarmed by what an ordinary end leaves behind."""
    second = refresh(mobile["refresh_token"]).json()
    post("auth/logout", client=bearer(api, second["access_token"]))
    for dead in (mobile["refresh_token"], second["refresh_token"]):
        assert status_and_code(refresh(dead)) == (401, "token_revoked")
    assert not AuditEntry.objects.exists()
    assert not mailoutbox


def test_a_sign_in_ends_ninety_days_after_it_began_however_often_it_is_refreshed(refresh, mobile):
    raw, now = mobile["refresh_token"], timezone.now()
    for days in range(6, 90, 6):
        with time_machine.travel(now + timedelta(days=days)):
            raw = refresh(raw).json()["refresh_token"]
    with time_machine.travel(now + timedelta(days=89, hours=23)):
        raw = refresh(raw).json()["refresh_token"]
    with time_machine.travel(now + timedelta(days=90, minutes=1)):
        assert status_and_code(refresh(raw)) == (401, "token_expired")


def test_the_first_live_refresh_token_of_a_request_wins(api, post, sign_in, mobile, owner, refresh):
    """A dead one in the body, a live one in the cookie, an access token in the header, which is none."""
    browser = api()
    sign_in("owner", client=browser)
    browser.credentials(HTTP_AUTHORIZATION=f"Bearer {mobile['access_token']}")
    post("auth/logout", client=browser, refresh_token=mobile["refresh_token"])
    assert status_and_code(refresh(mobile["refresh_token"])) == (401, "token_revoked")
    sign_in("owner", client=browser)
    answer = post("auth/refresh", client=browser, refresh_token=mobile["refresh_token"])
    assert answer.status_code == 200
    body = sign_in("owner", headers=MOBILE).json()
    answer = post("auth/refresh", client=browser, refresh_token=body["refresh_token"])
    assert "refresh_token" in answer.cookies, "what is no mobile client keeps it in the cookie"
    assert status_and_code(post("auth/refresh", client=bearer(api, body["access_token"]))) == (
        400,
        "missing_token",
    )


@pytest.mark.parametrize("spelling", ["mobile", "Mobile", " MOBILE "])
def test_a_mobile_client_may_write_its_header_in_any_case(sign_in, owner, spelling):
    assert sign_in("owner", headers={"X-Client": spelling}).json()["refresh_token"]


@pytest.mark.parametrize("status", ["disabled", "pending"])
def test_an_account_that_may_not_be_used_says_in_which_state_it_is(
    api, owner, refresh, mobile, post, status
):
    User.objects.filter(pk=owner.pk).update(status=status)
    answers = [
        bearer(api, mobile["access_token"]).get(ME),
        refresh(mobile["refresh_token"]),
        post("auth/login", login="owner", password=PASSWORD),
    ]
    for answer in answers:
        assert status_and_code(answer) == (401, "inactive_account")
        assert answer.json()["error"]["details"] == {"status": status}


def test_a_phone_gets_no_more_messages_once_its_sign_in_has_ended(api, post, sign_in, owner):
    phone, other = (
        bearer(api, sign_in("owner", headers=MOBILE).json()["access_token"]) for _ in range(2)
    )
    for number, client in enumerate((phone, other)):
        post("register-device", client=client, token=f"push-token-{number}")
    post("auth/logout", client=phone)
    assert [device.token for device in owner.devices.all()] == ["push-token-1"]


def test_a_refresh_token_expires_after_seven_days_and_a_used_one_starts_anew(refresh, mobile):
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=6)):
        second = refresh(mobile["refresh_token"]).json()["refresh_token"]
    with time_machine.travel(now + timedelta(days=12)):
        third = refresh(second).json()["refresh_token"]
    with time_machine.travel(now + timedelta(days=19, minutes=1)):
        assert status_and_code(refresh(third)) == (401, "token_expired")


def test_an_unknown_refresh_token_is_invalid(refresh, db):
    assert status_and_code(refresh("x" * 86)) == (401, "invalid_token")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        ("http://[::1", 403),  # no address at all
        ("http://localhost:3000", 200),
        ("http://testserver", 200),
        ("http://localhost:8000", 200),
    ],
)
def test_the_cookie_is_only_taken_from_known_origins(api, post, sign_in, owner, origin, status):
    browser = api()
    sign_in("owner", client=browser)
    answer = post("auth/refresh", client=browser, headers={"Origin": origin})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "origin_denied"


def test_the_sixth_sign_in_ends_the_oldest(refresh, sign_in, owner):
    raw = [sign_in("owner", headers=MOBILE).json()["refresh_token"] for _ in range(6)]
    assert [refresh(token).status_code for token in raw] == [401, 200, 200, 200, 200, 200]


# ---- Ends


def test_sign_out_ends_both_tokens_on_the_server(api, post, refresh, mobile):
    client = bearer(api, mobile["access_token"])
    answer = post("auth/logout", client=client, refresh_token=mobile["refresh_token"])
    assert (answer.status_code, answer.json()) == (200, {"message": "Logged out"})
    assert status_and_code(client.get(ME)) == (401, "token_revoked")
    assert refresh(mobile["refresh_token"]).status_code == 401
    assert RevokedAccess.objects.count() == 1


@pytest.mark.parametrize("rotated", [False, True])
def test_sign_out_without_the_refresh_token_ends_its_family_too(
    api, post, refresh, mobile, sign_in, rotated
):
    """The access token says which sign-in it belongs to; another one of the same person stays."""
    other = sign_in("owner", headers=MOBILE).json()
    latest = refresh(mobile["refresh_token"]).json() if rotated else mobile
    assert post("auth/logout", client=bearer(api, mobile["access_token"])).status_code == 200
    assert status_and_code(refresh(latest["refresh_token"]))[0] == 401
    assert status_and_code(bearer(api, latest["access_token"]).get(ME)) == (401, "token_revoked")
    assert refresh(other["refresh_token"]).status_code == 200


def test_sign_out_clears_the_cookie(api, post, sign_in, owner):
    browser = api()
    body = sign_in("owner", client=browser).json()
    browser.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access_token']}")
    cookie = post("auth/logout", client=browser).cookies["refresh_token"]
    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("", 0, "/api/v1/auth")


def test_sign_out_everywhere_ends_all_tokens_and_browser_sessions(
    api, web, post, sign_in, owner, refresh, mobile
):
    other = api(owner)
    browser = web(owner)
    answer = post("auth/logout", client=bearer(api, mobile["access_token"]), everywhere=True)
    assert answer.status_code == 200
    assert status_and_code(other.get(ME)) == (401, "token_revoked")
    assert refresh(mobile["refresh_token"]).status_code == 401
    assert browser.get(ME).status_code == 401


def test_sign_out_does_not_end_a_family_of_somebody_else(
    api, post, sign_in, refresh, mobile, stranger
):
    post("auth/logout", client=api(stranger), refresh_token=mobile["refresh_token"])
    assert refresh(mobile["refresh_token"]).status_code == 200


def test_a_password_change_ends_every_other_place(api, web, owner, refresh, mobile):
    browser = web(owner)
    client = api(owner)
    body = {"current_password": PASSWORD, "new_password": "Another-Horse-8"}
    assert client.put(f"{ME}/password", body, format="json").status_code == 200
    assert refresh(mobile["refresh_token"]).status_code == 401
    assert status_and_code(client.get(ME)) == (401, "token_revoked")
    assert browser.get(ME).status_code == 401


def test_a_password_change_by_browser_keeps_that_browser_signed_in(web, owner):
    """Only the login that asked stays."""
    browser, other = web(owner), web(owner)
    body = {"current_password": PASSWORD, "new_password": "Another-Horse-8"}
    assert browser.put(f"{ME}/password", body, content_type="application/json").status_code == 200
    assert browser.get(ME).status_code == 200
    assert other.get(ME).status_code == 401


@pytest.mark.parametrize(
    ("current", "new", "status", "error"),
    [
        ("Wrong-Horse-7", "Another-Horse-8", 403, "wrong_password"),
        (PASSWORD, "weak", 422, "weak_password"),
    ],
)
def test_a_password_change_needs_the_old_one_and_a_good_new_one(
    api, owner, current, new, status, error
):
    body = {"current_password": current, "new_password": new}
    assert status_and_code(api(owner).put(f"{ME}/password", body, format="json")) == (status, error)


def test_an_account_without_password_cannot_change_it(api, make_person):
    social = services.create_person(email="social@example.org", password=None)
    body = {"current_password": "x", "new_password": "Another-Horse-8"}
    assert status_and_code(api(social).put(f"{ME}/password", body, format="json")) == (
        422,
        "no_password",
    )


def test_a_reset_by_code_replaces_the_password_and_ends_everything(
    post, code, api, owner, refresh, mobile, sign_in
):
    client = api(owner)
    post("auth/password/reset", email=owner.email)
    answer = post(
        "auth/password/reset/confirm",
        email=owner.email,
        code=code(),
        new_password="Another-Horse-8",
    )
    assert answer.status_code == 200
    assert post("auth/login", login="owner", password=PASSWORD).status_code == 401
    assert post("auth/login", login="owner", password="Another-Horse-8").status_code == 200
    assert refresh(mobile["refresh_token"]).status_code == 401
    assert client.get(ME).status_code == 401


def test_a_reset_code_works_once_and_a_weak_password_does_not_spend_it(post, code, owner):
    post("auth/password/reset", email=owner.email)
    body = {"email": owner.email, "code": code()}
    assert status_and_code(post("auth/password/reset/confirm", new_password="weak", **body)) == (
        422,
        "weak_password",
    )
    assert (
        post("auth/password/reset/confirm", new_password="Another-Horse-8", **body).status_code
        == 200
    )
    assert (
        post("auth/password/reset/confirm", new_password="Another-Horse-9", **body).status_code
        == 401
    )


def test_a_login_code_signs_in_once_within_five_minutes(post, code, owner):
    post("auth/request-otp", email=owner.email)
    first = code()
    assert post("auth/login", email=owner.email, otp=first).status_code == 200
    assert status_and_code(post("auth/login", email=owner.email, otp=first)) == (
        401,
        "invalid_code",
    )
    post("auth/request-otp", email=owner.email)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1)):
        assert post("auth/login", email=owner.email, otp=code()).status_code == 401


# ---- Looking


def test_sign_in_state_never_fails(api, owner):
    assert api().get("/api/v1/auth/status").json() == {"authenticated": False, "user": None}
    assert bearer(api, "nonsense").get("/api/v1/auth/status").json()["authenticated"] is False
    body = api(owner).get("/api/v1/auth/status").json()
    assert (body["authenticated"], body["user"]["email"]) == (True, owner.email)


def test_checking_a_token_says_whether_and_why_not(api, owner, post):
    client = api(owner)
    assert client.get("/api/v1/auth/verify-token").json()["valid"] is True
    post("auth/logout", client=client)
    assert client.get("/api/v1/auth/verify-token").json() == {
        "valid": False,
        "user": None,
        "reason": "token_revoked",
    }
    assert api().get("/api/v1/auth/verify-token").json()["reason"] == "not_authenticated"


def test_living_sign_ins_are_listed_and_one_can_be_ended(api, owner, refresh, sign_in, stranger):
    raw = sign_in("owner", headers=MOBILE | {"User-Agent": "requests/2.32"}).json()["refresh_token"]
    browser = api()
    firefox = "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0"
    body = sign_in("owner", client=browser, headers={"User-Agent": firefox}).json()
    browser.credentials(HTTP_AUTHORIZATION=f"Bearer {body['access_token']}")
    rows = browser.get("/api/v1/auth/sign-ins").json()
    assert [(row["label"], row["client"], row["network"], row["current"]) for row in rows] == [
        ("Firefox, Windows", "browser", "127.0.0.0/24", True),
        ("requests", "mobile", "127.0.0.0/24", False),
    ]
    path = f"/api/v1/auth/sign-ins/{rows[1]['family_id']}"
    foreign = api(stranger).delete(path)
    unknown = api(stranger).delete("/api/v1/auth/sign-ins/00000000-0000-4000-8000-000000000000")
    assert (foreign.status_code, foreign.json()["error"]) == (404, unknown.json()["error"])
    assert browser.delete(path).status_code == 204
    assert refresh(raw).status_code == 401
    assert browser.delete(path).status_code == 404


def test_an_app_without_cookies_recognises_its_own_sign_in(api, owner, refresh, sign_in):
    """By its access token, also after a refresh."""
    sign_in("owner", headers=MOBILE)
    raw = sign_in("owner", headers=MOBILE | {"User-Agent": "okhttp/4.1"}).json()["refresh_token"]
    phone = bearer(api, refresh(raw).json()["access_token"])
    rows = phone.get("/api/v1/auth/sign-ins").json()
    assert sorted((row["label"], row["current"]) for row in rows) == [("", False), ("okhttp", True)]


def test_an_ended_place_is_out_at_once_and_the_others_stay(api, owner, sign_in):
    """Its access token too, not only after a quarter of an hour."""
    phone, laptop = (
        bearer(api, sign_in("owner", headers=MOBILE).json()["access_token"]) for _ in range(2)
    )
    newest, oldest = phone.get("/api/v1/auth/sign-ins").json()
    assert laptop.delete(f"/api/v1/auth/sign-ins/{oldest['family_id']}").status_code == 204
    assert status_and_code(phone.get(ME)) == (401, "token_revoked")
    assert laptop.get(ME).status_code == 200
    assert [row["family_id"] for row in laptop.get("/api/v1/auth/sign-ins").json()] == [
        newest["family_id"]
    ]


def test_reuse_of_a_refresh_token_ends_the_access_tokens_of_its_family(api, refresh, mobile):
    """Whoever stole the token has an access token as well."""
    stolen = refresh(mobile["refresh_token"]).json()
    thief = bearer(api, stolen["access_token"])
    refresh(stolen["refresh_token"])
    assert thief.get(ME).status_code == 200
    refresh(mobile["refresh_token"])
    assert [
        status_and_code(client.get(ME)) for client in (thief, bearer(api, mobile["access_token"]))
    ] == [(401, "token_revoked")] * 2


def test_a_sign_in_begun_before_a_password_change_gets_no_tokens_after_it(owner):
    """The old password was right a moment ago."""
    proven = User.objects.get(pk=owner.pk)
    services.set_password(owner, "Another-Horse-8")
    with pytest.raises(TokenRevoked):
        refresh_tokens.start(proven, refresh_tokens.Place(), Proof.PASSWORD)
    assert not RefreshToken.objects.filter(revoked_at=None).exists()


def test_ending_all_other_places_on_the_page_ends_their_access_tokens_too(api, web, owner):
    """At once, not after a quarter of an hour; this browser stays."""
    app, browser = api(owner), web(owner)
    assert app.get(ME).status_code == 200
    browser.post("/accounts/security/end-others/")
    assert status_and_code(app.get(ME)) == (401, "token_revoked")
    assert browser.get("/accounts/security/").status_code == 200


def test_signing_in_gives_the_browser_a_new_session(web, owner):
    """A session planted before the sign-in is worth nothing after it."""
    browser = web()
    browser.get("/accounts/login/")
    session = browser.session
    session["planted"] = True
    session.save()
    planted = browser.cookies["sessionid"].value
    browser.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    assert browser.cookies["sessionid"].value != planted
    browser.cookies["sessionid"] = planted
    assert browser.get("/accounts/profile/").status_code == 302
