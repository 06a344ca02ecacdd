from django.apps import AppConfig
from django.conf import settings

from core import modules


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.bridge import signals  # noqa: F401 (they connect themselves)
        from accounts.models import Role
        from accounts.staff import signals as of_operators  # noqa: F401 (they connect themselves)

        modules.refuse_strange_rights()
        modules.refuse_unknown_words("DEFAULT_ROLE", [settings.DEFAULT_ROLE], Role.values)
        modules.refuse_unknown_words(
            "DEFAULT_PERMISSIONS", settings.DEFAULT_PERMISSIONS, modules.titles()
        )
