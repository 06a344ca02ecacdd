"""Codes of the positioning app as a person reads them: reports, states, sources, moments in UTC.

{{ "disagg"|report_name }}  {{ "fo"|basis_name }}  {{ "announced"|source_words }}  {{ run.started_at|moment }}
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from core.models import JobRun
from core.pages.figures import Figure, as_json
from core.templatetags.numbers import DASH, NEW_YORK, dated, written
from core.words import Words
from cot import guide, run_errors, standing_words, words
from cot.models import QuarantinedRow, ReportType, Subtype
from cot.publication.calendar import FeedState
from cot.selectors.dashboard import Key

register = template.Library()


@register.filter
def report_name(code: str) -> Words:
    return ReportType(code).label


@register.filter
def basis_name(code: str) -> Words:
    return Subtype(code).label


@register.filter
def at(values: Mapping[str, Any] | str, key: str) -> Any:
    """The value under a key that is only known in the template."""
    return values.get(key, "") if isinstance(values, Mapping) else ""


@register.filter
def as_list(text: str) -> list[str]:
    return [text]


@register.filter
def guide_address(anchor: str) -> str:
    """The page of the guide that explains it, at the right place."""
    return guide.address_of(anchor)


@register.filter
def role_words(role: str) -> Words:
    return words.ROLES[role]


@register.filter
def group_words(stem: str) -> Words:
    return words.GROUPS[stem]


@register.filter
def standing(key: Key) -> Words:
    """Where the group stands, with its side."""
    return standing_words.standing(key.state, key.state_side) if key.state else ""


@register.filter
def at_extreme_for(weeks: int) -> str:
    return standing_words.at_extreme_for(weeks)


@register.filter
def reason_words(code: str | None) -> Words:
    return words.reason(code)


@register.filter
def flow_words(code: str | None) -> Words:
    return words.FLOWS.get(code or "", "")


@register.filter
def short_window(key: Key) -> Words:
    """Why a score of the key figures is missing."""
    return words.reason(key.reason)


@register.filter
def figure_json(figure: Figure) -> SafeString:
    """The figure for charts.js, without a blank between its numbers; nothing in it can end the element it stands in."""
    return mark_safe(_unclosed(as_json(figure)))  # noqa: S308 (no tag can close in it)


def _unclosed(text: str) -> str:
    """Nothing in the text can end the element it stands in."""
    return text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")


@register.filter
def basis_short(code: str) -> Words:
    return words.SHORT_BASES[code]


@register.filter
def sector_name(sector: str) -> Words:
    return words.SECTORS.get(sector, sector)


@register.filter
def sector_names(sectors: Iterable[str]) -> str:
    return ", ".join(str(sector_name(sector)) for sector in sectors)


@register.filter
def feed_state(code: str) -> Words:
    return words.FEED_STATES[code]


@register.filter
def feed_words(feed: FeedState) -> Words:
    """The state of the feed and, where others are further, the series that make it so."""
    return words.feed_words(feed.state, feed.behind if len(feed.behind) < len(feed.series) else [])


@register.filter
def source_words(code: str) -> Words:
    return words.RELEASE_SOURCES[code]


@register.filter
def job_words(name: str) -> Words:
    """What a job does; the administrator's own names stay as they are."""
    return words.JOBS.get(name.partition(" ")[0], name)


@register.filter
def set_aside(code: str) -> Words:
    return words.SET_ASIDE.get(code, code)


@register.filter
def broken(row: QuarantinedRow) -> list[tuple[str, Mapping[str, Any] | None, int]]:
    """What speaks against a line: each reason, the first identity broken for it, and how many more are."""
    found: dict[str, list[Mapping[str, Any]]] = {reason: [] for reason in row.reasons}
    for identity in row.details.get("identities", []):
        found.setdefault(identity.get("reason", row.reasons[0]), []).append(identity)
    return [(reason, next(iter(each), None), len(each) - 1) for reason, each in found.items()]


@register.filter
def run_status(code: str) -> Words:
    return JobRun.Status(code).label


register.filter("run_errors", run_errors.told)

TONES: Final = {
    "ok": "good",
    "stored": "good",
    "partial": "warn",
    "cancelled": "warn",
    "failed": "bad",
    "rejected": "bad",
}


@register.filter
def tone(code: str) -> str:
    """The colour of a badge for the outcome of a run or a file."""
    return TONES.get(code, "")


@register.filter
def moment(at: dt.datetime | None) -> str:
    """An instant in UTC: 21 Nov 2026, 14:05."""
    return DASH if at is None else dated(at.astimezone(dt.UTC), _("j M Y, H:i"))


@register.filter
def clock(at: dt.datetime) -> str:
    """An instant on the clock of the CFTC, the zone being said once at the head: Fri 17 Jul 2026, 15:30."""
    return dated(at.astimezone(NEW_YORK), _("D j M Y, H:i"))


@register.filter
def file_name(url: str) -> str:
    """The last part of an address or path, without what is asked of it."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]


@register.filter
def plain(value: object) -> str:
    """A number of a file as it is, with thousands apart; anything else as text."""
    if value is None or value == "":
        return DASH
    if isinstance(value, int | float) and not isinstance(value, bool):
        return written(value, 0 if float(value).is_integer() else 2)
    return str(value)


@register.filter
def apart(identity: Mapping[str, Any]) -> str:
    """How far the two sides of an identity are from each other."""
    left, right = identity.get("left"), identity.get("right")
    return DASH if left is None or right is None else plain(round(abs(left - right), 4))


@register.filter
def listed(value: object) -> str:
    """A list as words with arrows between what was and what is."""
    return " → ".join(plain(part) for part in value) if isinstance(value, list) else plain(value)
