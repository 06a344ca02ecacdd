"""What every page's shell needs to know, whoever looks."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.appearance import PALETTES, THEMES, Appearance


def shell(request: HttpRequest) -> dict[str, Any]:
    """The name of the product, the chosen look, and what else can be chosen."""
    return {
        "app_name": settings.APP_NAME,
        "appearance": Appearance.of(request),
        "themes": THEMES,
        "palettes": PALETTES,
        "languages": settings.LANGUAGES,
    }
