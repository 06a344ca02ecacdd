"""What the board is narrowed to and how it is sorted: the same words on the page, in its file and over the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.utils.translation import gettext_lazy as _

from core.query import Flag, Names, OneOf, Query, Several, Text, Whole, declared
from core.words import Words
from cot import standing_words, words
from cot.catalogue.registry import SECTORS
from cot.catalogue.sought import Nearness, sought
from cot.models import Category
from cot.parameters import AS_OF

Universe = Literal["majors", "core", "all", "watch"]
# One market and its newest week under the names of the API, besides `search_text`.
Row = Mapping[str, Any]

UNIVERSES: Final[dict[str, Words]] = {
    "majors": _("Majors"),
    "core": _("Core"),
    "all": _("All"),
    "watch": _("My list"),
}
SIGNALS: Final[dict[str, Words]] = {"SELL": _("crowded long"), "BUY": _("crowded short")}
DEFAULT_SORT: Final = ("-state_severity", "-open_interest")


@dataclass(frozen=True)
class BoardQuery(Query):
    """Empty means no narrowing. A filter is a parameter here and, where it narrows, a line in `keep`."""

    q: str = declared(
        Text(
            label=_("Code, name, ticker or exchange"),
            hint=_("Filter: name, code, ticker"),
            description="Words of code, ticker, name (also an old one) or exchange; without sort the nearest first.",
        )
    )
    state: tuple[str, ...] = declared(
        Several(
            standing_words.STATES,
            label=_("State"),
            description="State of the speculators; repeatable.",
        )
    )
    side: str = declared(
        OneOf(
            standing_words.SIDES,
            label=_("Side"),
            description="The side the speculators are on in that state.",
        )
    )
    signal: str = declared(
        OneOf(SIGNALS, label=_("Crowding"), description="A group with that crowded label.")
    )
    min_oi: int = declared(
        Whole(label=_("Open interest from"), description="At least that open interest.")
    )
    min_change_sd: int = declared(
        Whole(
            label=_("Change, in its own deviations, from"),
            description="A change at least so many times its own standard deviation.",
            control="address",
        )
    )
    main: bool = declared(
        Flag(
            label=_("only main contracts, of the newest report"),
            description="Only main contracts, and only where their row is of the newest report of its type.",
        )
    )
    inactive: bool = declared(
        Flag(
            label=_("with inactive markets"),
            description="Also markets missing for more than 26 weeks.",
            narrows=False,
        )
    )
    universe: Universe = declared(
        OneOf(
            UNIVERSES,
            default="core",
            label=_("Universe"),
            description="majors: the markets everybody looks at; core leaves out power, gas basis and environmental.",
            control="links",
        )
    )
    category: tuple[str, ...] = declared(
        Several(dict(Category.choices), description="Category; repeatable.", control="address")
    )
    sector: str = declared(
        OneOf(
            {key: words.SECTORS[key] for key in SECTORS}, description="Sector.", control="address"
        )
    )
    watched: bool = declared(
        Flag(label=_("My list"), description="Only the caller's own list.", control="address")
    )
    sort: tuple[str, ...] = declared(
        Names(
            description="Columns by comma, - for descending; nulls last.",
            control="address",
            narrows=False,
        )
    )
    as_of: datetime | None = declared(AS_OF)

    @property
    def order(self) -> tuple[str, ...]:
        """The columns to sort by."""
        return self.sort or DEFAULT_SORT

    @property
    def by_nearness(self) -> bool:
        """Whether the markets nearest to the words come first: a column to sort by goes before words."""
        return bool(self.q) and not self.sort

    @property
    def pins(self) -> bool:
        """Whether the own list leads: nothing else says what comes first."""
        return not (self.q or self.sort)

    @property
    def is_personal(self) -> bool:
        """Whether which rows are kept depends on the own list."""
        return self.universe == "watch" or self.watched

    def keep(self, row: Row) -> bool:
        """Everything but the universe, and the category, which the pills count over."""
        return (
            (not self.sector or row["sector"] == self.sector)
            and (not self.state or row["state"] in self.state)
            and (not self.side or row["state_side"] == self.side)
            and (not self.min_change_sd or (row["spec_change_sd"] or 0) >= self.min_change_sd)
            and (not self.main or (row["code"] == row["main_code"] and not row["stale"]))
            and (not self.min_oi or row["open_interest"] >= self.min_oi)
            and (not self.watched or row["watched"])
            and (not self.signal or any(each["signal"] == self.signal for each in row["signals"]))
            and (not self.q or self.nearness(row) < Nearness.NOT_AT_ALL)
        )

    def nearness(self, row: Row) -> Nearness:
        """How near the market is to the words of `q`."""
        return sought(self.q).nearness(row["code"], row["search_text"])
