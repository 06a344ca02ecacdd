"""When mails are sent: soon after they are asked for, and again while one still waits."""

from __future__ import annotations

import logging
import random

from celery import Task, shared_task
from cryptography.fernet import InvalidToken

from accounts.letters import delivery
from core.jobs import with_each_beat

log = logging.getLogger(__name__)
RETRIES = 3


@shared_task(bind=True, max_retries=RETRIES)
def send_mail(self: Task[..., None], mail_id: str) -> None:
    """One mail; three retries after 1, 2, 4 seconds and a bit, none after a permanent refusal."""
    row = delivery.claim(mail_id)
    if row is None:
        return
    try:
        delivery.deliver(row)
    except Exception as error:
        if is_permanent(error) or row.tries > RETRIES:
            delivery.give_up(row)
            log.error("Mail %s was not sent: %s", row.template, type(error).__name__)
            return
        delivery.put_back(row)
        pause = 2 ** (row.tries - 1)
        raise self.retry(exc=error, countdown=pause + random.uniform(0, pause / 2)) from None  # noqa: S311 a pause is no secret


@with_each_beat
def send_what_waits() -> None:
    """Asks again for each mail whose task was lost: the broker was away, or a worker was killed."""
    for mail_id in delivery.overdue():
        send_mail.delay(mail_id)


def is_permanent(error: Exception) -> bool:
    """A 5xx of SMTP or a 4xx of a mail provider will not get better by trying again, nor will a code that ended."""
    if isinstance(error, delivery.TooLate | InvalidToken):
        return True
    smtp_code = getattr(error, "smtp_code", None)
    http_code = getattr(error, "status_code", None)
    return bool(
        (smtp_code and smtp_code >= 500)
        or (http_code and 400 <= http_code < 500 and http_code != 429)
    )
