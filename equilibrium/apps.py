from typing import Any

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.db import connections
from django.db.models.signals import post_migrate


class EquilibriumConfig(AppConfig):
    default = True
    name = "equilibrium"
    verbose_name = "Equilibrium"

    def ready(self) -> None:
        from equilibrium import celery

        celery.app.set_default()
        post_migrate.connect(make_schedule_rows, sender=self)


class StaticFiles(StaticFilesConfig):
    """Leaves out what the chart library's wheel carries beside its script."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "widgetbundle*", "datasets", "templates"]


def make_schedule_rows(using: str, **_signal: Any) -> None:
    """After every migrate: declared jobs that have no schedule row yet get one."""
    from equilibrium.jobs import sync_schedule

    if "django_celery_beat_periodictask" in connections[using].introspection.table_names():
        sync_schedule()
