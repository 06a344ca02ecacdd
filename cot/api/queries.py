"""What the endpoints may be asked, where no page asks the same."""

from __future__ import annotations

from dataclasses import dataclass

from core.query import OneOf, declared
from cot.selectors.board_query import BoardQuery, Row
from cot.variants import REPORTS, SUBTYPE_NAMES, Subtype


@dataclass(frozen=True)
class BestBoardQuery(BoardQuery):
    """The board of every market in its most telling report."""

    subtype: Subtype = declared(
        OneOf(SUBTYPE_NAMES, default="fo", description="Futures only, or futures and options combined.")
    )
    report: str = declared(OneOf(REPORTS, description="Only markets of which this is the best report."))

    def keep(self, row: Row) -> bool:
        return self.report in ("", row["report_type"]) and super().keep(row)
