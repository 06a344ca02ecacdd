"""The board as a page (cot §11, §13): what its address chooses, its columns, its links. Numbers: `screener`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cot.board_columns import OVERVIEW, Column, Span, drawn, group_columns, line, window_columns
from cot.models import Category
from cot.screener import DEFAULT_SORT, Board, Filters, Universe, show
from cot.variants import Subtype
from cot.words import STATES, Words
from equilibrium.templatetags.numbers import written

BEST: Final = "best"
DEFAULTS: Final = {"report": BEST, "basis": "fo", "columns": "overview", "universe": "core"}
FILTERS: Final = ("q", "state", "signal", "min_oi", "inactive")  # fields of the form; all else are links

REPORT_WORDS: Final[dict[str, Words]] = {
    BEST: _("Best per market"),
    "legacy": _("Legacy"),
    "disagg": _("Disaggregated"),
    "tff": _("Financial"),
}
BASIS_WORDS: Final[dict[str, Words]] = {"fo": _("Futures"), "co": _("+ options")}
PRESETS: Final[dict[str, Words]] = {"overview": _("Overview"), "groups": _("Groups"), "windows": _("Windows")}
UNIVERSES: Final[dict[str, Words]] = {"core": _("Core"), "all": _("All"), "watch": _("My list")}
SIGNALS: Final[dict[str, Words]] = {"SELL": _("crowded long"), "BUY": _("crowded short")}
VIEWS: Final[tuple[tuple[Words, str], ...]] = (
    (_("Crowded longs"), "signal=SELL&sort=-spec_index_1y"),
    (_("Crowded shorts"), "signal=BUY&sort=spec_index_1y"),
    (_("Flips"), "state=flip"),
    (_("Reversal watch"), "state=reversal_watch"),
    (_("Longest extremes"), "sort=-weeks_in_state"),
    (_("Largest inflows"), "sort=-oi_trend_pct&min_oi=10000"),
)


class Address:
    """The query of the page. Every link is the present address with something changed; defaults are left out."""

    def __init__(self, query: QueryDict) -> None:
        self.query = query

    def to(self, **changes: str | Sequence[str] | None) -> str:
        query = self.query.copy()
        for name, value in changes.items():
            query.setlist(name, [value] if isinstance(value, str) else list(value or ()))
        for name, values in list(query.lists()):
            if not any(values) or values == [DEFAULTS.get(name)]:
                del query[name]
        return f"?{query.urlencode()}"


@dataclass(frozen=True, slots=True)
class Option:
    """A link that chooses something."""

    label: Words
    href: str
    current: bool
    title: Words = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few."""

    label: Words
    options: list[Option]


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head with the link that sorts by it and the present order."""

    label: Words
    title: Words
    css: str
    href: str
    order: str


def heads(columns: Sequence[Column], address: Address, sort: str) -> list[Head]:
    """A number sorts from the largest first, a text from A; asked again, the other way round."""
    field, order = sort.lstrip("-"), "descending" if sort.startswith("-") else "ascending"
    made = []
    for column in columns:
        current = order if column.field == field else ""
        first = column.field if column.field in ("name", "category") else f"-{column.field}"
        turned = column.field if first.startswith("-") else f"-{column.field}"
        href = address.to(sort=turned if current and sort == first else first) if column.sorts else ""
        made.append(Head(column.label, column.title, column.css, href, current))
    return made


def one_of(address: Address, name: str, words: Mapping[str, Words], current: str, label: Words) -> Choice:
    """Links to choose one value of a parameter."""
    return Choice(label, [Option(text, address.to(**{name: value}), value == current) for value, text in words.items()])


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; a word nobody knows counts as not said."""

    report: str
    basis: Subtype
    columns: str
    filters: Filters

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        columns = known(query, "columns", PRESETS)
        report = known(query, "report", REPORT_WORDS)
        return cls(
            report="legacy" if columns == "groups" and report == BEST else report,
            basis=cast("Subtype", known(query, "basis", BASIS_WORDS)),
            columns=columns,
            filters=Filters(
                universe=cast("Universe", known(query, "universe", UNIVERSES)),
                category=[name for name in query.getlist("category") if name in Category.values],
                q=query.get("q", "").strip()[:80],
                signal=known(query, "signal", SIGNALS),
                state=known(query, "state", STATES),
                min_oi=int(text) if (text := query.get("min_oi", "")).isdecimal() and len(text) < 12 else 0,
                inactive=query.get("inactive") == "true",
                sort=sort_of(query),
                pins=not query.get("sort"),
            ),
        )


def known(query: QueryDict, name: str, words: Collection[str]) -> str:
    text = query.get(name, "")
    return text if text in words else DEFAULTS.get(name, "")


def sort_of(query: QueryDict) -> tuple[str, ...]:
    text = query.get("sort", "")
    return (text,) if re.fullmatch(r"-?[a-z0-9_]{1,40}", text) else DEFAULT_SORT


@dataclass(frozen=True, slots=True)
class Page:
    """Everything `cot/board.html` shows besides the shell."""

    asked: Asked
    board: Board
    address: Address
    spans: list[Span]
    columns: tuple[Column, ...]
    can_write: bool

    @property
    def filters(self) -> Filters:
        return self.asked.filters

    @property
    def wide(self) -> bool:
        return self.asked.columns != "overview"

    @property
    def heads(self) -> list[Head]:
        return heads(self.columns, self.address, self.filters.sort[0])

    @property
    def rows(self) -> Iterator[SafeString]:
        return (line(row, drawn(row, self.columns), star=self.can_write) for row in self.board.rows)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form must carry along: all the address says that no field of the form says."""
        query = self.address.query
        return [(name, value) for name in query if name not in FILTERS for value in query.getlist(name)]

    @property
    def choices(self) -> list[Choice]:
        asked, to = self.asked, self.address
        return [
            one_of(to, "universe", UNIVERSES, self.filters.universe, _("Universe")),
            one_of(to, "report", REPORT_WORDS, asked.report, _("Report")),
            one_of(to, "basis", BASIS_WORDS, asked.basis, _("Basis")),
            one_of(to, "columns", PRESETS, asked.columns, _("Columns")),
        ]

    @property
    def pills(self) -> list[Option]:
        """All categories together, then each; a second click lets go."""
        chosen = list(self.filters.category)
        every = sum(pill.count for pill in self.board.pills)
        made = [Option(_("All"), self.address.to(category=None), not chosen, count=every)]
        for pill in self.board.pills:
            current = pill.category in chosen
            others = [name for name in chosen if name != pill.category]
            href = self.address.to(category=others if current else [*chosen, pill.category])
            made.append(Option(pill.display, href, current, count=pill.count))
        return made

    @property
    def views(self) -> list[Option]:
        present = self.address.to()
        return [Option(label, f"?{query}", present == f"?{query}") for label, query in VIEWS]

    @property
    def states(self) -> list[tuple[str, Words]]:
        return list(STATES.items())

    @property
    def signals(self) -> list[tuple[str, Words]]:
        return list(SIGNALS.items())

    @property
    def active(self) -> list[Words]:
        """The filters that narrow the board, in words."""
        filters = self.filters
        words: list[Words] = [UNIVERSES[filters.universe]] if filters.universe != DEFAULTS["universe"] else []
        words += [Category(name).label for name in filters.category]
        words += [f"“{filters.q}”"] if filters.q else []
        words += [STATES[filters.state]] if filters.state else []
        words += [SIGNALS[filters.signal]] if filters.signal else []
        words += [f"{_('Open interest from')} {written(filters.min_oi)}"] if filters.min_oi else []
        return words

    @property
    def reset(self) -> str:
        return self.address.to(category=None, universe=None, **dict.fromkeys(FILTERS))

    @property
    def csv(self) -> str:
        return reverse("cot:board_csv") + self.address.to()

    def table(self) -> Iterator[list[object]]:
        """The same values as plain fields under the names of the API: a head, then a line per market."""
        fields = [column.field for column in self.columns if column.sorts and column.field != "name"]
        yield ["code", "name", "report_type", *fields]
        for row in self.board.rows:
            yield [row["code"], row["name"], row["report_type"], *(row[field] for field in fields)]


def page(query: QueryDict, user: User, as_of: datetime | None) -> Page:
    """The board the address asks for, as this person sees it."""
    asked = Asked.of(query)
    report = None if asked.report == BEST else asked.report
    found = show(asked.basis, asked.filters, report_type=report, user_id=user.pk, as_of=as_of)
    if asked.columns == "groups":
        spans, columns = group_columns(asked.report)
    elif asked.columns == "windows":
        spans, columns = window_columns()
    else:
        spans, columns = [], OVERVIEW
    return Page(asked, found, Address(query), spans, columns, user.can_write)
