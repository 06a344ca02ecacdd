"""What the address of the board says: everything the page shows follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.query import OneOf, Texts, declared
from core.words import Words
from cot.selectors.board_query import BoardQuery, Universe
from cot.selectors.tiles import KINDS
from cot.variants import REPORTS, Subtype, Variant, variant
from cot.words import SHORT_BASES, SHORT_REPORTS

BEST: Final = "best"
MOST_OPEN: Final = 6  # markets that may lie open at once: each costs a chart
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

    universe: Universe = declared(replace(BoardQuery.parameters()["universe"], default="majors"))
    open: tuple[str, ...] = declared(Texts(control="address", narrows=False))

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """The groups of traders are those of one report: legacy where none is chosen."""
        asked = super().of(query)
        asked = replace(asked, open=asked.open[-MOST_OPEN:])
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
    def is_wide(self) -> bool:
        """Whether the columns are more than a screen holds."""
        return self.columns != "overview"

    @property
    def by_category(self) -> bool:
        """Whether the markets stand under their categories: nothing else says in which order."""
        return not (self.q or self.sort)

    @property
    def report_type(self) -> str | None:
        """The report type asked for; None for each market's own."""
        return None if self.report == BEST else self.report


# What the kinds of markets worth a look are called, above the board and among its saved addresses.
LABELS: Final[Mapping[str, Words]] = {
    "crowded_long": _("Crowded long"),
    "crowded_short": _("Crowded short"),
    "light": _("Unusually light"),
    "moves": _("Biggest moves"),
    "turning": _("Turning"),
    "own": _("My list"),
}


def _view(kind: str, **more: Any) -> BoardPageQuery:
    """The markets that the tile of that kind counts, among the majors."""
    filters = {name: getattr(KINDS[kind], name) for name in BoardQuery.parameters()}
    return BoardPageQuery(**filters | {"universe": "majors"} | more)


# Saved addresses, all about the speculators.
VIEWS: Final[tuple[tuple[Words, BoardPageQuery], ...]] = (
    *(
        (LABELS[kind], _view(kind))
        for kind in ("crowded_long", "crowded_short", "light", "turning")
    ),
    (_("Flipped"), _view("turning", state=("flip",))),
    (LABELS["moves"], _view("moves", sort=("-spec_change_sd",))),
)
