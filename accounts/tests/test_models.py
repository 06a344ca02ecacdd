"""What the database refuses."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import (
    Device,
    EmailRequest,
    LoginTicket,
    ModulePermission,
    Preferences,
    RefreshToken,
    RevokedAccess,
    User,
)

pytestmark = pytest.mark.django_db
LATER = timezone.now() + timedelta(days=1)


def refused(make):
    """Whether the database itself refuses the second of two rows."""
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.parametrize(
    "change",
    [
        {"role": "king"}, {"status": "asleep"}, {"token_version": 0}, {"email_verified_at": None},
        {"status": "pending", "email_verified_at": None}, {"email": "GUEST@example.org"}, {"username": "GUEST"},
    ],
)  # fmt: skip
def test_impossible_people_are_refused(owner, guest, change):
    refused(lambda: User.objects.filter(pk=owner.pk).update(**change))


def test_an_unverified_or_disabled_person_need_not_be_confirmed(owner):
    for state in ("unverified", "disabled"):
        User.objects.filter(pk=owner.pk).update(status=state, email_verified_at=None)


def test_state_and_rights_are_derived_and_cannot_be_set(admin, owner):
    assert (admin.is_staff, admin.is_superuser, owner.is_staff, owner.is_superuser) == (
        True,
        True,
        False,
        False,
    )
    for name in ("is_active", "is_staff", "is_superuser", "email_verified"):
        with pytest.raises(AttributeError):
            setattr(owner, name, True)


def test_a_permission_is_held_once_and_is_a_word(owner):
    """Which words there are the modules say; the services and the API refuse others."""
    refused(lambda: ModulePermission.objects.create(user=owner, permission="cot"))
    refused(lambda: ModulePermission.objects.create(user=owner, permission="Poker 1"))


def test_one_hash_one_refresh_token(owner):
    make = lambda: RefreshToken.objects.create(user=owner, token_hash="h", expires_at=LATER)  # noqa: E731
    make()
    refused(make)


def test_one_token_one_request(owner):
    """Open requests of one purpose stand beside each other."""

    def make(token):
        EmailRequest.objects.create(
            user=owner,
            email=owner.email,
            purpose="login",
            token_hash=token,
            code_hmac="h",
            code_expires_at=LATER,
            expires_at=LATER,
        )

    make("one")
    make("two")
    refused(lambda: make("two"))


def test_one_account_at_a_provider_belongs_to_one_person(owner, guest):
    SocialAccount.objects.create(user=owner, provider="google", uid="1", extra_data={})
    refused(
        lambda: SocialAccount.objects.create(user=guest, provider="google", uid="1", extra_data={})
    )


def test_revoked_ids_tickets_and_push_tokens_are_unique(owner):
    rows = [
        lambda: RevokedAccess.objects.create(jti="j", expires_at=LATER),
        lambda: LoginTicket.objects.create(user=owner, code_hash="h", expires_at=LATER),
        lambda: Device.objects.create(
            user=owner, token="t" * 10, token_sha256="h", last_seen_at=LATER
        ),
    ]
    for make in rows:
        make()
        refused(make)


@pytest.mark.parametrize(
    "change",
    [
        {"max_position_size": Decimal("0.00")},
        {"max_position_size": Decimal("1.01")},
        {"risk_tolerance": "x"},
    ],
)
def test_preferences_out_of_range_are_refused(owner, change):
    refused(lambda: Preferences.objects.create(user=owner, **change))
