"""Mail on a machine without a mail provider: printed by the worker, and kept for `/staff/mail/`."""

from __future__ import annotations

import email
import email.policy
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.console import EmailBackend
from django.utils import timezone

KEEP = 50


class LocalMail(EmailBackend):
    """Prints each mail and keeps the newest fifty as files. Chosen with ENV=local only: they hold codes.

    It prints where the process itself prints: a worker sends what is printed through Python to the log.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"stream": sys.__stdout__} | options)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        settings.MAIL_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        for message in email_messages:
            name = f"{timezone.now():%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:6]}.eml"
            (settings.MAIL_DIR / name).write_bytes(message.message().as_bytes())
        for old in sorted(settings.MAIL_DIR.glob("*.eml"))[:-KEEP]:
            old.unlink(missing_ok=True)
        return super().send_messages(email_messages) or 0


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that was printed instead of sent."""

    at: datetime
    to: str
    subject: str
    text: str


def kept() -> list[Kept]:
    """The mails of this machine, newest first."""
    return [
        parsed(path.read_bytes()) for path in sorted(settings.MAIL_DIR.glob("*.eml"), reverse=True)
    ]


def parsed(raw: bytes) -> Kept:
    """What a page shows of a mail."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    body = message.get_body(("plain",))
    return Kept(
        at=message["Date"].datetime,
        to=str(message["To"]),
        subject=str(message["Subject"]),
        text=body.get_content() if body else "",
    )
