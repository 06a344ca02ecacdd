"""What a market is called on a page: the plain name and the ticker first, the CFTC's name and code second.

    {% market_name market %}                Gold · GC, and GOLD · 088691 below it and on hover
    {% market_name market below=False %}    Gold · GC, and GOLD · 088691 on hover only
    {{ market|with_ticker }}                Gold · GC, as text: in titles, captions, names of files
    {{ market|plain_name }}                 Gold
    {{ market|printed }}                    GOLD · 088691
    {{ market|exchange_name }}              COMEX
    {{ market|units }}                      100 troy ounces

`market` is a `Market`, a row of the board or anything else with `code` and `name`; of the last two a `Market`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from django import template

from cot.catalogue.names import ticker
from cot.models import Market
from cot.selectors import names

register = template.Library()


class Named(Protocol):
    """A market by its code and its name of the CFTC."""

    code: str
    name: str


def _known(market: Named | Mapping[str, Any]) -> tuple[str, str]:
    """Code and name."""
    if isinstance(market, Mapping):
        return market["code"], market["name"]
    return market.code, market.name


@register.filter
def plain_name(market: Named | Mapping[str, Any]) -> str:
    return names.plain_name(*_known(market))


@register.filter
def with_ticker(market: Named | Mapping[str, Any]) -> str:
    return names.with_ticker(*_known(market))


@register.filter
def printed(market: Named | Mapping[str, Any]) -> str:
    return names.printed(*_known(market))


@register.filter
def exchange_name(market: Market) -> str:
    return names.exchange_name(market.exchange_code, market.exchange_name)


@register.filter
def units(market: Market) -> str:
    return names.units(market.units)


@register.inclusion_tag("cot/market_name.html")
def market_name(market: Named | Mapping[str, Any], *, below: bool = True) -> dict[str, Any]:
    """The name as an element; `below` says the CFTC's own under it too."""
    code, name = _known(market)
    return {
        "plain": names.plain_name(code, name),
        "ticker": ticker(code),
        "printed": names.printed(code, name),
        "below": below,
    }
