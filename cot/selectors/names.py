"""What a market is called in the language of whoever reads: on pages, in answers, in files."""

from __future__ import annotations

from typing import Final

from django.utils.translation import get_language

from cot.catalogue import names
from cot.catalogue.underlyings import main_code

BETWEEN: Final = " · "


def plain_name(code: str, name: str) -> str:
    """As traders call the market of that code, which the CFTC calls `name`: Gold."""
    return names.plain_name(code, name, get_language() or "")


def with_ticker(code: str, name: str) -> str:
    """The same with the ticker of its exchange: Gold · GC."""
    return BETWEEN.join(filter(None, (plain_name(code, name), names.ticker(code))))


def exchange_name(code: str, name: str) -> str:
    """The exchange of that code, which the CFTC calls `name`: COMEX."""
    return names.exchange_name(code, name, get_language() or "")


def units(text: str) -> str:
    """What one contract is, from the words of the CFTC: 100 troy ounces."""
    return names.units(text, get_language() or "")


def printed(code: str, name: str) -> str:
    """As the CFTC calls it: GOLD · 088691."""
    return f"{name}{BETWEEN}{code}"


def called(code: str, name: str) -> dict[str, str | None]:
    """Plain name, ticker and the main contract of its family, under the names of the API."""
    return {
        "plain_name": plain_name(code, name),
        "ticker": names.ticker(code) or None,
        "main_code": main_code(code),
    }
