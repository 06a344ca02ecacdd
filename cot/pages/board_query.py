"""What the address of the board says: everything the page shows follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.query import OneOf, declared
from core.words import Words
from cot.selectors.board_query import BoardQuery
from cot.variants import Subtype
from cot.words import SHORT_BASES, SHORT_REPORTS

BEST: Final = "best"
REPORT_WORDS: Final[dict[str, Words]] = {BEST: _("Best per market")} | SHORT_REPORTS
PRESETS: Final[dict[str, Words]] = {
    "overview": _("Overview"),
    "groups": _("Groups"),
    "windows": _("Windows"),
}


@dataclass(frozen=True)
class BoardPageQuery(BoardQuery):
    """Which board, which of its markets, and in which columns."""

    report: str = declared(
        OneOf(REPORT_WORDS, default=BEST, label=_("Report"), control="links", narrows=False)
    )
    basis: Subtype = declared(
        OneOf(SHORT_BASES, default="fo", label=_("Basis"), control="links", narrows=False)
    )
    columns: str = declared(
        OneOf(PRESETS, default="overview", label=_("Columns"), control="links", narrows=False)
    )

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """The groups of traders are those of one report: legacy where none is chosen."""
        asked = super().of(query)
        return (
            replace(asked, report="legacy")
            if asked.columns == "groups" and asked.report == BEST
            else asked
        )

    @property
    def report_type(self) -> str | None:
        """The report type asked for; None for each market's own."""
        return None if self.report == BEST else self.report


# Saved addresses.
VIEWS: Final[tuple[tuple[Words, BoardPageQuery], ...]] = (
    (_("Crowded longs"), BoardPageQuery(signal="SELL", sort=("-spec_index_1y",))),
    (_("Crowded shorts"), BoardPageQuery(signal="BUY", sort=("spec_index_1y",))),
    (_("Flips"), BoardPageQuery(state="flip")),
    (_("Reversal watch"), BoardPageQuery(state="reversal_watch")),
    (_("Longest extremes"), BoardPageQuery(sort=("-weeks_in_state",))),
    (_("Largest inflows"), BoardPageQuery(sort=("-oi_trend_pct",), min_oi=10_000)),
)
