"""How accounts come into being and how their secrets change."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.errors import EmailTaken, WeakPassword
from accounts.models import ModulePermission, Role, Status, User


@transaction.atomic
def create_admin(*, email: str, password: str | None, **fields: Any) -> User:
    """An active, confirmed administrator with every module (accounts §3). Raises EmailTaken, WeakPassword."""
    return create_person(email=email, password=password, role=Role.ADMIN, **fields)


@transaction.atomic
def create_person(
    *, email: str, password: str | None, role: str | None = None, modules: list[str] | None = None, **fields: Any
) -> User:
    """An active, confirmed account made by an operator; password or none. Raises EmailTaken, WeakPassword."""
    email = User.objects.canonical(email)
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    check_password_rules(password, email=email)
    fields = {
        "status": Status.ACTIVE,
        "email_verified_at": timezone.now(),
        "role": role or settings.DEFAULT_ROLE,
    } | fields
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=user.email_verified, primary=True)
    grant_defaults(user, modules=modules)
    return user


def grant_defaults(user: User, *, modules: list[str] | None = None) -> None:
    """The modules a new account starts with, granted by nobody (accounts §3)."""
    names = settings.DEFAULT_PERMISSIONS if modules is None else modules
    ModulePermission.objects.bulk_create(ModulePermission(user=user, permission=name) for name in names)


def check_password_rules(password: str | None, *, email: str, username: str | None = None) -> None:
    """Raises WeakPassword with the reasons; an account may also have no password at all."""
    if password is None:
        return
    try:
        validate_password(password, User(email=email, username=username))
    except ValidationError as error:
        raise WeakPassword(details={"password": error.messages}) from None
