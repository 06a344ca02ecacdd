"""What a market is called in the language of whoever reads: on pages, in answers, in files."""

from __future__ import annotations

from django.utils.translation import get_language

from cot.catalogue import names
from cot.catalogue.underlyings import main_code


def plain_name(code: str, name: str) -> str:
    """As traders call the market of that code, which the CFTC calls `name`."""
    return names.plain_name(code, name, get_language() or "")


def called(code: str, name: str) -> dict[str, str | None]:
    """The same with its ticker and the main contract of its family, under the names of the API."""
    return {
        "plain_name": plain_name(code, name),
        "ticker": names.ticker(code) or None,
        "main_code": main_code(code),
    }
