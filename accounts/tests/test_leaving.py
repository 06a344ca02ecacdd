"""Another address, leaving, staying, everything that is kept: over the API and on the pages."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db.models.signals import pre_delete
from django.utils import timezone

from accounts import leaving
from accounts.models import AuditEntry, EmailRequest, Purpose, RefreshToken, User
from accounts.proofs import codes, tokens
from accounts.staff import operators
from accounts.tests.answers import adopt, is_signed_in, later, status_and_code
from conftest import PASSWORD
from core import jobs
from core.models import JobRun

pytestmark = pytest.mark.django_db
ME, EMAIL = "/api/v1/auth/me", "/api/v1/auth/me/email"
NEW = "new@example.org"


def ask(client, address=NEW):
    return client.post(EMAIL, {"new_email": address}, format="json")


def confirm(client, code):
    return client.post(f"{EMAIL}/confirm", {"code": code}, format="json")


# ---- Another address


def test_an_address_is_changed_by_a_code_to_the_new_one_and_the_old_one_is_told(
    api, owner, post, code, mailoutbox
):
    client = api(owner)
    assert ask(client, " NEW@Example.org ").status_code == 200
    assert mailoutbox[-1].to == [NEW]
    assert client.get(ME).json()["email"] == owner.email
    answer = confirm(client, code())
    assert (answer.status_code, answer.json()["email"]) == (200, NEW)
    assert mailoutbox[-1].to == [owner.email]
    assert NEW in mailoutbox[-1].body
    assert post("auth/login", email=owner.email, password=PASSWORD).status_code == 401
    assert post("auth/login", email=NEW, password=PASSWORD).status_code == 200
    assert list(EmailAddress.objects.values_list("email", "verified")) == [(NEW, True)]


def test_codes_mailed_to_the_old_address_die_with_it(api, owner, post, code):
    """Whoever still reads that mailbox resets no password."""
    post("auth/password/reset", email=owner.email)
    old = code()
    client = api(owner)
    ask(client)
    confirm(client, code())
    for address in (owner.email, NEW):
        body = {"email": address, "code": old, "new_password": "Another-Horse-8"}
        assert post("auth/password/reset/confirm", **body).status_code == 401


@pytest.mark.parametrize("step", ["ask", "confirm"])
def test_a_stolen_sign_in_changes_no_address(api, owner, code, step):
    client = api(owner)
    ask(client)
    right = code()
    with later(minutes=6):
        answer = ask(client) if step == "ask" else confirm(client, right)
        assert status_and_code(answer) == (403, "proof_required")
    owner.refresh_from_db()
    assert owner.email == "owner@example.org"


def test_an_address_of_somebody_else_looks_free_and_they_are_told(api, owner, stranger, mailoutbox):
    free, taken = ask(api(owner)), ask(api(owner), stranger.email)
    assert free.json().keys() == taken.json().keys()
    assert free.json()["message"] == taken.json()["message"]
    assert [mail.to for mail in mailoutbox] == [[NEW], [stranger.email]]
    assert "already" in mailoutbox[-1].subject


def test_who_signs_up_with_the_address_meanwhile_and_does_not_confirm_loses_it(
    api, owner, post, code
):
    client = api(owner)
    ask(client)
    right = code()
    post("auth/register", email=NEW, password=PASSWORD)
    assert confirm(client, right).json()["email"] == NEW
    assert User.objects.get(email=NEW) == owner


def test_who_confirms_the_address_meanwhile_keeps_it(api, owner, make_person, code):
    client = api(owner)
    ask(client)
    right = code()
    make_person("new")
    assert status_and_code(confirm(client, right)) == (409, "email_taken")
    owner.refresh_from_db()
    assert owner.email == "owner@example.org"


def test_who_signed_up_with_the_address_and_was_touched_by_an_operator_loses_it_too(
    api, owner, admin, post, code
):
    """The audit log keeps what was done, without a name."""
    post("auth/register", email=NEW, password=PASSWORD)
    operators.update(actor=admin, user=User.objects.get(email=NEW), nickname="Somebody")
    client = api(owner)
    ask(client)
    assert confirm(client, code()).json()["email"] == NEW
    renamed = AuditEntry.objects.get(action="change_nickname")
    assert (renamed.actor, renamed.target_user) == (admin, None)


def test_strangers_who_ask_for_the_same_address_push_no_code_out(api, owner, make_person, code):
    client = api(owner)
    ask(client)
    right = code()
    for number in range(3):
        codes.ask(NEW, Purpose.EMAIL, user=make_person(f"other{number}"))
    assert confirm(client, right).json()["email"] == NEW


def test_codes_for_an_address_are_guessed_five_times(api, owner, stranger, code):
    client = api(owner)
    assert status_and_code(confirm(client, "000000")) == (422, "invalid_code")
    ask(client)
    right = code()
    assert status_and_code(confirm(api(stranger), right)) == (422, "invalid_code")
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    assert [confirm(client, wrong).status_code for _ in range(4)] == [422] * 4
    assert confirm(client, right).status_code == 429


def test_the_page_changes_the_address_too(web, owner, code):
    browser = web(owner)
    assert browser.get("/accounts/email/change/").status_code == 200
    asked = browser.post("/accounts/email/change/", {"new_email": NEW})
    assert asked.url == "/accounts/email/confirm/"
    right = code()
    wrong = browser.post(asked.url, {"code": f"{(int(right) + 1) % 10**6:06d}"})
    assert "code" in wrong.context["form"].errors
    with later(minutes=6):
        proof = browser.post(asked.url, {"code": right})
        assert proof.url.startswith("/accounts/reauthenticate/")
    assert browser.post(asked.url, {"code": right}).url == "/accounts/security/"
    assert NEW in browser.get("/accounts/security/").content.decode()


# ---- Leaving


def test_leaving_sets_a_date_ends_other_sign_ins_and_this_one_goes_on(
    api, web, owner, sign_in, mailoutbox
):
    elsewhere, browser, client = api(owner), web(), api()
    browser.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    assert is_signed_in(browser)
    adopt(client, sign_in("owner"))
    left = client.delete(ME)
    assert left.status_code == 200
    adopt(client, left)
    owner.refresh_from_db()
    assert left.json()["deletion_at"] is not None
    assert elsewhere.get(ME).status_code == 401
    assert not is_signed_in(browser)
    assert client.get(ME).json()["deletion_at"] == left.json()["deletion_at"]
    assert "removed" in mailoutbox[-1].subject
    with later(minutes=1):
        assert client.delete(ME).json()["deletion_at"] == left.json()["deletion_at"]
    sign_in("owner")


def test_no_access_token_and_no_sign_in_under_way_outlives_the_leave(
    api, web, owner, post, sign_in
):
    """Whichever way it was made: the one of the sign-in that leaves is replaced, its refresh token goes on."""
    stray = tokens.issue(owner).token
    half = web()
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    half.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    Authenticator.objects.all().delete()
    client = api()
    signed_in = sign_in("owner", client=client, headers={"x-client": "mobile"})
    adopt(client, signed_in)
    left = client.delete(ME)
    for old in (stray, signed_in.json()["access_token"]):
        answer = api().get(ME, headers={"authorization": f"Bearer {old}"})
        assert status_and_code(answer) == (401, "token_revoked")
    assert half.get("/accounts/2fa/authenticate/").url == "/accounts/login/"
    adopt(client, left)
    assert client.get(ME).status_code == 200
    again = post("auth/refresh", refresh_token=signed_in.json()["refresh_token"])
    assert again.status_code == 200


def test_the_access_token_of_who_leaves_ends_with_its_sign_in(api, owner):
    """Also a quarter of an hour after the refresh token that it was given out beside."""
    client = api(owner)
    with later(minutes=4):
        adopt(client, client.delete(ME))
    with later(minutes=16):
        family = RefreshToken.objects.get(user=owner).family_id
        assert client.delete(f"/api/v1/auth/sign-ins/{family}").status_code == 204
        assert status_and_code(client.get(ME)) == (401, "token_revoked")


def test_the_browser_that_leaves_stays_signed_in_and_the_others_do_not(api, web, owner):
    here, there, over_api = web(owner), web(owner), web(owner)
    assert here.post("/accounts/leave/").url == "/accounts/leave/"
    assert is_signed_in(here)
    assert not is_signed_in(there)
    over_api.force_login(User.objects.get())
    proof = over_api.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert proof.status_code == 302
    assert over_api.delete(ME).status_code == 200
    assert is_signed_in(over_api)
    assert not is_signed_in(here)


def test_a_stolen_sign_in_removes_nobody(api, owner):
    client = api(owner)
    with later(minutes=6):
        assert status_and_code(client.delete(ME)) == (403, "proof_required")
    owner.refresh_from_db()
    assert owner.deletion_at is None


def test_who_changes_their_mind_stays(api, owner):
    client = api(owner)
    adopt(client, client.delete(ME))
    assert client.post(f"{ME}/keep").json()["deletion_at"] is None
    with later(days=15):
        call_command("jobs", run="purge_secrets")
    assert User.objects.filter(pk=owner.pk).exists()


def test_after_two_weeks_everything_is_gone_but_a_mark_that_names_nobody(
    api, web, owner, admin, stranger, sign_in
):
    operators.revoke_permission(actor=admin, user=owner, permission="cot")
    browser, client = web(), api()
    browser.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    adopt(client, sign_in("owner"))
    ask(client)
    client.delete(ME)
    with later(days=13, hours=23):
        assert leaving.remove_due() == 0
    with later(days=14, seconds=5):
        assert leaving.remove_due() == 1
    assert set(User.objects.all()) == {admin, stranger}
    assert not EmailRequest.objects.filter(email=owner.email).exists()
    assert not any(
        session.get_decoded().get("_auth_user_id") == str(owner.pk)
        for session in Session.objects.all()
    )
    newest = AuditEntry.objects.first()
    assert (newest.action, newest.target_user) == ("erase_user", None)
    assert len(newest.metadata["person"]) == 64
    assert owner.email not in json.dumps(list(AuditEntry.objects.values("metadata")))


def test_who_cannot_be_removed_keeps_nobody_else_and_the_run_says_so(make_person, caplog):
    """The longest due is first, and it is theirs that fails: the run fails too, after the others are gone."""
    people = {name: make_person(name) for name in ("ann", "ben", "cid")}
    for days, name in enumerate(["cid", "ann", "ben"]):
        due = timezone.now() - timedelta(days=3 - days)
        User.objects.filter(pk=people[name].pk).update(deletion_at=due)

    def refuse(instance, **_sent):
        if instance.pk == people["cid"].pk:
            raise OSError("the disk of pictures is away")

    pre_delete.connect(refuse, sender=User)
    try:
        with pytest.raises(leaving.NotAllRemoved, match="could not be; 2 were"):
            jobs.run("purge_secrets", key="tonight")
    finally:
        pre_delete.disconnect(refuse, sender=User)
    assert set(User.objects.all()) == {people["cid"]}
    record = JobRun.objects.get(name="purge_secrets")
    assert (record.status, "could not be" in record.error) == ("failed", True)
    assert "the disk of pictures is away" in caplog.text
    assert str(people["cid"].pk) in caplog.text


def test_the_last_administrator_does_not_leave(api, admin, make_person):
    """Nor the last but one who stays when the other has already asked to go, nor is that one put down."""
    client = api(admin)
    assert status_and_code(client.delete(ME)) == (409, "last_admin")
    second = make_person("second", role="admin")
    leaver = api(second)
    adopt(leaver, leaver.delete(ME))
    assert status_and_code(client.delete(ME)) == (409, "last_admin")
    refused = leaver.delete(f"/api/v1/users/{admin.pk}")
    assert status_and_code(refused) == (409, "last_admin")


def test_leaving_and_staying_on_the_page(web, owner):
    browser = web(owner)
    assert "14" in browser.get("/accounts/leave/").content.decode()
    with later(minutes=6):
        assert browser.post("/accounts/leave/").url.startswith("/accounts/reauthenticate/")
    browser.post("/accounts/leave/")
    owner.refresh_from_db()
    assert owner.deletion_at is not None
    assert "Keep the account" in browser.get("/accounts/leave/").content.decode()
    browser.post("/accounts/keep/")
    owner.refresh_from_db()
    assert owner.deletion_at is None


def test_the_letter_names_the_last_day_in_the_language_and_on_the_clock_of_the_person(
    owner, mailoutbox
):
    """Two weeks after 22:30 UTC of 30 November it is the 14th in London and the 15th in Kyiv."""
    owner.language, owner.timezone = "uk", "Europe/Kyiv"
    owner.save()
    with time_machine.travel("2026-11-30 22:30+00:00", tick=False):
        leaving.plan(owner, keep_family=None, keep_session=None)
    assert "вт, 15 грудня 2026" in mailoutbox[-1].body
    assert "вт, 15 грудня 2026" in mailoutbox[-1].alternatives[0].content


# ---- Everything that is kept


def test_people_read_everything_kept_about_them_and_no_secret(api, web, owner, stranger):
    client = api(owner)
    client.post("/api/v1/register-device", {"token": "t" * 20}, format="json")
    api(stranger).post("/api/v1/register-device", {"token": "s" * 20}, format="json")
    answer = client.get(f"{ME}/export")
    kept = answer.json()
    assert kept["profile"]["email"] == owner.email
    assert [device["token"] for device in kept["devices"]] == ["t" * 20]
    assert kept["modules"] == {"cot": {"watched_markets": []}}
    assert len(kept["permissions"]) == 4
    assert "password" not in answer.content.decode()
    assert "account.json" in answer["Content-Disposition"]
    page = web(owner).get("/accounts/data/")
    assert page.json()["profile"]["email"] == owner.email


def test_people_see_who_came_in_and_who_tried_to(api, web, owner, stranger, post):
    for password in ("Wrong-Horse-7", "Wrong-Horse-7", PASSWORD):
        post("auth/login", login="owner", password=password)
    listed = api(owner).get(f"{ME}/events?limit=50").json()
    found = {row["kind"]: row["count"] for row in listed["items"]}
    assert found == {"wrong_password": 2, "signed_in": 1}
    assert api(stranger).get(f"{ME}/events").json()["items"] == []
    assert api(owner).get(f"{ME}/events?limit=51").status_code == 422
    assert "wrong password" in web(owner).get("/accounts/security/").content.decode()
    assert len(api(owner).get(f"{ME}/export").json()["events"]) == 2
