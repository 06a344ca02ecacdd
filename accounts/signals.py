"""What allauth tells us."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import receiver

from accounts import mail, services
from accounts.models import User


@receiver(email_confirmed)
def on_email_confirmed(email_address: EmailAddress, **_: Any) -> None:
    """allauth has seen the right code: the account's state follows (accounts §2.2)."""
    services.confirm_email(email_address.user)


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def on_factor_changed(user: User, **_: Any) -> None:
    mail.send("mfa_changed", user)
