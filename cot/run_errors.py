"""What went wrong in a run, in the language of the page; the run itself keeps the raw text."""

from __future__ import annotations

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.runs import INTERRUPTED
from core.words import Words

KINDS: Final[tuple[tuple[re.Pattern[str], Words], ...]] = (
    (re.compile(INTERRUPTED), _("Its process was ended before the work was done.")),
    (re.compile("no file of "), _("Of some years asked for there is no file.")),
    (re.compile("no report exists of "), _("In some years asked for there were no reports yet.")),
    (
        re.compile("holds no file|file there|is not a folder"),
        _("The source holds no file of these reports."),
    ),
    (
        re.compile(r"Connect\w*|Timeout|HTTP \d|not asked|Slow:"),
        _("The source did not answer, or not usably."),
    ),
    (re.compile("is full|No space left"), _("The disk or the database is full.")),
    (
        re.compile(
            "not_a_report|bad_archive|unknown_header|wrong_variant|wrong_year|shrunken|too_many_failures"
        ),
        _("A file was refused by the checks; the list of source files names it."),
    ),
)
OTHER: Final = _("It ended with an error.")


def told(error: str) -> list[Words]:
    """A sentence for every known kind of failure in the error of a run; one that is always true where none is known."""
    return [words for pattern, words in KINDS if pattern.search(error)] or [OTHER]
