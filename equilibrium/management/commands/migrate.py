"""`manage.py migrate`, one process at a time: containers that start together wait for the first (platform §16.3)."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from equilibrium.locks import named_lock

PATIENCE_SECONDS = 300


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # An SQLite database belongs to one machine and one `up`; it may not have its lock table yet.
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with named_lock("migrate", patience=PATIENCE_SECONDS):
            super().handle(*args, **options)
