"""Asking for mail about accounts: a row of the caller's transaction, sent soon after its commit, never waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation

from accounts.errors import MailUnavailable
from accounts.letters import delivery
from accounts.letters.tasks import send_mail
from accounts.letters.texts import LETTERS, NOBODY
from accounts.models import MailLog, Role, Status, User
from core import broker

View = Callable[..., HttpResponseBase]


def require() -> None:
    """For what cannot be done without mail, before any of it is done. Raises MailUnavailable."""
    if settings.EMAIL_PROVIDER == "none":
        raise MailUnavailable


def required(view: View) -> View:
    """A page that is of no use without mail: where none is sent, it says so."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            require()
        except MailUnavailable as refusal:
            return render(
                request, "account/no_mail.html", {"refusal": refusal.message}, status=refusal.status
            )
        return view(request, *args, **kwargs)

    return answer


def send(template: str, user: User, **context: Any) -> None:
    """A mail to a person, `to` another address than theirs if that is given.

    It waits in the database until a worker has sent it, whatever becomes of the broker.
    """
    _ask(template, user, context)


def send_nobody(**context: Any) -> None:
    """As much work as a letter, so that it does not show that there is none; the worker throws it away."""
    _ask(NOBODY, None, context)


def send_operators(template: str, *, person: User) -> None:
    """A letter to ADMIN_NOTIFICATION_EMAIL, when that is set."""
    if settings.ADMIN_NOTIFICATION_EMAIL:
        _ask(template, None, {"name": person.email})  # not what the person calls themselves


def tell_operators(template: str, say: Callable[[], dict[str, Any]]) -> None:
    """A letter to whoever runs the product: ADMIN_NOTIFICATION_EMAIL, where that is not set every active administrator.

    `say` gives what the letter names, called with each reader's language active.
    """
    for user in _operators():
        with translation.override(delivery.language_of(user)):
            context = say()
        _ask(template, user, context)


def _operators() -> list[User] | list[None]:
    """None stands for an address that is no person's."""
    people = User.objects.filter(status=Status.ACTIVE)
    if not settings.ADMIN_NOTIFICATION_EMAIL:
        return list(people.filter(role=Role.ADMIN).order_by("pk"))
    return list(people.filter(email__iexact=settings.ADMIN_NOTIFICATION_EMAIL)) or [None]


def _ask(template: str, user: User | None, context: dict[str, Any]) -> None:
    if settings.EMAIL_PROVIDER == "none":
        return
    life = None if template == NOBODY else LETTERS[template].life
    row = MailLog.objects.create(
        template=template,
        user=user,
        sealed=delivery.cipher().encrypt(json.dumps(context).encode()).decode(),
        useless_after=timezone.now() + life if life else None,
    )
    transaction.on_commit(partial(broker.soon, send_mail, str(row.pk)))
