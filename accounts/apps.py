from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import signals  # noqa: F401
        from accounts.models import Module, Role

        refuse_unknown("DEFAULT_ROLE", [settings.DEFAULT_ROLE], Role.values)
        refuse_unknown("DEFAULT_PERMISSIONS", settings.DEFAULT_PERMISSIONS, Module.values)


def refuse_unknown(variable: str, given: list[str], known: list[str]) -> None:
    """Stops the start when a variable names a role or module that does not exist."""
    if unknown := sorted(set(given) - set(known)):
        raise ImproperlyConfigured(f"{variable}: unknown {', '.join(unknown)}; known are {', '.join(known)}.")
