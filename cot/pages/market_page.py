"""A page of one market: which market, which report of it, and what its address chooses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final, NamedTuple

from django.http import QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.caching import cached
from core.query import Flag, OneOf, Query, Text, declared, one_of
from core.words import Words
from cot import lifetimes, words
from cot.catalogue import registry
from cot.models import Category, Market
from cot.parameters import AS_OF
from cot.selectors import market as markets
from cot.selectors.dashboard import RANGES
from cot.selectors.market import Found
from cot.selectors.names import with_ticker
from cot.variants import REPORTS, SUBTYPE_NAMES, Group, Variant, variant
from cot.words import SHORT_BASES, SHORT_REPORTS

LOOKBACKS: Final[dict[str, int | None]] = {
    "13": 13,
    "26": 26,
    "52": 52,
    "156": 156,
    "260": 260,
    "all": None,
}


@dataclass(frozen=True)
class MarketQuery(Query):
    """What the address of a page of one market may choose; report, basis and group are the market's own by default.

    `board` is the address of the board one came from: its markets are the neighbours.
    """

    report: str = declared(OneOf(SHORT_REPORTS, control="links"))
    basis: str = declared(OneOf(SHORT_BASES, control="links"))
    group: str = declared(Text(control="links"))
    range: str = declared(OneOf(words.RANGES, default="3Y", control="links"))
    lookback: str = declared(OneOf(LOOKBACKS, default="52", control="links"))
    others: bool = declared(Flag(control="links"))
    board: str = declared(Text(control="address", most=2000))
    as_of: datetime | None = declared(AS_OF)


class Tab(NamedTuple):
    """One of a few choices; `why` says in words why it cannot be chosen."""

    value: str
    label: Words
    current: bool
    why: str = ""
    title: Words = ""


@dataclass(frozen=True)
class MarketPage:
    """What the address chose of a market."""

    found: Found
    variant: Variant
    group: Group
    range: str
    lookback: str
    others: bool
    board: str
    as_of: datetime | None

    @property
    def market(self) -> Market:
        return self.found.market

    @property
    def weeks(self) -> int | None:
        """How many observations the charts show; None for all."""
        return RANGES[self.range]

    @property
    def window(self) -> int | None:
        """Over how many observations scores are taken; None for the whole history."""
        return LOOKBACKS[self.lookback]

    @property
    def is_stored(self) -> bool:
        """Whether the chosen report holds this market at all."""
        return self.found.holds(self.variant)

    @property
    def category(self) -> str:
        return str(Category(self.market.category).label)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What a computed part of the page depends on besides the data."""
        return (
            self.market.code,
            self.variant.key,
            self.group.key,
            self.range,
            self.lookback,
            self.others,
            self.as_of or "",
        )

    @property
    def described(self) -> str:
        """Market, report and basis, as captions say them."""
        called = with_ticker(self.market.code, self.market.name)
        return f"{called}, {_(self.variant.report.name)}, {_(SUBTYPE_NAMES[self.variant.subtype])}"

    def query(self) -> str:
        """The address of exactly this choice."""
        chosen = {
            "report": self.variant.type,
            "basis": self.variant.subtype,
            "group": self.group.key,
            "range": self.range,
            "lookback": self.lookback,
        }
        chosen |= {"others": "true"} if self.others else {}
        chosen |= {"as_of": self.as_of.isoformat()} if self.as_of else {}
        return urlencode(chosen)

    def report_tabs(self) -> list[Tab]:
        """All reports, the absent ones with the reason."""
        return [
            Tab(
                kind,
                label,
                kind == self.variant.type,
                self._missing_report(kind),
                _(REPORTS[kind].name),
            )
            for kind, label in SHORT_REPORTS.items()
        ]

    def basis_tabs(self) -> list[Tab]:
        return [
            Tab(
                basis,
                label,
                basis == self.variant.subtype,
                self._missing_basis(basis),
                _(SUBTYPE_NAMES[basis]),
            )
            for basis, label in SHORT_BASES.items()
        ]

    def group_tabs(self) -> list[Tab]:
        return [
            Tab(group.key, group.short, group == self.group, "", _(group.name))
            for group in self.variant.report.groups
        ]

    def range_tabs(self) -> list[Tab]:
        return [Tab(name, words.RANGES[name], name == self.range) for name in RANGES]

    def lookback_tabs(self) -> list[Tab]:
        return [
            Tab(name, _("all") if name == "all" else name, name == self.lookback)
            for name in LOOKBACKS
        ]

    def others_tabs(self) -> list[Tab]:
        """Whether the large figure draws one group or all."""
        return [
            Tab("", _(self.group.name), not self.others),
            Tab("true", _("All groups"), self.others),
        ]

    def chosen(self) -> list[Words]:
        """What the page shows, in short."""
        every = (
            self.report_tabs(),
            self.basis_tabs(),
            self.group_tabs(),
            self.range_tabs(),
            self.lookback_tabs(),
        )
        return [tab.label for tabs in every for tab in tabs if tab.current]

    def _missing_report(self, kind: str) -> str:
        if self.found.holds(variant(kind, self.variant.subtype)):
            return ""
        other = self.found.variant(kind)
        if self.found.holds(other):
            return _("stored only for: %(basis)s") % {"basis": _(SUBTYPE_NAMES[other.subtype])}
        return _("the CFTC does not report this market there, or those files are not stored")

    def _missing_basis(self, basis: str) -> str:
        return (
            ""
            if self.found.holds(variant(self.variant.type, basis))
            else _("those files are not stored for this report")
        )


def open_market(code: str, query: QueryDict) -> MarketPage:
    """The market with what the query chooses of it. One query. Raises UnknownMarket, Invalid, InvalidDatetime."""
    found = markets.find(code)
    asked = MarketQuery.of(query)
    chosen = found.variant(asked.report, asked.basis)
    groups = [group.key for group in chosen.report.groups]
    group = one_of("group", asked.group or registry.spec_group(chosen.type), groups)
    return MarketPage(
        found=found,
        variant=chosen,
        group=chosen.report.group(group),
        range=asked.range,
        lookback=asked.lookback,
        others=asked.others,
        board=asked.board,
        as_of=asked.as_of,
    )


def kept_former_names(market: Market) -> list[tuple[str, date]]:
    """Names the market bore, each with its last report. No query on a warm page."""
    key = ("cot-former-names", market.code)
    found = cached(
        key, depends_on=("cot",), seconds=lifetimes.STEADY, compute=lambda: _former_names(market)
    )
    return [(name, date.fromisoformat(last)) for name, last in found]


def _former_names(market: Market) -> list[tuple[str, str]]:
    return [(name, last.isoformat()) for name, last in markets.former_names(market)]
