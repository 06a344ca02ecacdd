"""How near the words a person types are to a market: behind every search and filter. Pure.

A market is looked for in one folded text, `searchable`: its parts are separated by a dot, its exchange is the last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from cot.catalogue.aliases import aliases, code_of, exchange_words
from cot.catalogue.codes import typed
from cot.catalogue.folding import fold, joined
from cot.catalogue.names import LANGUAGES, plain_name

BETWEEN: Final = " · "  # parts of a text
ANYWHERE: Final = 3  # letters of a word that may stand inside of another
NAMED: Final = " - "  # the CFTC's name of a market from that of its exchange


class Nearness(IntEnum):
    """The nearest first."""

    CODE = 0
    TICKER = 1
    NAME = 2  # a whole name or everyday word
    WORDS = 3  # whole words, or how a name begins
    PIECES = 4
    NOT_AT_ALL = 5


def searchable(
    code: str, names: Iterable[str], exchanges: Iterable[str], exchange_code: str
) -> str:
    """Everything a market is looked for by, folded: code, tickers, words, names (the newest first), exchanges."""
    alias = aliases().get(code)
    called = (*alias.tickers, *alias.words) if alias else ()
    printed = tuple(names)
    plain = (plain_name(code, name, language) for name in printed[:1] for language in LANGUAGES)
    parts = dict.fromkeys(fold(part) for part in (code, *called, *plain, *printed))
    exchange = fold(" ".join((*exchanges, exchange_code, *exchange_words(exchange_code))))
    return BETWEEN.join([*filter(None, parts), " ".join(dict.fromkeys(exchange.split()))])


@dataclass(frozen=True, slots=True)
class Sought:
    """What was typed. `names` are the names it may be as a whole: with and without an exchange behind it."""

    words: frozenset[str]
    start: str
    names: frozenset[str]
    codes: tuple[str, ...]
    ticker_of: str

    def nearness(self, code: str, text: str) -> Nearness:
        """How near a market with that searchable text is; not at all when it does not hold every word."""
        if code in self.codes:
            return Nearness.CODE
        if code == self.ticker_of:
            return Nearness.TICKER
        if not self.words or not all(_holds(text, word) for word in self.words):
            return Nearness.NOT_AT_ALL
        *called, _exchange = parts = text.split(BETWEEN)
        if any(part.replace(" ", "") in self.names for part in called):
            return Nearness.NAME
        whole = self.words <= set(text.split()) or any(
            part.startswith(self.start) for part in parts
        )
        return Nearness.WORDS if whole else Nearness.PIECES


def _holds(text: str, word: str) -> bool:
    """Whether the word stands in it: one or two letters begin a word, `natgas` is found in `nat gas nyme` too."""
    if len(word) < ANYWHERE:
        return f" {word}" in f" {text}"
    if word in text:
        return True
    if word not in text.replace(" ", ""):
        return False
    beginnings = (
        "".join(words[place:])
        for words in map(str.split, text.split(BETWEEN))
        for place in range(len(words))
    )
    return any(beginning.startswith(word) for beginning in beginnings)


@lru_cache(maxsize=256)
def sought(text: str) -> Sought:
    """What a person means by a text."""
    start = fold(text)
    return Sought(
        words=frozenset(start.split()),
        start=start,
        names=frozenset({joined(text), joined(text.rpartition(NAMED)[0])} - {""}),
        codes=tuple(typed(text)),
        ticker_of=code_of(text),
    )
