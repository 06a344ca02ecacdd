"""What every page's shell needs to know, whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

THEMES: Final = {"system": _("System"), "light": _("Light"), "dark": _("Dark")}
PALETTES: Final = {"safe": _("Blue and red, safe for colour-blind eyes"), "classic": _("Classic green and red")}


@dataclass(frozen=True, slots=True)
class Appearance:
    """The look a person chose; kept in cookies, so that the first paint is already right."""

    theme: str
    palette: str

    @classmethod
    def of(cls, request: HttpRequest) -> Appearance:
        """Unknown values in the cookies count as not chosen."""
        theme = request.COOKIES.get("theme", "")
        palette = request.COOKIES.get("palette", "")
        return cls(theme if theme in THEMES else "system", palette if palette in PALETTES else "safe")


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the product, the chosen look, and what else can be chosen."""
    return {
        "app_name": settings.APP_NAME,
        "appearance": Appearance.of(request),
        "themes": THEMES,
        "palettes": PALETTES,
        "languages": settings.LANGUAGES,
    }
