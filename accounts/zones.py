"""The time zones a person may choose."""

from __future__ import annotations

import zoneinfo

NO_PLACES = frozenset({"localtime", "Factory", "posixrules"})  # names that say nothing of a place


def names() -> set[str]:
    """IANA's names, without what a machine calls its own zone."""
    return zoneinfo.available_timezones() - NO_PLACES
