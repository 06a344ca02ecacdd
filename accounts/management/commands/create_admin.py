"""`manage.py create_admin`: the first administrator, from the prompt or from ADMIN_EMAIL and ADMIN_PASSWORD."""

from __future__ import annotations

import sys
from getpass import getpass
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from accounts import services
from accounts.models import User
from core.commands import HouseCommand
from core.errors import AppError


class Command(HouseCommand):
    help = "Creates an administrator; where one with this address exists, nothing changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default=settings.ADMIN_EMAIL)
        parser.add_argument("--no-input", "--noinput", action="store_false", dest="interactive")

    def handle(self, *args: Any, **options: Any) -> None:
        may_ask = options["interactive"] and sys.stdin.isatty()
        email = options["email"] or (input("E-mail: ") if may_ask else "")
        if not email:
            raise CommandError("No address: give --email or set ADMIN_EMAIL.")
        if User.objects.admins().active().filter(email=User.objects.canonical(email)).exists():
            self.stdout.write("This administrator exists already; nothing changed.")
            return
        password = settings.ADMIN_PASSWORD or (ask_password() if may_ask else "")
        if not password:
            raise CommandError("No password: set ADMIN_PASSWORD or run this at a terminal.")
        try:
            services.create_admin(email=email, password=password)
        except AppError as error:
            raise CommandError(" ".join([str(error), *error.details.get("password", [])])) from None
        self.stdout.write("Administrator created.")


def ask_password() -> str:
    """A password typed twice at the terminal."""
    while (password := getpass("Password: ")) != getpass("Again: "):
        print("The two differ.")
    return password
