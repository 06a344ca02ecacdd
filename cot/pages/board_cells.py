"""How each kind of column of the board draws its cell. Pure presentation: a row of the screener in, HTML out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.templatetags.components import bar, sparkline
from core.templatetags.numbers import cell, short_day, side, td, written
from cot.selectors.board_query import Row
from cot.selectors.screener import thresholds
from cot.variants import REPORTS
from cot.words import NULL_REASONS, STATES

Draw = Callable[[Row, str, str], SafeString]  # a row, the name of the value, the classes of the cell

Z_HOT: Final = 3  # standard deviations: the hottest step
CHANGE_HOT: Final = 10  # per cent of open interest in one week
SHOWN: Final = 22  # letters of a name that fit its column for certain
SHARE_HOT: Final = 50  # net in per cent of open interest


def missing(row: Row, field: str, css: str) -> SafeString:
    """A dash whose title is the reason in words."""
    code = row["reasons"].get(field, "no_data")
    return cell(None, why=str(NULL_REASONS.get(code, code)), css=css)


def count(row: Row, field: str, css: str) -> SafeString:
    value = row[field]
    return missing(row, field, css) if value is None else td(written(value), css)


def signed(row: Row, field: str, css: str) -> SafeString:
    """Contracts with their sign, coloured as text."""
    value = row[field]
    return missing(row, field, css) if value is None else td(written(value, sign=True), f"{side(value)} {css}")


def change(row: Row, field: str, css: str) -> SafeString:
    """A change in contracts; its heat is its share of open interest, so that large and small markets compare."""
    value, hottest = row[field], (row["open_interest"] or 0) * CHANGE_HOT / 100
    return missing(row, field, css) if value is None else cell(value, sign=True, scale=hottest, css=css)


def share(hottest: int, digits: int = 1) -> Draw:
    """A signed number with a fixed hottest value."""

    def draw(row: Row, field: str, css: str) -> SafeString:
        value = row[field]
        if value is None:
            return missing(row, field, css)
        return cell(value, digits=digits, sign=True, scale=hottest, css=css)

    return draw


def score(row: Row, field: str, css: str) -> SafeString:
    """0 to 100 on the crowding scale."""
    value = row[field]
    return missing(row, field, css) if value is None else cell(value, digits=1, crowded=True, css=css)


def year_index(row: Row, field: str, css: str) -> SafeString:
    """The index of one year: shown from two observations on, so a window that is not full is told apart."""
    value = row[field]
    if value is None or row["full_1y"]:
        return score(row, field, css)
    note = _("%(have)s of 52 observations") % {"have": row["n_1y"]}
    return td(written(value, 1), f"thin {css}", title=note)


def rank(row: Row, field: str, css: str) -> SafeString:
    """A bar from the middle and its number; coloured from where a market counts as crowded on."""
    value = row[field]
    if value is None:
        return score(row, field, css)
    return td(SafeString(f"{bar(value, thresholds().end(value), middle=True)}{written(value, 1)}"), f"rank {css}")


def split(row: Row, field: str, css: str) -> SafeString:
    """The share of long, over a bar of long against short in steps of 5 %."""
    value = row[field]
    if value is None:
        return missing(row, field, css)
    return td(written(value, 1), f"b{round(value / 5)} {css}")


def state(row: Row, field: str, css: str) -> SafeString:
    name = row["state"]
    if name is None:
        return missing(row, "state", css)
    if name == "neutral":
        return td(str(STATES[name]), f"faint {css}")
    return td(SafeString(f'<span class="badge s{row["state_severity"]}">{STATES[name]}</span>'), css)


def weeks(row: Row, field: str, css: str) -> SafeString:
    """Weeks at an extreme; a dot for none, the zeros would be noise on most lines."""
    return td("·", f"faint {css}") if row[field] == 0 else count(row, field, css)


def spark(row: Row, field: str, css: str) -> SafeString:
    return td(sparkline(row[field]), css)


def category(row: Row, field: str, css: str) -> SafeString:
    return td(row["category_display"], css)


def group(row: Row, field: str, css: str) -> SafeString:
    """The short name of the group the row's numbers belong to."""
    found = REPORTS[row["report_type"]].group(row["spec_group"])
    return td(found.short, css, title=_(found.name))


def day(row: Row, field: str, css: str) -> SafeString:
    return td(short_day(dt.date.fromisoformat(row["date"])), css)


def market(row: Row, field: str, css: str) -> SafeString:
    """Name and code; the market's page lies below the board, so the link is hardly longer than the code."""
    whole = format_html(' title="{}"', row["name"]) if len(row["name"]) > SHOWN else ""
    link = '<th scope="row" class="keep"><a href="{0}/{2}"{3}>{1}</a><small>{0}</small></th>'
    return format_html(link, row["code"], row["name"], row["onward"], whole)
