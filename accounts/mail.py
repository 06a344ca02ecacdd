"""Mail about accounts: queued after commit, never waited for, sent once (platform §9)."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.letters import LETTERS
from accounts.models import MailLog, User


def send(template: str, user: User, **context: Any) -> None:
    """Queues a mail to a person; a broker that does not answer is logged, never an error of the request."""
    _queue(template, str(user.pk), context)


def send_operators(template: str, *, person: User) -> None:
    """Queues a notice to ADMIN_NOTIFICATION_EMAIL, when that is set."""
    if settings.ADMIN_NOTIFICATION_EMAIL:
        _queue(template, None, {"name": person.email})  # not what the person calls themselves


def _queue(template: str, user_id: str | None, context: dict[str, Any]) -> None:
    from accounts.tasks import send_mail

    job = partial(send_mail.delay, template, user_id, context, uuid.uuid4().hex)
    transaction.on_commit(job, robust=True)


def deliver(template: str, user_id: str | None, context: dict[str, Any], event: str) -> None:
    """Sends one mail now, unless this event was sent before or its person is gone."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if (user_id and user is None) or MailLog.objects.filter(template=template, event=event).exists():
        return
    language = user.language if user else ""
    with translation.override(language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        message = compose(template, user, context)
    message.send()
    MailLog.objects.create(template=template, user=user, event=event)


def compose(template: str, user: User | None, context: dict[str, Any]) -> EmailMultiAlternatives:
    """The mail in the active language, as text and HTML; the subject carries no code."""
    letter = LETTERS[template]
    values = {
        "letter": letter,
        "lines": [str(line) % context if context else str(line) for line in letter.lines],
        "code": context["code"] if letter.shows_code else "",
        "url": f"{settings.APP_URL}{reverse(letter.page)}" if letter.page else "",
        "app_name": settings.APP_NAME,
        "app_url": settings.APP_URL,
        "language": translation.get_language(),
    }
    to = user.email if user else settings.ADMIN_NOTIFICATION_EMAIL
    text = render_to_string("mail/letter.txt", values)
    message = EmailMultiAlternatives(f"{letter.subject} · {settings.APP_NAME}", text, to=[to])
    message.attach_alternative(render_to_string("mail/letter.html", values), "text/html")
    return message
