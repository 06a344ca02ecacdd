from django.apps import AppConfig


class CotConfig(AppConfig):
    name = "cot"

    def ready(self) -> None:
        from cot import health, metrics  # noqa: F401 registers its check and its gauges
