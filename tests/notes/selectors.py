"""What page, endpoint and search of the module need."""

from __future__ import annotations

from django.urls import reverse

from core.modules import Found, Hit

COMMANDS = {"help": "How notes work"}


def search(words: str) -> Found:
    """Answers of the module in the search of every page."""
    hits = [
        Hit(reverse("notes:list"), code, name)
        for code, name in COMMANDS.items()
        if words and words in name.lower()
    ]
    return Found(groups=[("Notes", hits)] if hits else [], page=reverse("notes:list"))
