"""What people call a market: the tickers of exchanges, data vendors and brokers, everyday words in two languages. Pure.

`data/aliases.csv` has a line a market: the exchange's own ticker, a plain name in each language, other tickers that
mean exactly that market, and words that may mean several. `data/exchanges.csv` has the words for exchanges,
`data/elsewhere.csv` what traders ask for although the CFTC does not report it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from cot.catalogue.folding import joined, usual
from cot.catalogue.shipped import lines

CURRENCY: Final = 3  # letters of a currency or a metal

# A ticker as it is dressed by those who show it.
_DRESSED: Final = re.compile(
    r"""
    (?: [A-Z_]+ : )?                                # TradingView CME_MINI:ES1!
    [/@#^$.]?                                       # thinkorswim /ES, TradeStation @ES, Yahoo ^VIX, MetaTrader #US30
    (?P<root> [A-Z0-9]{1,9}? )
    (?:
        = [FX]                                      # Yahoo GC=F, EURUSD=X
      | [12] !                                      # TradingView GC1!
      | C [12]                                      # Reuters CLc1
      | [ ]? [12] [ ] (?: COMDTY | INDEX | CURNCY )       # Bloomberg TY1 Comdty
      | [*] \d                                      # Barchart ZC*0
      | [ ]? [FGHJKMNQUVXZ] (?: 20 \d\d | \d\d? )         # a delivery month: ESZ6, CLZ26
      | [ ] \d\d - \d\d                             # NinjaTrader ES 12-26
      | CASH | (?<= [A-Z0-9]{5} ) M                 # brokers' contracts for difference: US500Cash, XAUUSDm
    )?
    (?: (?<= .. ) (?: [.:_] [A-Z]{1,6} | [.+#] ) )?       # session, venue, kind of account: @ES.D, /ES:XCME, US30.cash
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Alias:
    """What one market is called. `ticker` is empty where its exchange's own is not known."""

    ticker: str
    name_en: str
    name_uk: str
    also: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def tickers(self) -> tuple[str, ...]:
        return (self.ticker, *self.also) if self.ticker else self.also


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Something that the CFTC does not report, and the codes of markets that are near to it."""

    name: str
    near: tuple[str, ...]


@cache
def aliases() -> dict[str, Alias]:
    """All of them by contract code."""
    return {
        row["code"]: Alias(
            row["ticker"],
            row["name_en"],
            row["name_uk"],
            _several(row["also"]),
            _several(row["words"]),
        )
        for row in lines("aliases.csv")
    }


def exchange_words(code: str) -> tuple[str, ...]:
    """What an exchange is called besides its name."""
    return _exchanges().get(code, ())


def code_of(text: str) -> str:
    """The market whose ticker a text is, as an exchange, a vendor or a broker spells it; empty when it is none."""
    return next((_codes()[root] for root in _roots(text) if root in _codes()), "")


def elsewhere(text: str) -> Elsewhere | None:
    """What a text means that the CFTC does not report: a market of another country, or a pair of two that it does."""
    for root in _roots(text):
        if found := _elsewhere().get(root):
            return found
        one, other = root[:CURRENCY], root[CURRENCY:]
        if len(other) == CURRENCY and one in _codes() and other in _codes():
            return Elsewhere(f"{one}/{other}".upper(), (_codes()[one], _codes()[other]))
    return None


def _roots(text: str) -> list[str]:
    """The text as a ticker, as it stands and undressed."""
    dressed = _DRESSED.fullmatch(usual(text).strip().upper())
    return [joined(text), *([dressed["root"].lower()] if dressed else [])]


@cache
def _codes() -> dict[str, str]:
    return {joined(name): code for code, alias in aliases().items() for name in alias.tickers}


@cache
def _exchanges() -> dict[str, tuple[str, ...]]:
    return {row["code"]: _several(row["words"]) for row in lines("exchanges.csv")}


@cache
def _elsewhere() -> dict[str, Elsewhere]:
    return {
        joined(ticker): Elsewhere(row["name"], tuple(row["near"].split()))
        for row in lines("elsewhere.csv")
        for ticker in _several(row["tickers"])
    }


def _several(text: str) -> tuple[str, ...]:
    return tuple(text.split("; ")) if text else ()
