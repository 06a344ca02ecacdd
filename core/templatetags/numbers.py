"""How a number, a date and an undefined value look: the only place that formats them for a page.

    {% load numbers %}
    {{ 126040|integer }}            126 040        {{ 26.2|decimal:1 }}           26.2
    {{ day|day }}                   Tue 14 Jul 2026
    {{ instant|new_york }}          Fri 17 Jul 2026, 15:30 New York
    {% number value digits=1 sign=True unit="%" why="needs 52 weeks, has 13" %}

Thousands are set apart by a narrow no-break space, minus is U+2212, rounding is half up, null is an em dash whose
title says why in words. The decimal mark follows the language of the page.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format, get_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()

Number = int | float | Decimal
THIN: Final = "\u202f"
MINUS: Final = "\u2212"
DASH: Final = "—"
LEVELS: Final = 16  # heat steps above the palest: data-heat 0…16 is 5 %…85 %
NEW_YORK: Final = ZoneInfo("America/New_York")


def rounded(value: Number, digits: int) -> Decimal:
    """`value` with `digits` decimals, half away from zero; a result of zero has no sign."""
    result = Decimal(str(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return result if result else abs(result)


def written(value: Number | None, digits: int = 0, *, sign: bool = False, mark: str = "") -> str:
    """The number as people read it; an em dash for None. With `sign` a plus is written too.

    Whoever writes thousands asks `decimal_mark` once and gives it as `mark`.
    """
    if value is None:
        return DASH
    number = value if isinstance(value, int) and digits == 0 else rounded(value, digits)
    head = MINUS if number < 0 else "+" if sign and number > 0 else ""
    body = f"{abs(number):,f}" if digits else f"{abs(number):,}"
    body, mark = body.replace(",", THIN), mark or decimal_mark(get_language())
    return head + (body if mark == "." else body.replace(".", mark))


@cache
def decimal_mark(language: str | None) -> str:
    return str(get_format("DECIMAL_SEPARATOR", language))


@register.filter
def integer(value: Number | None) -> str:
    return written(value)


@register.filter
def decimal(value: Number | None, digits: int = 1) -> str:
    return written(value, digits)


def dated(value: dt.date, form: str) -> str:
    """A date in a form of the catalogue. Only English writes days and months with a capital."""
    text = date_format(value, form)
    return text if (get_language() or "en").startswith("en") else text.lower()


@register.filter
def day(value: dt.date | None) -> str:
    """Tue 14 Jul 2026, in the language of the page."""
    return DASH if value is None else dated(value, _("D j M Y"))


@register.filter
def short_day(value: dt.date | None) -> str:
    """14 Jul 2026: for columns of dates."""
    return DASH if value is None else dated(value, _("j M Y"))


@register.filter
def new_york(value: dt.datetime | None) -> str:
    """An instant on the clock of New York: Fri 17 Jul 2026, 15:30 New York."""
    if value is None:
        return DASH
    return _("%(moment)s New York") % {
        "moment": dated(value.astimezone(NEW_YORK), _("D j M Y, H:i"))
    }


@register.filter
def ago(seconds: Number | None) -> str:
    """A length of time in its largest unit and the next: 2 d 4 h, 3 h 5 min, 40 s. Never negative."""
    if seconds is None:
        return DASH
    left = max(0, int(seconds))
    parts: list[str] = []
    for length, unit in ((86400, _("d")), (3600, _("h")), (60, _("min")), (1, _("s"))):
        count, left = divmod(left, length)
        if count or parts:
            parts.append(f"{count}{THIN}{unit}" if count else "")
    return " ".join(filter(None, parts[:2])) or f"0{THIN}{_('s')}"


@register.inclusion_tag("components/number.html")
def number(
    value: Number | None,
    *,
    digits: int = 0,
    sign: bool = False,
    unit: str = "",
    why: str = "",
    tone: bool = False,
) -> dict[str, str]:
    """A number inside text. `tone` colours it by sign; `why` is the reason when it is undefined."""
    if value is None:
        return {"text": DASH, "css": "null", "why": why or _("not available")}
    text = written(value, digits, sign=sign) + (f"{THIN}{unit}" if unit else "")
    return {"text": text, "css": f"num {side(value)}".strip() if tone else "num"}


def side(value: Number) -> str:
    """The class that colours a number by its sign; none for zero."""
    return "long" if value > 0 else "short" if value < 0 else ""


def heat_level(value: Number, scale: Number | None) -> int:
    """Heat of |value| against the column's scale, 0 to LEVELS; the scale itself and anything beyond is the hottest."""
    if not scale:
        return 0
    return min(LEVELS, round(abs(float(value)) / abs(float(scale)) * LEVELS))


def score_heat(value: Number) -> int:
    """Heat of a score of 0 to 100 on the crowding scale: by its distance from 50, whichever the side."""
    return heat_level(float(value) - 50, 50)
