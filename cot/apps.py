from django.apps import AppConfig


class CotConfig(AppConfig):
    name = "cot"

    def ready(self) -> None:
        from cot import health  # noqa: F401 registers its check
