"""`manage.py reset_user`: a new password and no second factor, on ENV=local only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.crypto import get_random_string

from accounts import services
from accounts.bridge import factors
from accounts.models import User
from core.commands import HouseCommand


class Command(HouseCommand):
    help = "Gives an account a new password, printed once, and removes its second factors (ENV=local only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV != "local":
            raise CommandError("reset_user works with ENV=local only.")
        user = User.objects.by_login(options["email"])
        if user is None:
            raise CommandError("Nobody has this address.")
        password = f"Aa1{get_random_string(20)}"
        factors.remove_all(user)
        services.set_password(user, password)
        self.stdout.write(f"{user.email} {password}")
