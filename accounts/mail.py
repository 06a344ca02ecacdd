"""Asking for mail about accounts: a row of the caller's transaction, sent soon after its commit, never waited for."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import delivery
from accounts.letters import LETTERS
from accounts.models import MailLog, User
from accounts.tasks import send_mail
from core import broker


def send(template: str, user: User, **context: Any) -> None:
    """A mail to a person. It waits in the database until a worker has sent it, whatever becomes of the broker."""
    _ask(template, user, context)


def send_operators(template: str, *, person: User) -> None:
    """A letter to ADMIN_NOTIFICATION_EMAIL, when that is set."""
    if settings.ADMIN_NOTIFICATION_EMAIL:
        _ask(template, None, {"name": person.email})  # not what the person calls themselves


def _ask(template: str, user: User | None, context: dict[str, Any]) -> None:
    life = LETTERS[template].life
    row = MailLog.objects.create(
        template=template,
        user=user,
        sealed=delivery.cipher().encrypt(json.dumps(context).encode()).decode(),
        useless_after=timezone.now() + life if life else None,
    )
    transaction.on_commit(partial(broker.soon, send_mail, str(row.pk)))
