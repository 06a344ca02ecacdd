"""One market and the reports that hold it: what page and endpoint ask first."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from cot.catalogue.codes import typed
from cot.errors import UnknownMarket
from cot.models import Market, MarketName, Observation
from cot.selectors import history
from cot.variants import SUBTYPE_NAMES, VARIANTS, Variant


class Found(NamedTuple):
    """A market with the keys of the variants that hold rows of it, in their order."""

    market: Market
    variants: tuple[str, ...]

    def holds(self, variant: Variant) -> bool:
        return variant.key in self.variants

    def variant(self, report_type: str = "", subtype: str = "") -> Variant:
        """The variant that is meant: by default of the primary report, futures only unless only the other is held."""
        kind = report_type or self.market.primary_report
        bases = [subtype] if subtype else [*SUBTYPE_NAMES]
        found = [VARIANTS[f"{kind}_{basis}"] for basis in bases]
        return next(filter(self.holds, found), found[0])


def meant(text: str) -> str:
    """The code a person means by a text; of two possible ones that of a market, at the cost of one query."""
    codes = typed(text)
    if len(codes) > 1:
        there = set(Market.objects.filter(code__in=codes).values_list("code", flat=True))
        return next((code for code in codes if code in there), codes[0])
    return codes[0]


def find(code: str) -> Found:
    """The market of this contract code. One query. Raises UnknownMarket.

    A withdrawn row counts: it is still what was known at an earlier instant.
    """
    rows = {
        key: Exists(
            Observation.objects.filter(
                report_type=each.type, subtype=each.subtype, market=OuterRef("pk")
            )
        )
        for key, each in VARIANTS.items()
    }
    market = Market.objects.annotate(**rows).filter(code=code).first()
    if market is None:
        raise UnknownMarket(code)
    return Found(market, tuple(key for key in VARIANTS if getattr(market, key)))


def others_that_hold(code: str, variant: Variant, as_of: datetime | None = None) -> list[str]:
    """The variants besides this one that hold the market, at an instant or now; none of a market nobody knows."""
    try:
        others = [key for key in find(code).variants if key != variant.key]
    except UnknownMarket:
        return []
    return [key for key in others if history.of_market(VARIANTS[key], code, as_of=as_of)]


def former_names(market: Market) -> list[tuple[str, date]]:
    """What the market was called before, each name once with the last report that bore it; the newest first.

    A name has several periods where only units or exchange changed; the name it bears now is none of the former.
    """
    names = MarketName.objects.filter(market=market).exclude(name=market.name).order_by("last_date")
    last = dict(names.values_list("name", "last_date"))
    return sorted(last.items(), key=lambda each: each[1], reverse=True)
