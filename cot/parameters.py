"""What a query may say, on pages and endpoints, as typed values; all else is refused by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from core.errors import Invalid
from core.query import Instant, InvalidDate, InvalidDatetime, InvalidRange
from cot.catalogue.registry import CATEGORIES
from cot.publication.calendar import NEW_YORK
from cot.variants import REPORTS, SUBTYPE_NAMES, Variant, variant

Query = Mapping[str, str]

DAY_ENDS: Final = time(23, 59, 59)
YES: Final = ("1", "true", "yes", "on")
MOST_DIGITS: Final = 18
NO: Final = ("", "0", "false", "no", "off")


AS_OF: Final = Instant(
    zone=NEW_YORK,
    description="Only what was public at that instant; a date means the end of that day in New York.",
    control="address",
    narrows=False,
)


def knowledge_instant(query: Query, name: str = "as_of") -> datetime | None:
    """The instant up to which something was public; a bare date means the end of that day in New York.

    Raises InvalidDatetime, also for a `+` of an offset that arrived as a space.
    """
    text = query.get(name, "")
    if not text:
        return None
    try:
        if day := parse_date(text):
            return datetime.combine(day, DAY_ENDS, NEW_YORK).astimezone(UTC)
        instant = parse_datetime(text)
        if instant and " " not in text.strip()[11:]:
            return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidDatetime(_("“%(text)s” is no date and no time.") % {"text": text[:40]}, details={"parameter": name})


def day(query: Query, name: str) -> date | None:
    """A date as YYYY-MM-DD; None when it is not given. Raises InvalidDate."""
    text = query.get(name, "")
    if not text:
        return None
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None:
        raise InvalidDate(_("“%(text)s” is no date.") % {"text": text[:40]}, details={"parameter": name})
    return found


def day_range(query: Query, first: str = "date_from", last: str = "date_to") -> tuple[date | None, date | None]:
    """Two dates, either of which may be open. Raises InvalidDate, or InvalidRange when they are reversed."""
    since, until = day(query, first), day(query, last)
    if since and until and since > until:
        raise InvalidRange(_("The first day lies after the last."), details={first: str(since), last: str(until)})
    return since, until


def choice(query: Query, name: str, allowed: Collection[str], default: str) -> str:
    """One of the words that are allowed. Raises Invalid (422)."""
    text = query.get(name, "") or default
    if text != default and text not in allowed:
        known = ", ".join(sorted(allowed))
        raise Invalid(details={name: [_("“%(text)s” is none of %(known)s.") % {"text": text[:40], "known": known}]})
    return text


def categories(query: QueryDict) -> list[str]:
    """The repeatable parameter `category`, each a known one. Raises Invalid (422)."""
    given = query.getlist("category")
    return [choice({"category": name}, "category", CATEGORIES, "") for name in given if name]


def columns(query: Query, name: str) -> tuple[str, ...]:
    """Names by comma, each perhaps with a `-` for descending."""
    return tuple(filter(None, query.get(name, "").split(",")))


def whole(query: Query, name: str) -> int:
    """A count of at least 0, which nothing said means too. Raises Invalid (422)."""
    text = query.get(name, "") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise Invalid(details={name: [_("“%(text)s” is no whole number.") % {"text": text[:40]}]})
    return int(text)


def flag(query: Query, name: str, *, default: bool = False) -> bool:
    """A yes or a no. Raises Invalid (422)."""
    text = query.get(name)
    if text is None:
        return default
    if text.lower() not in YES + NO:
        raise Invalid(details={name: [_("Say true or false.")]})
    return text.lower() in YES


def named_variant(report_type: str, subtype: str) -> Variant:
    """The variant a path names. Raises Invalid (422) for a word that is none."""
    choice({"report_type": report_type}, "report_type", REPORTS, "")
    choice({"subtype": subtype}, "subtype", SUBTYPE_NAMES, "")
    return variant(report_type, subtype)
