"""Words that many definitions share: units, when a number is empty, how it is rounded."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

CONTRACTS: Final = _("contracts")
PERCENT: Final = _("per cent")
SCORE: Final = _("0 to 100")
TRADERS: Final = _("traders")
WORD: Final = _("word")
YES_OR_NO: Final = _("yes or no")
DEVIATIONS: Final = _("standard deviations")
REPORTS: Final = _("reports")

AS_PRINTED: Final = _("the report leaves it empty")
UNPRINTED: Final = _(
    "the CFTC prints none (no row the week before), or the contract size changed that week"
)
NO_INTEREST: Final = _("open interest is zero, or either number is missing")
HIDDEN: Final = _("the CFTC hides one to three traders (Disaggregated and Financial)")
STRICT: Final = _("fewer than n observations, or all of them equal")
STEP: Final = _(
    "the report before is more than 8 days away, the contract size changed, or a position is missing"
)
MISSING: Final = _("either is missing")
NEVER: Final = _("never")

INTEGER: Final = _("integer")
ONE: Final = _("1 decimal")
TWO: Final = _("2 decimals")
NONE: Final = "–"
