"""What the address of the board says (cot §11.4, §13): everything the page shows follows from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, cast

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cot import parameters
from cot.selectors.screener import DEFAULT_SORT, Filters, Universe
from cot.variants import Subtype
from cot.words import STATES, Words

BEST: Final = "best"
DEFAULTS: Final = {"report": BEST, "basis": "fo", "columns": "overview", "universe": "core"}
FILTERS: Final = ("q", "state", "signal", "min_oi", "inactive")  # fields of the form; all else are links

REPORT_WORDS: Final[dict[str, Words]] = {
    BEST: _("Best per market"),
    "legacy": _("Legacy"),
    "disagg": _("Disaggregated"),
    "tff": _("Financial"),
}
BASIS_WORDS: Final[dict[str, Words]] = {"fo": _("Futures"), "co": _("+ options")}
PRESETS: Final[dict[str, Words]] = {"overview": _("Overview"), "groups": _("Groups"), "windows": _("Windows")}
UNIVERSES: Final[dict[str, Words]] = {"core": _("Core"), "all": _("All"), "watch": _("My list")}
SIGNALS: Final[dict[str, Words]] = {"SELL": _("crowded long"), "BUY": _("crowded short")}
VIEWS: Final[tuple[tuple[Words, str], ...]] = (
    (_("Crowded longs"), "signal=SELL&sort=-spec_index_1y"),
    (_("Crowded shorts"), "signal=BUY&sort=spec_index_1y"),
    (_("Flips"), "state=flip"),
    (_("Reversal watch"), "state=reversal_watch"),
    (_("Longest extremes"), "sort=-weeks_in_state"),
    (_("Largest inflows"), "sort=-oi_trend_pct&min_oi=10000"),
)


class Address:
    """The query of the page. Every link is the present address with something changed; defaults are left out."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query

    def to(self, **changes: str | Sequence[str] | None) -> str:
        query = self.query.copy()
        for name, value in changes.items():
            query.setlist(name, [value] if isinstance(value, str) else list(value or ()))
        for name, values in list(query.lists()):
            if not any(values) or values == [DEFAULTS.get(name)]:
                del query[name]
        return f"?{query.urlencode()}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    report: str
    basis: Subtype
    columns: str
    filters: Filters

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """Raises Invalid, naming the parameter, where the API raises it too."""
        columns = known(query, "columns", PRESETS)
        report = known(query, "report", REPORT_WORDS)
        return cls(
            report="legacy" if columns == "groups" and report == BEST else report,
            basis=cast("Subtype", known(query, "basis", BASIS_WORDS)),
            columns=columns,
            filters=Filters(
                universe=cast("Universe", known(query, "universe", UNIVERSES)),
                category=parameters.categories(query),
                q=query.get("q", "").strip()[:80],
                signal=known(query, "signal", SIGNALS),
                state=known(query, "state", STATES),
                min_oi=parameters.whole(query, "min_oi"),
                inactive=parameters.flag(query, "inactive"),
                sort=parameters.columns(query, "sort") or DEFAULT_SORT,
                pins=not query.get("sort"),
            ),
        )

    @property
    def report_type(self) -> str | None:
        """The report type asked for; None for each market's own."""
        return None if self.report == BEST else self.report


def known(query: QueryDict, name: str, words: Collection[str]) -> str:
    return parameters.choice(query, name, words, DEFAULTS.get(name, ""))
