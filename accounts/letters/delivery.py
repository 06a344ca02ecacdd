"""Sending a mail about accounts: composed in the reader's language, sent once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cryptography.fernet import MultiFernet
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts import sealing
from accounts.letters.texts import LETTERS, NOBODY
from accounts.models import MailLog, User
from core.connections import release

# Longer than any provider is waited for: a claim that ran out belongs to a worker that was killed.
CLAIM = timedelta(minutes=2)
OVERDUE = timedelta(seconds=30)


class TooLate(Exception):
    """Its code has ended."""


def cipher() -> MultiFernet:
    """Codes and names wait for their mail encrypted."""
    return sealing.cipher("accounts.mail")


def overdue() -> list[str]:
    """The mails whose task the broker lost: they wait in nobody's hands, longer than any task would take."""
    now = timezone.now()
    rows = MailLog.objects.free(now).filter(asked_at__lt=now - OVERDUE).order_by("asked_at")
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


def claim(mail_id: str) -> MailLog | None:
    """The mail, if it waits and is in nobody's hands; of two who ask, one gets it."""
    now = timezone.now()
    free = MailLog.objects.free(now).filter(pk=mail_id)
    if not free.update(claimed_until=now + CLAIM, tries=F("tries") + 1):
        return None
    return MailLog.objects.select_related("user").filter(pk=mail_id).first()


def deliver(row: MailLog) -> None:
    """Sends a claimed mail now; of one that nobody is to read no row stays.

    Raises TooLate, InvalidToken when its key is gone, and what the provider raises.
    """
    if is_for_nobody(row):
        row.delete()
        return
    if row.useless_after and row.useless_after <= timezone.now():
        raise TooLate
    context = json.loads(cipher().decrypt(row.sealed))
    with translation.override(language_of(row.user)):
        message = compose(row.template, row.user, context)
    release()
    message.send()
    _close(row, "sent_at")


def is_for_nobody(row: MailLog) -> bool:
    """Asked for without a reader, or too soon after the same letter to the same person."""
    if row.template == NOBODY:
        return True
    rest = LETTERS[row.template].rest
    if rest is None:
        return False
    earlier = MailLog.objects.filter(template=row.template, user=row.user, given_up_at=None)
    return earlier.filter(asked_at__gt=row.asked_at - rest, asked_at__lt=row.asked_at).exists()


def language_of(user: User | None) -> str:
    """The language a person reads, if there is an interface in it."""
    language = user.language if user else ""
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def put_back(row: MailLog) -> None:
    """The next who asks may try."""
    MailLog.objects.filter(pk=row.pk).update(claimed_until=None)


def give_up(row: MailLog) -> None:
    """It will not be tried again."""
    _close(row, "given_up_at")


def _close(row: MailLog, moment: str) -> None:
    MailLog.objects.filter(pk=row.pk).update(**{moment: timezone.now()}, sealed="")


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
    to = context.get("to") or (user.email if user else settings.ADMIN_NOTIFICATION_EMAIL)
    text = render_to_string("mail/letter.txt", values)
    message = EmailMultiAlternatives(f"{letter.subject} · {settings.APP_NAME}", text, to=[to])
    message.attach_alternative(render_to_string("mail/letter.html", values), "text/html")
    return message
