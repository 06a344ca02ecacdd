"""`manage.py create_user`: a confirmed account for trying things out, on ENV=local only."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.crypto import get_random_string

from accounts import services
from accounts.models import Role
from core import modules
from core.commands import HouseCommand
from core.errors import AppError


class Command(HouseCommand):
    help = "Creates an active, confirmed account and prints its one-time password (ENV=local only)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--role", choices=Role.values, default=settings.DEFAULT_ROLE)
        parser.add_argument(
            "--permissions",
            nargs="*",
            choices=modules.titles(),
            default=settings.DEFAULT_PERMISSIONS,
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENV != "local":
            raise CommandError("create_user works with ENV=local only.")
        password = f"Aa1{get_random_string(20)}"
        try:
            services.create_person(
                email=options["email"],
                password=password,
                role=options["role"],
                modules=options["permissions"],
            )
        except AppError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{options['email']} {password}")
