"""A parameter that pages and endpoints share, and what a path names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import InvalidDatetime
from core.query import DAY_ENDS, Instant, one_of
from cot.publication.calendar import NEW_YORK
from cot.variants import REPORTS, SUBTYPE_NAMES, Variant, variant


@dataclass(frozen=True, kw_only=True)
class KnownOn(Instant):
    """A moment of which it is known what was public then: none after today in New York."""

    def read(self, name: str, texts: Sequence[str]) -> datetime:
        moment = super().read(name, texts)
        # today itself is asked for by its end
        if moment > datetime.combine(timezone.localdate(timezone=NEW_YORK), DAY_ENDS, NEW_YORK):
            raise InvalidDatetime(
                [name],
                _("“%(text)s” lies in the future; what will be public then is not known.")
                % {"text": texts[-1][:40]},
            )
        return moment


AS_OF: Final = KnownOn(
    zone=NEW_YORK,
    description="Only what was public at that instant, not after today; a date means the end of that day in New York.",
    control="address",
    narrows=False,
)


def named_variant(report_type: str, subtype: str) -> Variant:
    """The variant a path names. Raises Invalid (422) for a word that is none."""
    return variant(
        one_of("report_type", report_type, REPORTS), one_of("subtype", subtype, SUBTYPE_NAMES)
    )
