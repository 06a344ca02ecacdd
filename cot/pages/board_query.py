"""What the address of the board says: everything the page shows follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.query import OneOf, declared
from core.words import Words
from cot.selectors.board_query import BoardQuery
from cot.variants import REPORTS, Subtype, Variant, variant
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
    def variants(self) -> list[Variant]:
        """Which reports the rows come from."""
        kinds = REPORTS if self.report_type is None else [self.report_type]
        return [variant(kind, self.basis) for kind in kinds]

    @property
    def report_type(self) -> str | None:
        """The report type asked for; None for each market's own."""
        return None if self.report == BEST else self.report


_CROWDED: Final = ("overcrowded", "extreme", "reversal_watch")

# Saved addresses, all about the speculators.
VIEWS: Final[tuple[tuple[Words, BoardPageQuery], ...]] = (
    (_("Crowded long"), BoardPageQuery(state=_CROWDED, side="long")),
    (_("Crowded short"), BoardPageQuery(state=_CROWDED, side="short")),
    (_("Unusually light"), BoardPageQuery(state=("least",))),
    (_("Turning"), BoardPageQuery(state=("reversal_watch",))),
    (_("Flipped"), BoardPageQuery(state=("flip",))),
    (_("Biggest moves"), BoardPageQuery(min_change_sd=2, sort=("-spec_change_sd",))),
)
