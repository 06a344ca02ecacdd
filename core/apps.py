from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import checks  # noqa: F401 (they register themselves)
        from core.append_only import protect_all

        post_migrate.connect(make_schedule_rows, sender=self)
        post_migrate.connect(protect_all)


def make_schedule_rows(using: str, **_signal: Any) -> None:
    """After every migrate: declared jobs that have no schedule row yet get one."""
    from core.jobs import sync_schedule

    if "django_celery_beat_periodictask" in connections[using].introspection.table_names():
        sync_schedule()
