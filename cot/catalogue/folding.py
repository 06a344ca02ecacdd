"""One form of a text for all its spellings, so that what is typed meets what is stored. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_INSIDE_WORDS: Final = re.compile(r"[&+.'’ʼ`]")  # S&P, S+P, U.S.
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")


def usual(text: str) -> str:
    """Full-width letters, digits and signs as the usual ones."""
    return unicodedata.normalize("NFKC", text)


def fold(text: str) -> str:
    """Words of small letters and digits without accents, one blank between them: `S&P 500` → `sp 500`."""
    letters = unicodedata.normalize("NFKD", usual(text).casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return _BETWEEN_WORDS.sub(" ", _INSIDE_WORDS.sub("", bare)).strip()


def joined(text: str) -> str:
    """The same in one word: `nat gas` and `NATGAS` are `natgas`."""
    return fold(text).replace(" ", "")
