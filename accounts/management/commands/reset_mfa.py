"""`manage.py reset_mfa`: the way back in for an administrator whose second factor is lost, with nobody to ask."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import User
from accounts.staff import operators
from core.commands import HouseCommand


class Command(HouseCommand):
    help = (
        "Removes an account's second factors, ends its sign-ins and tells it by mail; "
        "the audit log has an entry of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.by_login(options["email"])
        if user is None:
            raise CommandError("Nobody has this address.")
        if not user.mfa_enabled:
            raise CommandError("This account has no second factor.")
        operators.reset_mfa(actor=None, user=user)
        self.stdout.write(f"{user.email} signs in without a second factor now.")
