"""A parameter that pages and endpoints share, and what a path names."""

from __future__ import annotations

from typing import Final

from core.query import Instant, one_of
from cot.publication.calendar import NEW_YORK
from cot.variants import REPORTS, SUBTYPE_NAMES, Variant, variant

AS_OF: Final = Instant(
    zone=NEW_YORK,
    description="Only what was public at that instant; a date means the end of that day in New York.",
    control="address",
    narrows=False,
)


def named_variant(report_type: str, subtype: str) -> Variant:
    """The variant a path names. Raises Invalid (422) for a word that is none."""
    return variant(
        one_of("report_type", report_type, REPORTS), one_of("subtype", subtype, SUBTYPE_NAMES)
    )
