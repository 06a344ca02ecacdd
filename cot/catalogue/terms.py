"""Texts of the CFTC as a sentence, their terms written out in English or Ukrainian by a table of `data/`. Pure.

The longest term first; a term that begins with a comma is set apart from the words before it. A word the table does not
know is taken for a sign (up to four letters, figures, letters of both sizes) and stays as it is, or for a proper name.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from cot.catalogue.shipped import lines

UKRAINIAN: Final = "uk"
SIGN: Final = 4  # capital letters that stay capital
APART: Final = ", "
_WORD: Final = re.compile(r"[^\s\-/(),:]+")
_NODAL: Final = re.compile(r"_|(?<=[A-Z]{2})\.(?=[A-Z])")  # between the words of Nodal Exchange
_CLOSE: Final = re.compile(r",(?=[^\s\d])|(?<=[a-z])(?=\()")  # where a blank is missing

Terms = dict[tuple[str, ...], str]


def written_out(text: str, table: str, language: str) -> str:
    """`GASOLINE CRK-RBOB/BRENT 1st` → `Gasoline crack RBOB/Brent 1st line`."""
    text = " ".join(_CLOSE.sub(r"\g<0> ", _NODAL.sub(" ", text)).split())
    words, terms = list(_WORD.finditer(text)), _terms(table, language)
    said, place, end = "", 0, 0
    while place < len(words):
        term, count = _term(terms, [word[0].upper() for word in words[place:]])
        between = text[end : words[place].start()]
        said += _joined(between, term or _unknown(words[place][0]), after=said)
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
    for count in range(min(len(words), max(map(len, terms))), 0, -1):
        if said := terms.get(tuple(words[:count])):
            return said, count
    return "", 1


def _unknown(word: str) -> str:
    return word.capitalize() if word.isalpha() and word.isupper() and len(word) > SIGN else word


@cache
def _terms(table: str, language: str) -> Terms:
    """The terms by their words; without a translation a term is the same in both languages."""
    column = "uk" if language == UKRAINIAN else "en"
    return {
        tuple(_WORD.findall(row["term"].upper())): row[column] or row["en"] for row in lines(table)
    }
