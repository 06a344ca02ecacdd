"""When account work runs in the background."""

from __future__ import annotations

import logging
import random
from typing import Any

from celery import Task, shared_task

from accounts import delivery, upkeep
from core.jobs import Result, job
from core.runs import Run

log = logging.getLogger(__name__)
RETRIES = 3


@shared_task(bind=True, max_retries=RETRIES)
def send_mail(
    self: Task, template: str, user_id: str | None, context: dict[str, Any], event: str
) -> None:
    """One mail; three retries after 1, 2, 4 seconds and a bit, none after a permanent refusal."""
    try:
        delivery.deliver(template, user_id, context, event)
    except Exception as error:
        if is_permanent(error) or self.request.retries >= RETRIES:
            log.error("Mail %s was not sent: %s", template, type(error).__name__)
            return
        pause = 2**self.request.retries
        raise self.retry(exc=error, countdown=pause + random.uniform(0, pause / 2)) from None  # noqa: S311


def is_permanent(error: Exception) -> bool:
    """A 5xx of SMTP or a 4xx of a mail provider will not get better by trying again."""
    smtp_code = getattr(error, "smtp_code", None)
    http_code = getattr(error, "status_code", None)
    return bool(
        (smtp_code and smtp_code >= 500)
        or (http_code and 400 <= http_code < 500 and http_code != 429)
    )


@job("0 0 * * *", at_start=True)
def purge_secrets(run: Run) -> Result:
    """Remove expired codes, challenges, tickets, revoked access ids and old refresh tokens."""
    return upkeep.purge()
