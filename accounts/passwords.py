"""Password rules beyond Django's own validators: at most 128 characters, with upper case, lower case and a digit."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class MaximumLength:
    """At most `limit` characters."""

    def __init__(self, limit: int = 128) -> None:
        self.limit = limit

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > self.limit:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return _("The password has at most %(limit)d characters.") % {"limit": self.limit}


class UpperLowerDigit:
    """At least one upper-case letter, one lower-case letter and one digit."""

    def validate(self, password: str, user: object = None) -> None:
        if not all(any(map(kind, password)) for kind in (str.isupper, str.islower, str.isdigit)):
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("The password has an upper-case letter, a lower-case letter and a digit.")
