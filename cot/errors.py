"""What can go wrong when somebody asks for positioning data."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, NotFound


class UnknownMarket(NotFound):
    """No such contract code, or none with rows in the report that is asked for; `available` are those that have it."""

    def __init__(self, code: str, available: Iterable[str] = ()) -> None:
        reports = list(available)
        super().__init__(
            _("Market %(code)s not found") % {"code": code},
            details={"available": reports} if reports else None,
        )


class EmptyVariant(NotFound):
    """Nothing is stored of that report yet."""

    message = _("Nothing is stored of this report.")


class ExportTooLarge(Invalid):
    code = "export_too_large"

    def __init__(self, rows: int, most: int) -> None:
        text = _(
            "%(rows)d rows are more than the %(most)d of one download. Narrow it, or use manage.py export_cot."
        )
        told = text % {"rows": rows, "most": most}
        super().__init__(told, details={"non_field_errors": [told]})
