from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class EquilibriumConfig(AppConfig):
    default = True
    name = "equilibrium"
    verbose_name = "Equilibrium"

    def ready(self) -> None:
        from equilibrium import celery

        celery.app.set_default()


class StaticFiles(StaticFilesConfig):
    """Leaves out what the chart library's wheel carries beside its script."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "widgetbundle*", "datasets", "templates"]
