"""`create_admin`, `create_user`, `reset_user`, `reset_mfa`, `erase_user`, `createsuperuser`, and the nightly purge."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts import upkeep
from accounts.models import (
    AuditEntry,
    EmailRequest,
    Proof,
    Purpose,
    RefreshToken,
    RevokedAccess,
    Role,
    User,
)
from accounts.proofs import codes, refresh, tokens
from accounts.proofs.refresh import Place
from accounts.staff import operators
from accounts.tests.authenticator_app import switch_on
from conftest import PASSWORD
from core import modules
from core.modules import refuse_unknown_words

pytestmark = pytest.mark.django_db


def test_the_first_administrator_comes_from_the_environment_and_twice_changes_nothing(settings):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "Boss@Example.org", PASSWORD
    call_command("create_admin", interactive=False)
    before = User.objects.values().get()
    call_command("create_admin", interactive=False)
    assert User.objects.values().get() == before
    boss = User.objects.get()
    assert (boss.email, boss.role, boss.status, boss.check_password(PASSWORD)) == (
        "boss@example.org", "admin", "active", True,
    )  # fmt: skip
    assert AuditEntry.objects.get().action == "create_admin"


@pytest.mark.parametrize(
    ("email", "password"), [("", PASSWORD), ("boss@example.org", ""), ("boss@example.org", "weak")]
)
def test_there_is_no_default_password(settings, email, password):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = email, password
    with pytest.raises(CommandError):
        call_command("create_admin", interactive=False)
    assert not User.objects.exists()


def test_without_a_terminal_nobody_is_asked(settings, monkeypatch):
    settings.ADMIN_EMAIL = settings.ADMIN_PASSWORD = ""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="ADMIN_EMAIL"):
        call_command("create_admin")
    with pytest.raises(CommandError, match="ADMIN_PASSWORD"):
        call_command("create_admin", email="boss@example.org")


def test_createsuperuser_makes_an_active_confirmed_administrator_with_all_modules(settings):
    settings.ADMIN_PASSWORD = PASSWORD
    call_command("createsuperuser", email="root@example.org", interactive=False)
    root = User.objects.get()
    assert (root.is_active, root.email_verified, root.is_staff, root.is_superuser) == (
        True,
        True,
        True,
        True,
    )
    assert root.modules == set(modules.titles())
    assert AuditEntry.objects.get().action == "create_admin"


def test_local_people_get_a_password_that_works(capsys):
    call_command("create_user", email="try@example.org", role="viewer", permissions=["cot"])
    password = capsys.readouterr().out.split()[-1]
    user = User.objects.get()
    assert user.check_password(password)
    assert (user.role, user.modules) == ("viewer", {"cot"})
    call_command("reset_user", email="try@example.org")
    user.refresh_from_db()
    assert user.check_password(capsys.readouterr().out.split()[-1])
    assert user.token_version == 2


def test_a_sole_administrator_without_their_phone_comes_in_again(admin, sign_in, mailoutbox):
    """By whoever runs the machine; the log says so, and so does a mail."""
    switch_on(admin)
    call_command("reset_mfa", email=admin.email)
    assert sign_in("admin").json()["user"]["mfa_enabled"] is False
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target_user) == (None, "reset_mfa", admin)
    assert entry.metadata == {"previous_methods": ["totp"]}
    assert "Your second factor was changed · Equilibrium" in [mail.subject for mail in mailoutbox]


def test_reset_mfa_says_when_there_is_nothing_to_reset(owner):
    with pytest.raises(CommandError, match="no second factor"):
        call_command("reset_mfa", email=owner.email)
    with pytest.raises(CommandError, match="Nobody"):
        call_command("reset_mfa", email="nobody@example.org")


@pytest.mark.parametrize("command", ["create_user", "reset_user"])
def test_they_refuse_outside_local(settings, command, owner):
    settings.ENV = "prod"
    with pytest.raises(CommandError, match="ENV=local"):
        call_command(command, email=owner.email)


def test_erasing_a_person_keeps_the_audit_log_without_their_name(admin, owner):
    operators.disable(actor=admin, user=owner)
    call_command("erase_user", email=owner.email, yes=True)
    assert not User.objects.filter(pk=owner.pk).exists()
    assert list(AuditEntry.objects.order_by("seq").values_list("action", "target_user")) == [
        ("disable_user", None), ("erase_user", None),
    ]  # fmt: skip
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEntry.objects.update(action="x")


def test_expired_secrets_are_purged_and_living_ones_stay(owner):
    codes.ask(owner.email, Purpose.LOGIN, user=owner)
    codes.ask(owner.email, Purpose.RESET, user=owner)
    EmailRequest.objects.filter(purpose=Purpose.RESET).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    RevokedAccess.objects.create(jti="old", expires_at=timezone.now() - timedelta(seconds=1))
    tokens.revoke(tokens.read(tokens.issue(owner).token))
    old = refresh.start(owner, Place(), Proof.PASSWORD).row
    refresh.start(owner, Place(), Proof.PASSWORD)
    RefreshToken.objects.filter(pk=old.pk).update(used_at=timezone.now() - timedelta(days=31))
    assert {name: count for name, count in upkeep.purge().items() if count} == {
        "codes": 1, "revoked_access": 1, "refresh_tokens": 1,
    }  # fmt: skip
    assert (
        EmailRequest.objects.count(),
        RevokedAccess.objects.count(),
        RefreshToken.objects.count(),
    ) == (1, 1, 1)
    assert set(upkeep.purge().values()) == {0}


@pytest.mark.parametrize("name", ["cots", "COT", ""])
def test_an_unknown_default_stops_the_start(name):
    with pytest.raises(ImproperlyConfigured, match="DEFAULT_PERMISSIONS"):
        refuse_unknown_words("DEFAULT_PERMISSIONS", ["journal", name], modules.titles())
    refuse_unknown_words("DEFAULT_ROLE", ["viewer"], Role.values)
