"""The look a person chose, kept in cookies, so that the first paint is already right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

THEMES: Final = {"system": _("System"), "light": _("Light"), "dark": _("Dark")}
PALETTES: Final = {
    "safe": _("Blue and red, safe for colour-blind eyes"),
    "classic": _("Classic green and red"),
}


@dataclass(frozen=True, slots=True)
class Appearance:
    """One theme of `THEMES`, one colour pair of `PALETTES`."""

    theme: str
    palette: str

    @classmethod
    def of(cls, request: HttpRequest) -> Appearance:
        """Unknown values in the cookies count as not chosen."""
        theme = request.COOKIES.get("theme", "")
        palette = request.COOKIES.get("palette", "")
        return cls(
            theme if theme in THEMES else "system", palette if palette in PALETTES else "safe"
        )
