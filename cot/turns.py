"""Telling operators when the feed turns late, stale or failed, and when it is well again: one letter a turn."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.letters import mail, texts
from accounts.letters.texts import Letter
from core.locks import Locked, named_lock
from core.models import JobRun
from core.templatetags.numbers import day
from cot import words
from cot.models import FeedTurn, SourceFile
from cot.publication import releases
from cot.selectors import status

log = logging.getLogger(__name__)

LOCK: Final = "cot_feed_turn"
State = FeedTurn.State

BUTTON: Final[dict[str, Any]] = {"button": gettext_lazy("Open the data page"), "page": "cot:data"}
texts.add(
    "feed_late",
    Letter(
        gettext_lazy("The positioning data is late"),
        (
            gettext_lazy(
                "The report of %(report)s is out for more than three hours, and these series lack it: %(series)s."
            ),
            gettext_lazy("The schedule asks again by itself; an update may be started by hand."),
        ),
        **BUTTON,
    ),
)
texts.add(
    "feed_stale",
    Letter(
        gettext_lazy("The positioning data is stale"),
        (
            gettext_lazy(
                "The report of %(report)s is missing for so long that every page says so. These lack it: %(series)s."
            ),
            gettext_lazy("The last runs and their errors are on the data page."),
        ),
        **BUTTON,
    ),
)
texts.add(
    "feed_failed",
    Letter(
        gettext_lazy("An update of the positioning data failed"),
        (
            gettext_lazy("What is stored stays as it is. The error: %(error)s"),
            gettext_lazy("The schedule asks again by itself; an update may be started by hand."),
        ),
        **BUTTON,
    ),
)
texts.add(
    "feed_well",
    Letter(
        gettext_lazy("The positioning data is in order again"),
        (gettext_lazy("Every series holds the newest report, that of %(report)s."),),
        **BUTTON,
    ),
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What operators should know of the feed at a moment."""

    state: str
    series: list[str]
    report: date  # the newest one that is out
    error: str = ""

    def said(self) -> dict[str, Any]:
        """In the active language."""
        return {
            "report": day(self.report),
            "series": words.series_names(self.series),
            "error": self.error or _("none was written down"),
        }


def watch() -> None:
    """Look whether the feed has turned since operators were told, and tell them. Two who look at once tell once."""
    now = timezone.now()
    if _turned(now) is None:
        return
    with suppress(Locked), named_lock(LOCK), transaction.atomic():
        if condition := _turned(now):
            log.warning("The feed turned %s: %s", condition.state, ", ".join(condition.series))
            FeedTurn.objects.create(at=now, state=condition.state, series=condition.series)
            mail.tell_operators(f"feed_{condition.state}", condition.said)


def _turned(now: datetime) -> Condition | None:
    """How the feed is, if that is not what operators know; nothing while an update works, or over the demo."""
    known = FeedTurn.objects.values_list("state", flat=True).first() or State.WELL
    if status.running() or SourceFile.objects.filter(is_demo=True).exists():
        return None
    condition = _condition(now)
    return condition if condition and condition.state != known else None


def _condition(now: datetime) -> Condition | None:
    """None before the first report is stored: whoever installs the product sees that it has none."""
    feed = releases.feed_state(now)
    if feed.newest_report_date is None:
        return None
    report = feed.expected_report_date
    if feed.state in (State.LATE, State.STALE):
        return Condition(feed.state, feed.behind, report)
    last = status.runs().worked().exclude(finished=None).first()
    if last and last.status in (JobRun.Status.FAILED, JobRun.Status.PARTIAL) and _unattended(last):
        return Condition(State.FAILED, [], report, last.error)
    # what is being released at this moment is neither missing nor there
    return None if feed.state == "due" else Condition(State.WELL, [], report)


def _unattended(run: JobRun) -> bool:
    """A run at a terminal tells whoever started it how it ended."""
    return run.trigger != JobRun.Trigger.COMMAND
