"""What people may call themselves: nothing that moves, hides or turns the text around it."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

JOINERS = "\u200c\u200d"  # of Persian words and of emoji
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and a pattern of dots that show nothing


def plain(name: str) -> None:
    """Raises ValidationError on control and direction characters, line ends and invisible ones."""
    if name and not name.strip(JOINERS):
        raise not_plain()
    for character in name:
        if character in BLANKS or (
            unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
            and character not in JOINERS
        ):
            raise not_plain()


def not_plain() -> ValidationError:
    """Says what a name may not hold."""
    return ValidationError(
        _("Without control, direction and invisible characters, please."), code="not_plain"
    )
