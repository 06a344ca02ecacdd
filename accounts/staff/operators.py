"""What administrators do to accounts: each action is one transaction with its audit entry.

Order in each: lock the person (and, to take an administrator away, all active administrators with them, in id order:
two who disable each other then wait instead of deadlocking) → change → audit entry → version bump, so that a failure
at any step leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.bridge import factors
from accounts.errors import (
    AlreadyActive,
    AlreadyDisabled,
    AlreadyGranted,
    DisabledUser,
    EmailUnconfirmed,
    NoRoleChange,
    NotGranted,
    OwnAccount,
)
from accounts.letters import mail
from accounts.models import Action, ModulePermission, Status, User
from accounts.services import end_sign_ins, lock_keeping_an_admin
from core.errors import NotFound


@transaction.atomic
def approve(*, actor: User, user: User) -> User:
    """pending → active, and the person is told. Raises AlreadyActive, DisabledUser, EmailUnconfirmed."""
    user = _lock(user)
    refusals = {
        Status.ACTIVE: AlreadyActive,
        Status.DISABLED: DisabledUser,
        Status.UNVERIFIED: EmailUnconfirmed,
    }
    if refusal := refusals.get(Status(user.status)):
        raise refusal
    _set_status(user, Status.ACTIVE, actor=actor, action=Action.APPROVE_USER)
    mail.send("approved", user)
    return user


@transaction.atomic
def disable(*, actor: User, user: User) -> User:
    """The person is out with the next click. Raises OwnAccount, AlreadyDisabled, EmailUnconfirmed, LastAdmin."""
    if actor.pk == user.pk:
        raise OwnAccount
    user = lock_keeping_an_admin(user)
    if user.status == Status.DISABLED:
        raise AlreadyDisabled
    if user.status == Status.UNVERIFIED:
        raise EmailUnconfirmed
    _set_status(user, Status.DISABLED, actor=actor, action=Action.DISABLE_USER)
    mail.send("disabled", user)
    return user


@transaction.atomic
def enable(*, actor: User, user: User) -> User:
    """disabled → active. Raises OwnAccount, AlreadyActive; others wait for approval."""
    if actor.pk == user.pk:
        raise OwnAccount
    user = _lock(user)
    if user.status == Status.UNVERIFIED:
        raise EmailUnconfirmed
    if user.status != Status.DISABLED:
        raise AlreadyActive
    _set_status(user, Status.ACTIVE, actor=actor, action=Action.ENABLE_USER)
    return user


@transaction.atomic
def change_role(*, actor: User, user: User, role: str) -> User:
    """Another role, from the next request on. Raises OwnAccount, LastAdmin, NoRoleChange."""
    if actor.pk == user.pk:
        raise OwnAccount
    user = lock_keeping_an_admin(user)
    if user.role == role:
        raise NoRoleChange
    previous, user.role = user.role, role
    user.save(update_fields=["role", "updated_at"])
    audit.record(
        Action.CHANGE_ROLE, actor=actor, target=user, previous_role=previous, new_role=role
    )
    end_sign_ins(user)
    return user


@transaction.atomic
def update(
    *,
    actor: User,
    user: User,
    role: str | None = None,
    is_active: bool | None = None,
    nickname: str | None = None,
) -> User:
    """Several changes as one; fields left out or equal change nothing.

    Raises OwnAccount, LastAdmin, and NoRoleChange when an unchanged role is all that was asked.
    """
    if role is not None and (role != user.role or (is_active is None and nickname is None)):
        user = change_role(actor=actor, user=user, role=role)
    elif role is not None and actor.pk == user.pk:
        raise OwnAccount
    if is_active is not None:
        if actor.pk == user.pk:
            raise OwnAccount
        if is_active != user.is_active:
            user = (enable if is_active else disable)(actor=actor, user=user)
    if nickname is not None:
        user = _change_nickname(actor=actor, user=user, nickname=nickname)
    return user


def _change_nickname(*, actor: User, user: User, nickname: str) -> User:
    user = _lock(user)
    if nickname == user.nickname:
        return user
    previous, user.nickname = user.nickname, nickname
    user.save(update_fields=["nickname", "updated_at"])
    audit.record(
        Action.CHANGE_NICKNAME,
        actor=actor,
        target=user,
        previous_nickname=previous,
        new_nickname=nickname,
    )
    return user


@transaction.atomic
def grant_permission(*, actor: User, user: User, permission: str) -> ModulePermission:
    """Raises AlreadyGranted."""
    user = _lock(user)
    try:
        with transaction.atomic():
            row = ModulePermission.objects.create(
                user=user, permission=permission, granted_by=actor
            )
    except IntegrityError:
        raise AlreadyGranted from None
    audit.record(Action.GRANT_PERMISSION, actor=actor, target=user, new_permission=permission)
    return row


@transaction.atomic
def revoke_permission(*, actor: User, user: User, permission: str) -> None:
    """Raises NotGranted."""
    user = _lock(user)
    if not ModulePermission.objects.filter(user=user, permission=permission).delete()[0]:
        raise NotGranted
    audit.record(Action.REVOKE_PERMISSION, actor=actor, target=user, previous_permission=permission)


@transaction.atomic
def reset_mfa(*, actor: User | None, user: User) -> User:
    """Removes every second factor of a person who lost them; all their sign-ins end. Raises OwnAccount.

    No actor: whoever runs the machine, by `manage.py reset_mfa`.

    One's own are switched off under “Security”, which asks for a proof that a stolen sign-in cannot give.
    """
    if actor and actor.pk == user.pk:
        raise OwnAccount
    user = _lock(user)
    previous = factors.remove_all(user)
    audit.record(Action.RESET_MFA, actor=actor, target=user, previous_methods=previous)
    end_sign_ins(user)
    mail.send("mfa_changed", user)
    return user


def _lock(user: User) -> User:
    locked: User | None = User.objects.locked().filter(pk=user.pk).first()
    if locked is None:  # removed meanwhile
        raise NotFound
    return locked


def _set_status(user: User, status: Status, *, actor: User, action: Action) -> None:
    previous, user.status = user.status, status
    user.save(update_fields=["status", "updated_at"])
    audit.record(action, actor=actor, target=user, previous_status=previous, new_status=status)
    end_sign_ins(user)


def rehearse(action: Callable[..., object], **values: Any) -> None:
    """Raises whatever the action would raise now, and changes nothing; for forms that explain before they save."""
    with transaction.atomic():
        action(**values)
        transaction.set_rollback(True)
