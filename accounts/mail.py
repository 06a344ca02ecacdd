"""Asking for mail about accounts: queued after commit, never waited for."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.tasks import send_mail


def send(template: str, user: User, **context: Any) -> None:
    """Queues a mail to a person; a broker that does not answer is logged, never an error of the request."""
    _queue(template, str(user.pk), context)


def send_operators(template: str, *, person: User) -> None:
    """Queues a letter to ADMIN_NOTIFICATION_EMAIL, when that is set."""
    if settings.ADMIN_NOTIFICATION_EMAIL:
        _queue(template, None, {"name": person.email})  # not what the person calls themselves


def _queue(template: str, user_id: str | None, context: dict[str, Any]) -> None:
    job = partial(send_mail.delay, template, user_id, context, uuid.uuid4().hex)
    transaction.on_commit(job, robust=True)
