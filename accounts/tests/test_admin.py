"""The Django admin changes people only through the services."""

from __future__ import annotations

import pytest
from django.contrib.admin import site as admin_site

from accounts.models import AuditEntry, ModulePermission, User
from conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(web, admin):
    return web(admin)


def change(ops, user, *, role="user", grant=None, revoke=()):
    rows = list(ModulePermission.objects.filter(user=user).order_by("pk"))
    form = {"role": role, "nickname": user.nickname, "_save": "Save"}
    prefix = "module_permissions"
    form |= {f"{prefix}-TOTAL_FORMS": len(rows) + bool(grant), f"{prefix}-INITIAL_FORMS": len(rows)}
    for number, row in enumerate(rows):
        form |= {f"{prefix}-{number}-id": row.pk, f"{prefix}-{number}-user": user.pk}
        if row.permission in revoke:
            form[f"{prefix}-{number}-DELETE"] = "on"
    if grant:
        form |= {f"{prefix}-{len(rows)}-permission": grant, f"{prefix}-{len(rows)}-user": user.pk}
    return ops.post(f"/admin/accounts/user/{user.pk}/change/", form)


def entries():
    return list(AuditEntry.objects.order_by("seq").values_list("action", "metadata"))


def test_a_role_change_writes_an_entry_and_ends_sign_ins(ops, admin, owner):
    assert change(ops, owner, role="viewer").status_code == 302
    owner.refresh_from_db()
    assert (owner.role, owner.token_version) == ("viewer", 2)
    assert entries() == [("change_role", {"previous_role": "user", "new_role": "viewer"})]
    assert AuditEntry.objects.get().actor == admin


def test_modules_are_granted_and_revoked_with_entries(ops, make_person):
    user = make_person("ann", modules=["cot"])
    assert change(ops, user, grant="journal").status_code == 302
    assert change(ops, user, revoke=["cot"]).status_code == 302
    assert set(user.module_permissions.values_list("permission", flat=True)) == {"journal"}
    assert [action for action, _ in entries()] == ["grant_permission", "revoke_permission"]


def test_refusals_are_errors_of_the_form(ops, admin):
    """Nobody changes their own role."""
    answer = change(ops, admin, role="user")
    assert answer.status_code == 200
    assert "You cannot do this to your own account." in answer.content.decode()
    assert User.objects.get(pk=admin.pk).role == "admin"
    assert entries() == []


def test_nobody_is_added_deleted_or_changed_in_bulk(ops, owner):
    assert ops.get("/admin/accounts/user/add/").status_code == 403
    assert ops.get(f"/admin/accounts/user/{owner.pk}/delete/").status_code == 403
    assert 'name="action"' not in ops.get("/admin/accounts/user/").content.decode()


@pytest.mark.parametrize("path", ["user/", "auditentry/"])
def test_lists_open(ops, owner, path):
    assert ops.get(f"/admin/accounts/{path}").status_code == 200


def test_the_sign_in_of_the_admin_is_the_products(web, owner):
    """`secure_admin_login` leads through limits, confirmation and second factor."""
    assert web().get("/admin/login/").url.startswith("/accounts/login/")
    assert web(owner).get("/admin/").status_code in (302, 403)


def test_without_the_second_factor_that_is_asked_for_the_admin_is_shut(ops, settings):
    """The Django admin and the pages of operators; the own pages stay open."""
    settings.REQUIRE_ADMIN_MFA = True
    assert ops.get("/admin/").status_code == 403
    page = ops.get("/staff/users/")
    assert page.status_code == 403
    assert "/accounts/security/" in page.content.decode()
    assert ops.get("/accounts/security/").status_code == 200


def test_tables_of_allauth_and_groups_cannot_be_changed_by_hand():
    """Factors, addresses and connections change through services that write to the audit log."""
    names = {model._meta.label for model in admin_site._registry}
    assert "accounts.User" in names
    assert not {
        name
        for name in names
        if name.split(".")[0] in {"account", "mfa", "socialaccount", "usersessions", "auth"}
    }


def test_the_admins_own_password_form_is_ours(web, admin):
    """A password is only changed where it ends the other sign-ins."""
    browser = web(admin)
    new = {
        "old_password": PASSWORD,
        "new_password1": "Another-Horse-8",
        "new_password2": "Another-Horse-8",
    }
    answer = browser.post("/admin/password_change/", new)
    assert (answer.status_code, answer.url) == (302, "/accounts/password/change/")
    admin.refresh_from_db()
    assert admin.check_password(PASSWORD)


def test_the_admin_lets_nobody_in_by_its_own_sign_in(web, admin, owner):
    """Its login page is the product's, with all its stages."""
    answer = web().post("/admin/login/", {"username": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.url.split("?")[0]) == (302, "/accounts/login/")
    assert web(owner).get("/admin/").status_code in (302, 403)
