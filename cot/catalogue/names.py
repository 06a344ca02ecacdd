"""What a market is called, in two languages: a plain name as traders say it, and the ticker of its exchange. Pure.

A market of `data/aliases.csv` has its names there. Every other one bears the name that the CFTC prints, as a sentence
and with its terms written out by `data/terms.csv`: the longest term first, a term that begins with a comma set apart
from the words before it. A word the table does not know is taken for a sign (up to four letters, figures, letters of
both sizes) and stays as it is, or for a proper name.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final

from cot.catalogue.aliases import aliases
from cot.catalogue.shipped import lines

UKRAINIAN: Final = "uk"
LANGUAGES: Final = ("en", UKRAINIAN)
SIGN: Final = 4  # capital letters that stay capital
APART: Final = ", "
_WORD: Final = re.compile(r"[^\s\-/(),:]+")
_NODAL: Final = re.compile(r"_|(?<=[A-Z]{2})\.(?=[A-Z])")  # between the words of Nodal Exchange

Terms = dict[tuple[str, ...], str]


def ticker(code: str) -> str:
    """The ticker of the market's own exchange; empty where it is not known."""
    alias = aliases().get(code)
    return alias.ticker if alias else ""


@lru_cache(maxsize=4096)
def plain_name(code: str, name: str, language: str) -> str:
    """What the market of that code, which the CFTC calls `name`, is called in a language: Ukrainian, else English."""
    alias = aliases().get(code)
    if alias is None:
        return written_out(name, language)
    return alias.name_uk if language == UKRAINIAN else alias.name_en


def written_out(name: str, language: str) -> str:
    """A name of the CFTC as a sentence: `GASOLINE CRK-RBOB/BRENT 1st` → `Gasoline crack RBOB/Brent 1st line`."""
    text = " ".join(_NODAL.sub(" ", name).replace(",", ", ").split())
    words, terms = list(_WORD.finditer(text)), _terms(language)
    said, place, end = "", 0, 0
    while place < len(words):
        term, count = _term(terms, [word[0].upper() for word in words[place:]])
        between = text[end : words[place].start()]
        said += _joined(between if said else "", term or _unknown(words[place][0]), after=said)
        place += count
        end = words[place - 1].end()
    said += text[end:]
    return said[:1].upper() + said[1:]


def _joined(between: str, term: str, *, after: str) -> str:
    """A term with what stands before it; its comma takes the place of a blank, a hyphen or a comma, and no other's."""
    if not term.startswith(APART):
        return between + term
    closed = between.strip(" -,")
    return closed + term if after and closed in ("", ")") else between + term.removeprefix(APART)


def _term(terms: Terms, words: list[str]) -> tuple[str, int]:
    """The longest term these words begin with, and how many of them it takes; one word that is no term, else."""
    for count in range(min(len(words), _longest()), 0, -1):
        if said := terms.get(tuple(words[:count])):
            return said, count
    return "", 1


def _unknown(word: str) -> str:
    return word.capitalize() if word.isalpha() and word.isupper() and len(word) > SIGN else word


@cache
def _terms(language: str) -> Terms:
    """The terms by their words; without a translation a term is the same in both languages."""
    return {
        tuple(_WORD.findall(row["term"].upper())): row["uk"] if language == UKRAINIAN and row["uk"] else row["en"]
        for row in lines("terms.csv")
    }  # fmt: skip


@cache
def _longest() -> int:
    return max(map(len, _terms("")))
