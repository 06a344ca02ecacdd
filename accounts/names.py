"""What people may call themselves: nothing that moves, hides or turns the text around it."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

JOINERS = "\u200c\u200d"  # of Persian words and of emoji


def plain(name: str) -> None:
    """Raises ValidationError on control and direction characters, line ends and invisible ones."""
    for character in name:
        if (
            unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            and character not in JOINERS
        ):
            raise ValidationError(
                _("Without control, direction and invisible characters, please."), code="not_plain"
            )
