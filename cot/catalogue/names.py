"""What a market, its exchange and its contract are called, in two languages. Pure.

A market of `data/aliases.csv` has a plain name there, as traders say it, and the ticker of its exchange. Every other
one bears the name that the CFTC prints, written out by `data/terms.csv`. What one contract is says the CFTC, written
out by `data/units.csv`; exchanges are named in `data/exchanges.csv`. Every language but Ukrainian is English.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from cot.catalogue.aliases import aliases
from cot.catalogue.shipped import lines
from cot.catalogue.terms import UKRAINIAN, written_out

LANGUAGES: Final = ("en", UKRAINIAN)
THIN: Final = "\u202f"
_PREFIX: Final = re.compile(r"contracts? of ", re.IGNORECASE)
_BRACKETED: Final = re.compile(r"\(([^()]*)\)")
_NUMBER: Final = re.compile(r"\((\d+)\)")  # (1000) Kilograms
_THOUSANDS: Final = re.compile(r"(?<=\d),(?=\d{3})")
_POINT: Final = re.compile(r"(?<=\d)\.(?=\d)")


def ticker(code: str) -> str:
    """The ticker of the market's own exchange; empty where it is not known."""
    alias = aliases().get(code)
    return alias.ticker if alias else ""


@lru_cache(maxsize=4096)
def plain_name(code: str, name: str, language: str) -> str:
    """What the market of that code, which the CFTC calls `name`, is called."""
    alias = aliases().get(code)
    if alias is None:
        return written_out(name, "terms.csv", language)
    return alias.name_uk if language == UKRAINIAN else alias.name_en


def exchange_name(code: str, name: str, language: str) -> str:
    """The exchange of that code, as the CFTC calls it where nobody else does."""
    row = _exchanges().get(code)
    return row["name_uk" if language == UKRAINIAN else "name_en"] if row else name


def units(text: str, language: str) -> str:
    """What one contract is: `(CONTRACTS OF 5,000 BUSHELS)` → 5 000 bushels."""
    bare = _BRACKETED.fullmatch(text)
    bare_text = bare[1] if bare else _NUMBER.sub(r"\1", text)
    said = written_out(_PREFIX.sub("", bare_text), "units.csv", language)
    said = _THOUSANDS.sub(THIN, said)
    return _POINT.sub(",", said) if language == UKRAINIAN else said


@cache
def _exchanges() -> dict[str, dict[str, str]]:
    return {row["code"]: row for row in lines("exchanges.csv")}
