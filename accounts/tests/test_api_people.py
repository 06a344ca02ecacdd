"""Operators over the API: people, modules, approvals, audit log."""

from __future__ import annotations

import pytest

from accounts.errors import LastAdmin
from accounts.models import AuditEntry, ModulePermission, RefreshToken, User
from accounts.staff import operators
from accounts.tests.answers import status_and_code

pytestmark = pytest.mark.django_db
UNKNOWN = "00000000-0000-4000-8000-000000000000"
MOBILE = {"X-Client": "mobile"}


@pytest.fixture
def ops(api, admin):
    return api(admin)


@pytest.fixture
def second_admin(make_person):
    return make_person("second", role="admin")


def url(user, tail=""):
    return f"/api/v1/users/{getattr(user, 'pk', user)}{tail}"


def put(client, user, **body):
    return client.put(url(user), body, format="json")


# ---- Lists


def test_the_list_of_people_takes_the_same_queries_for_many_as_for_few(
    ops, make_person, django_assert_num_queries
):
    """One for the caller, three for the page."""
    for number in range(12):
        make_person(f"person{number}")
    for limit in (1, 13):
        with django_assert_num_queries(4):
            body = ops.get(f"/api/v1/users?limit={limit}").json()
        assert (len(body["items"]), body["total"], body["limit"], body["offset"]) == (
            limit,
            13,
            limit,
            0,
        )


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=OWN", {"owner"}),
        ("role=viewer", {"viewer"}),
        ("status=disabled", {"guest"}),
        ("permission=cot", {"admin", "owner", "viewer"}),
        ("permission=cot&role=user", {"owner"}),
    ],
)
def test_people_are_found_by_text_role_state_and_module(
    ops, owner, viewer, make_person, query, names
):
    make_person("guest", modules=[], status="disabled")
    assert {item["username"] for item in ops.get(f"/api/v1/users?{query}").json()["items"]} == names


@pytest.mark.parametrize("query", ["rol=admin", "limit=0", "limit=101", "offset=-1", "role=king"])
def test_misspelt_and_impossible_filters_are_refused(ops, query):
    assert ops.get(f"/api/v1/users?{query}").status_code == 422


def test_a_row_and_one_person_have_the_documented_fields(ops, owner):
    row = {
        "id",
        "email",
        "username",
        "nickname",
        "role",
        "status",
        "is_active",
        "permissions",
        "created_at",
    }
    more = {"language", "timezone", "email_verified", "mfa_enabled", "last_login", "updated_at"}
    assert ops.get("/api/v1/users").json()["items"][0].keys() == row
    assert ops.get(url(owner)).json().keys() == row | more
    assert ops.get(url(UNKNOWN)).status_code == 404


def test_only_confirmed_people_wait_for_approval_oldest_first(ops, make_person):
    make_person("first", status="pending")
    make_person("unconfirmed", status="unverified", email_verified_at=None)
    make_person("second", status="pending")
    items = ops.get("/api/v1/admin/pending-users").json()["items"]
    assert [item["username"] for item in items] == ["first", "second"]


# ---- Approve, disable, enable


def test_approving_activates_and_tells_the_person(ops, make_person, mailoutbox):
    user = make_person("ann", status="pending")
    answer = ops.post(f"/api/v1/admin/approve/{user.pk}")
    assert (answer.status_code, answer.json()["status"]) == (200, "active")
    assert [(mail.to, mail.subject) for mail in mailoutbox] == [
        (["ann@example.org"], "Your account is approved · Equilibrium")
    ]
    assert status_and_code(ops.post(f"/api/v1/admin/approve/{user.pk}")) == (409, "already_active")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"status": "disabled"}, "disabled_user"),
        ({"status": "unverified", "email_verified_at": None}, "email_not_verified"),
    ],
)
def test_only_pending_people_are_approved(ops, make_person, fields, error):
    user = make_person("ann", **fields)
    assert status_and_code(ops.post(f"/api/v1/admin/approve/{user.pk}")) == (409, error)


def test_disabling_ends_every_sign_in_at_once_and_keeps_the_row(
    ops, api, web, owner, sign_in, post
):
    raw = sign_in("owner", headers=MOBILE).json()["refresh_token"]
    client, browser = api(owner), web(owner)
    assert ops.delete(url(owner)).status_code == 204
    assert client.get("/api/v1/auth/me").status_code == 401
    assert browser.get("/api/v1/auth/me").status_code == 401
    assert post("auth/refresh", refresh_token=raw).status_code == 401
    assert not RefreshToken.objects.filter(user=owner, revoked_at=None).exists()
    assert User.objects.get(pk=owner.pk).status == "disabled"
    assert status_and_code(ops.delete(url(owner))) == (409, "already_disabled")


def test_an_enabled_person_is_back(ops, owner, sign_in):
    ops.delete(url(owner))
    assert put(ops, owner, is_active=True).json()["status"] == "active"
    sign_in("owner")


@pytest.mark.parametrize(
    "fields", [{"status": "pending"}, {"status": "unverified", "email_verified_at": None}]
)
def test_enabling_is_no_way_around_confirmation_and_approval(ops, make_person, fields):
    user = make_person("ann", **fields)
    assert put(ops, user, is_active=True).status_code == 409
    assert User.objects.get(pk=user.pk).status == fields["status"]


# ---- Oneself and the last administrator


@pytest.mark.parametrize(
    "body", [{"role": "user"}, {"role": "admin"}, {"is_active": False}, {"is_active": True}]
)
def test_nobody_changes_their_own_role_or_state(ops, admin, second_admin, body):
    assert status_and_code(put(ops, admin, **body)) == (403, "forbidden")
    assert status_and_code(ops.delete(url(admin))) == (403, "forbidden")


@pytest.mark.parametrize("change", [{"role": "user"}, {"is_active": False}])
def test_the_last_administrator_stays(admin, second_admin, change):
    """The actor was an administrator when the request came in, and is none any more."""
    operators.disable(actor=second_admin, user=admin)
    with pytest.raises(LastAdmin):
        operators.update(actor=admin, user=second_admin, **change)


# ---- Roles and modules


def test_a_role_change_acts_on_the_next_request_with_the_old_token(ops, api, owner):
    client = api(owner)
    assert put(ops, owner, role="viewer").json()["role"] == "viewer"
    assert status_and_code(client.get("/api/v1/auth/me")) == (401, "token_revoked")


def test_an_unchanged_role_alone_is_refused_and_beside_another_change_ignored(ops, owner):
    assert status_and_code(put(ops, owner, role="user")) == (409, "no_role_change")
    assert put(ops, owner, role="user", nickname="New").json()["nickname"] == "New"
    assert put(ops, owner, role="king").status_code == 422


def test_modules_are_granted_listed_and_revoked(ops, admin, guest):
    answer = ops.post(url(guest, "/permissions"), {"permission": "cot"}, format="json")
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "permission", "granted_at", "granted_by"}
    assert ops.get(url(guest, "/permissions")).json() == [answer.json()]
    assert answer.json()["granted_by"] == str(admin.pk)
    again = ops.post(url(guest, "/permissions"), {"permission": "cot"}, format="json")
    assert status_and_code(again) == (409, "already_granted")
    assert (
        ops.post(url(guest, "/permissions"), {"permission": "x"}, format="json").status_code == 422
    )
    assert ops.delete(url(guest, "/permissions/cot")).status_code == 200
    assert status_and_code(ops.delete(url(guest, "/permissions/cot"))) == (404, "not_granted")


def test_a_module_opens_and_closes_with_the_same_token(ops, api, guest):
    client = api(guest)
    assert status_and_code(client.get("/api/v1/cot/definitions")) == (403, "permission_denied")
    ops.post(url(guest, "/permissions"), {"permission": "cot"}, format="json")
    assert client.get("/api/v1/cot/definitions").status_code == 200
    ops.delete(url(guest, "/permissions/cot"))
    assert status_and_code(client.get("/api/v1/cot/definitions")) == (403, "permission_denied")


def test_a_person_without_a_second_factor_can_be_reset_too(ops, owner):
    assert ops.post(url(owner, "/mfa/reset")).json()["mfa_enabled"] is False
    assert ops.post(url(UNKNOWN, "/mfa/reset")).status_code == 404


# ---- Audit


def test_every_action_leaves_an_entry_with_values_before_and_after(ops, admin, owner, guest):
    put(ops, owner, role="viewer")
    ops.post(url(guest, "/permissions"), {"permission": "cot"}, format="json")
    ops.delete(url(guest, "/permissions/cot"))
    ops.delete(url(owner))
    put(ops, owner, is_active=True)
    items = ops.get("/api/v1/admin/audit-logs?limit=5").json()["items"]
    assert [(item["action"], item["target_email"], item["metadata"]) for item in items] == [
        (
            "enable_user",
            "owner@example.org",
            {"previous_status": "disabled", "new_status": "active"},
        ),
        (
            "disable_user",
            "owner@example.org",
            {"previous_status": "active", "new_status": "disabled"},
        ),
        ("revoke_permission", "guest@example.org", {"previous_permission": "cot"}),
        ("grant_permission", "guest@example.org", {"new_permission": "cot"}),
        ("change_role", "owner@example.org", {"previous_role": "user", "new_role": "viewer"}),
    ]
    assert {item["admin_id"] for item in items} == {str(admin.pk)}
    assert all(item["request_id"] for item in items)


def test_the_log_is_paged_and_filtered(ops, admin, owner, guest):
    ops.delete(url(owner))
    ops.delete(url(guest))
    assert ops.get("/api/v1/admin/audit-logs?action=disable_user").json()["total"] == 2
    assert ops.get(f"/api/v1/admin/audit-logs?target={guest.pk}").json()["total"] == 1
    assert ops.get(f"/api/v1/admin/audit-logs?actor={admin.pk}&limit=1&offset=1").json()["items"][
        0
    ]["target_email"] == ("owner@example.org")
    assert ops.get("/api/v1/admin/audit-logs?limit=101").status_code == 422


@pytest.mark.parametrize("step", ["record", "end_sign_ins"])
@pytest.mark.parametrize(
    "action",
    [
        lambda actor, user: operators.disable(actor=actor, user=user),
        lambda actor, user: operators.change_role(actor=actor, user=user, role="viewer"),
        lambda actor, user: operators.reset_mfa(actor=actor, user=user),
    ],
)
def test_a_failure_at_any_step_of_an_action_leaves_nothing(admin, owner, monkeypatch, action, step):
    """A fault injected after the change, and after the audit entry."""

    def fail(*args, **kwargs):
        raise RuntimeError("injected")

    place = "accounts.audit.record" if step == "record" else "accounts.staff.operators.end_sign_ins"
    before = (User.objects.filter(pk=owner.pk).values().get(), AuditEntry.objects.count())
    monkeypatch.setattr(place, fail)
    with pytest.raises(RuntimeError, match="injected"):
        action(admin, owner)
    assert (User.objects.filter(pk=owner.pk).values().get(), AuditEntry.objects.count()) == before


def test_a_failure_after_a_grant_leaves_no_permission(admin, guest, monkeypatch):
    monkeypatch.setattr("accounts.audit.record", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        operators.grant_permission(actor=admin, user=guest, permission="cot")
    assert not ModulePermission.objects.filter(user=guest).exists()


@pytest.mark.parametrize(
    "path", ["users", "admin/pending-users", "admin/audit-logs", "admin/stats"]
)
def test_only_administrators_see_people(api, owner, viewer, path):
    assert api().get(f"/api/v1/{path}").status_code == 401
    for person in (owner, viewer):
        assert status_and_code(api(person).get(f"/api/v1/{path}")) == (403, "forbidden")


def test_administrators_without_second_factor_are_asked_for_one(ops, settings):
    settings.REQUIRE_ADMIN_MFA = True
    assert status_and_code(ops.get("/api/v1/users")) == (403, "mfa_enrolment_required")
    assert ops.get("/api/v1/auth/me").status_code == 200
