"""What the codes of the positioning app say to a person: reasons, states, flows, labels, sources, state of the feed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core.words import Words
from cot.variants import VARIANTS

# Why a number is undefined.
NULL_REASONS: Final[dict[str, Words]] = {
    "no_data": _("no data"),
    "null_input": _("the report leaves it empty"),
    "window": _("too few observations for this window"),
    "flat": _("all values of the window are equal"),
    "gap": _("the report before is more than 8 days away"),
    "size_seam": _("the contract size changed this week"),
    "no_prior_week": _("no row the week before"),
    "suppressed": _("fewer than four traders: suppressed by the CFTC"),
    "oi_zero": _("open interest is zero"),
    "no_price": _("no price for this market"),
    "no_counterpart": _("no counterpart group in this market"),
    "not_full": _("the window is not full"),
    "sparse": _("reported too seldom: the observations reach too far back"),
    "weeks_missing": _("weeks of this report are not loaded"),
    "too_small": _("too small: net hardly moved within the year, or was often zero"),
}

# How far back a page of a market goes: weeks by their length.
RANGES: Final[dict[str, Words]] = {
    "1M": _("1M"),
    "3M": _("3M"),
    "6M": _("6M"),
    "1Y": _("1Y"),
    "2Y": _("2Y"),
    "3Y": _("3Y"),
    "5Y": _("5Y"),
    "all": _("All"),
}

# The leg that moved most this week.
FLOWS: Final[dict[str, Words]] = {
    "new_longs": _("new longs"),
    "long_liquidation": _("longs closed"),
    "new_shorts": _("new shorts"),
    "short_covering": _("shorts covered"),
    "no_change": _("no change"),
}

# How far the newest stored report is behind the newest expected one.
FEED_STATES: Final[dict[str, Words]] = {
    "fresh": _("up to date"),
    "due": _("the next report is being released"),
    "late": _("the next report is late"),
    "announced_delay": _("the next report is delayed, as announced"),
    "stale": _("stale"),
}

# Why a row was set aside.
SET_ASIDE: Final[dict[str, Words]] = {
    "long_side": _("long positions and spreads do not add up to open interest"),
    "short_side": _("short positions and spreads do not add up to open interest"),
    "change": _("the printed change is not this report less the one before"),
    "crop": _("old and other crop years do not add up"),
    "percent": _("a printed percentage is not the position over open interest"),
    "concentration": _("the largest eight hold less than the largest four, or net exceeds gross"),
    "negative": _("a count below zero, or more traders in a group than in all"),
    "bad_date": _("the report date is in the future, before 1986, or on a weekend"),
    "field_count": _("the line has too few or too many fields"),
    "bad_number": _("a number cannot be read"),
    "bad_code": _("the contract code cannot be read"),
    "bad_text": _("a name or a code is longer than any the CFTC prints"),
    "duplicate_conflict": _("the same market and date twice in one file, with different numbers"),
    "code_conflict": _(
        "the two contract codes of the line differ: a spreadsheet may have read one as a number"
    ),
    "date_conflict": _("the two dates of the line differ"),
    "mixed_dates": _("the date has another form than in the rest of the file"),
}

# Who says when a report became public.
RELEASE_SOURCES: Final[dict[str, Words]] = {
    "published": _("time stamp of the file"),
    "observed": _("first seen by us"),
    "announced": _("special announcement"),
    "scheduled": _("CFTC schedule"),
    "derived": _("weekly rule"),
}

# Jobs of the schedule; a job with several times is named with its time behind.
JOBS: Final[dict[str, Words]] = {
    "weekly_cot_update": _("Weekly update"),
    "cot_retry": _("Again while a report is missing"),
    "cot_calendar": _("Release calendar"),
}

# Sides, zones and pairs of the market page's blocks.
SIDES: Final[dict[str, Words]] = {"long": _("long"), "short": _("short")}
ZONES: Final[dict[str, Words]] = {"low": _("low"), "elevated": _("elevated"), "high": _("high")}
DIVERGENCES: Final[dict[str, Words]] = {
    "spec_long_comm_short": _("speculators long, counterpart short"),
    "spec_short_comm_long": _("speculators short, counterpart long"),
}

# Roles of groups, and who their traders are (CFTC, explanatory notes of the three reports).
ROLES: Final[dict[str, Words]] = {
    "commercial": _("commercial"),
    "speculative": _("speculative"),
    "small": _("small"),
}
GROUPS: Final[dict[str, Words]] = {
    "noncomm": _(
        "above the reporting level and no hedgers: funds, advisers, banks on their own account"
    ),
    "comm": _(
        "above the reporting level and hedging a business: producers, users, dealers, index hedges"
    ),
    "nonrept": _("everybody below the reporting level: open interest less the others"),
    "prod_merc": _("produce, process, pack or handle the commodity and hedge that"),
    "swap": _("deal in swaps and hedge them; behind them stand index investors and others unseen"),
    "m_money": _("commodity trading advisers, pool operators and funds that trade for clients"),
    "other_rept": _("every other large trader"),
    "dealer": _("banks and dealers who sell products and hedge them with futures"),
    "asset_mgr": _("pension funds, insurers, mutual funds: large, slow, mostly long"),
    "lev_money": _(
        "hedge funds and trading advisers: fast, with borrowed money, often one leg of an arbitrage"
    ),
}

# The same traders as the subject of a sentence.
TRADERS: Final[dict[str, Words]] = {
    "noncomm": _("Large speculators"),
    "comm": _("Commercials"),
    "nonrept": _("Small traders"),
    "prod_merc": _("Producers and merchants"),
    "swap": _("Swap dealers"),
    "m_money": _("Money managers"),
    "other_rept": _("Other large traders"),
    "dealer": _("Dealers"),
    "asset_mgr": _("Asset managers"),
    "lev_money": _("Leveraged funds"),
}

# Whose positions the map shows: a label, and who that is in the three reports.
MAP_ROLES: Final[dict[str, tuple[Words, Words]]] = {
    "speculators": (
        _("Speculators"),
        _("Managed Money, Leveraged Funds; Large Speculators where there is only Legacy"),
    ),
    "counterpart": (
        _("Counterpart"),
        _(
            "Producer/Merchant and Commercials; of the financial markets dealers in currencies and rates, asset "
            "managers in equity indices, other reportables in crypto"
        ),
    ),
    "small": (_("Small traders"), _("Below the reporting level")),
}

# Names of the groups as `cot.variants` has them; `gettext(group.name)` says them in the language of the page.
GROUP_NAMES: Final = (
    gettext_noop("Large Speculators"),
    gettext_noop("Commercials"),
    gettext_noop("Small Traders"),
    gettext_noop("Producer/Merchant"),
    gettext_noop("Swap Dealers"),
    gettext_noop("Managed Money"),
    gettext_noop("Other Reportables"),
    gettext_noop("Non-Reportable"),
    gettext_noop("Dealer/Intermediary"),
    gettext_noop("Asset Manager"),
    gettext_noop("Leveraged Funds"),
)

# Report and basis where there is little room.
SHORT_REPORTS: Final[dict[str, Words]] = {
    "legacy": _("Legacy"),
    "disagg": _("Disaggregated"),
    "tff": _("Financial"),
}
SHORT_BASES: Final[dict[str, Words]] = {"fo": _("Futures"), "co": _("+ options")}

# Sectors inside the categories.
SECTORS: Final[dict[str, Words]] = {
    "altcoins": _("Other coins"),
    "base": _("Base metals"),
    "battery": _("Battery metals"),
    "bitcoin": _("Bitcoin"),
    "carbon_rec": _("Carbon and certificates"),
    "cattle": _("Cattle"),
    "coal": _("Coal"),
    "cocoa": _("Cocoa"),
    "coffee": _("Coffee"),
    "commodity_index": _("Commodity indices"),
    "corn": _("Corn"),
    "credit": _("Credit"),
    "crude": _("Crude oil"),
    "dairy": _("Dairy"),
    "dividends": _("Dividends"),
    "dollar_index": _("Dollar index"),
    "em_fx": _("Emerging markets"),
    "equity_sectors": _("Equity sectors"),
    "ethanol": _("Ethanol"),
    "ether": _("Ether"),
    "event": _("Events"),
    "ferrous": _("Ferrous metals"),
    "fertiliser": _("Fertiliser"),
    "fibres": _("Fibres"),
    "freight": _("Freight"),
    "g10_fx": _("Major currencies"),
    "gas_basis": _("Regional gas basis"),
    "hogs": _("Hogs"),
    "intl_equity": _("International equity"),
    "lumber": _("Lumber"),
    "natgas": _("Natural gas"),
    "ngl": _("Natural gas liquids"),
    "orange_juice": _("Orange juice"),
    "other_grains": _("Other grains"),
    "other_oil_crops": _("Other oil crops"),
    "petrochemicals": _("Petrochemicals"),
    "power": _("Power"),
    "precious": _("Precious metals"),
    "refined": _("Refined products"),
    "short_rates": _("Short rates"),
    "soy_complex": _("Soy complex"),
    "sugar": _("Sugar"),
    "swaps": _("Swaps"),
    "treasuries": _("Treasuries"),
    "us_equity": _("US equity"),
    "volatility": _("Volatility"),
    "wheat": _("Wheat"),
}


def reason(code: str | None) -> Words:
    """The reason in words; a code without words shows as it is."""
    return NULL_REASONS.get(code or "no_data", code or "")


def crowded(role: str, signal: str | None) -> Words:
    """Which side is crowded: for commercials BUY marks a crowded long, for all others SELL does."""
    if signal is None:
        return ""
    long = (signal == "BUY") == (role == "commercial")
    return _("crowded long") if long else _("crowded short")


def series_names(keys: Iterable[str]) -> str:
    """Series as a person calls them, one after the other."""
    return ", ".join(
        f"{SHORT_REPORTS[VARIANTS[key].type]} · {SHORT_BASES[VARIANTS[key].subtype]}"
        for key in keys
    )


def feed_words(state: str, behind: Iterable[str]) -> Words:
    """The state of the feed, and which series make it so."""
    names = series_names(behind)
    return f"{FEED_STATES[state]}: {names}" if names else FEED_STATES[state]
