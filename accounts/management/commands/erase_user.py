"""`manage.py erase_user`: removes a person's data by law."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts import upkeep
from accounts.models import User
from core.commands import HouseCommand


class Command(HouseCommand):
    help = "Removes a person and everything they own; the audit log keeps its entries without the name."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.by_login(options["email"])
        if user is None:
            raise CommandError("Nobody has this address.")
        if (
            not options["yes"]
            and input(f"Remove {user.email} and all their data? Type yes: ") != "yes"
        ):
            raise CommandError("Nothing was removed.")
        upkeep.erase(user)
        self.stdout.write("Removed.")
