"""Sending a mail about accounts: composed in the reader's language, sent once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.letters import LETTERS
from accounts.models import MailLog, User


def deliver(template: str, user_id: str | None, context: dict[str, Any], event: str) -> None:
    """Sends one mail now, unless this event was sent before or its person is gone."""
    user = User.objects.filter(pk=user_id).first() if user_id else None
    if (user_id and user is None) or MailLog.objects.filter(
        template=template, event=event
    ).exists():
        return
    language = user.language if user else ""
    with translation.override(
        language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    ):
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
