"""`manage.py migrate`, one process at a time: containers that start together wait for the first."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, Final

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connection
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.recorder import MigrationRecorder

from core.commands import HouseCommand
from core.locks import Locked, in_memory, named_lock
from core.signals import schema_ready

PATIENCE_SECONDS: Final = 300
# the label under which those databases kept the tables of `core`
BEFORE_FIRST_RELEASE: Final = "equilibrium"


class Command(HouseCommand, migrate.Command):
    needs_tables: ClassVar[bool] = False

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_older_database()
        # a database in memory is nobody else's
        alone: AbstractContextManager[object] = (
            nullcontext() if in_memory() else named_lock("migrate", patience=PATIENCE_SECONDS)
        )
        try:
            with alone:
                self.migrate(*args, **options)
        except Locked as error:
            raise CommandError(str(error), returncode=2) from error
        except MigrationSchemaMissing as problem:
            raise OperationalError(str(problem)) from problem

    def migrate(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if not (options["app_label"] or options["plan"] or options["check_unapplied"]):
            schema_ready.send(sender=type(self), say=self.stdout.write)


def refuse_older_database() -> None:
    """A database of before the first release has other tables under other names; nothing in it is touched."""
    # Asked before Django plans: it would only say that tables exist already.
    applied = MigrationRecorder(connection).applied_migrations()
    if any(app == BEFORE_FIRST_RELEASE for app, _name in applied):
        name = connection.settings_dict["NAME"]
        raise CommandError(
            f"The database {name} was made before the first release and cannot be carried over: move it away or name"
            " a new one (DB_PATH or DATABASE_URL), then start again: it fills as it did the first time."
        )
