from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class EquilibriumConfig(AppConfig):
    name = "equilibrium"
    verbose_name = "Equilibrium"

    def ready(self) -> None:
        from equilibrium import celery

        celery.app.set_default()
        post_migrate.connect(make_schedule_rows, sender=self)


def make_schedule_rows(using: str, **_signal: Any) -> None:
    """After every migrate: declared jobs that have no schedule row yet get one."""
    from equilibrium.jobs import sync_schedule

    if "django_celery_beat_periodictask" in connections[using].introspection.table_names():
        sync_schedule()
