"""The board as a page (cot §11, §13): its links, heads and lines. Numbers come from `screener` by `board_sheet`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.templatetags.numbers import day, written
from cot.models import Category
from cot.pages.board_columns import Column, Span, columns_of, line
from cot.pages.board_query import (
    BASIS_WORDS,
    DEFAULTS,
    FILTERS,
    PRESETS,
    REPORT_WORDS,
    SIGNALS,
    UNIVERSES,
    VIEWS,
    Address,
    Asked,
)
from cot.pages.board_sheet import Sheet, sheet
from cot.selectors.screener import Filters, show
from cot.words import STATES, Words


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
    of: Words = ""


def heads(columns: Sequence[Column], address: Address, sort: str) -> list[Head]:
    """A number sorts from the largest first, a text from A; asked again, the other way round."""
    field, order = sort.lstrip("-"), "descending" if sort.startswith("-") else "ascending"
    made = []
    for column in columns:
        current = order if column.field == field else ""
        first = column.field if column.field in ("name", "category") else f"-{column.field}"
        turned = column.field if first.startswith("-") else f"-{column.field}"
        href = address.to(sort=turned if current and sort == first else first) if column.sorts else ""
        made.append(Head(column.label, column.title, column.css, href, current, column.of))
    return made


def one_of(address: Address, name: str, words: Mapping[str, Words], current: str, label: Words) -> Choice:
    """Links to choose one value of a parameter."""
    return Choice(label, [Option(text, address.to(**{name: value}), value == current) for value, text in words.items()])


@dataclass(frozen=True, slots=True)
class Page:
    """Everything `cot/board.html` shows besides the shell."""

    asked: Asked
    sheet: Sheet
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
        for code, cells, stale in self.sheet.lines:
            star = ("remove" if code in self.sheet.watched else "add") if self.can_write else ""
            yield line(code, cells, stale=stale, star=star)

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
        every = sum(count for _category, count in self.sheet.pills)
        made = [Option(_("All"), self.address.to(category=None), not chosen, count=every)]
        for category, count in self.sheet.pills:
            current = category in chosen
            others = [name for name in chosen if name != category]
            href = self.address.to(category=others if current else [*chosen, category])
            made.append(Option(Category(category).label, href, current, count=count))
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
    def nothing_watched(self) -> bool:
        """The own list is asked for, and there is none."""
        return self.filters.universe == "watch" and not self.sheet.watched

    @property
    def caption(self) -> str:
        """What a screen reader hears of the table: which markets, which report, on what basis, of what day."""
        asked = self.asked
        words = (UNIVERSES[self.filters.universe], REPORT_WORDS[asked.report], BASIS_WORDS[asked.basis])
        return f"{', '.join(str(word) for word in (*words, PRESETS[asked.columns]))}: {day(self.sheet.newest)}"

    @property
    def reset(self) -> str:
        return self.address.to(category=None, universe=None, **dict.fromkeys(FILTERS))

    @property
    def csv(self) -> str:
        return reverse("cot:board_csv") + self.address.to()


def page(query: QueryDict, user: User, as_of: datetime | None) -> Page:
    """The board the address asks for, as this person sees it."""
    asked = Asked.of(query)
    spans, columns = columns_of(asked.columns, asked.report)
    return Page(asked, sheet(asked, user, as_of), Address(query), spans, columns, user.can_write)


def table(query: QueryDict, user: User, as_of: datetime | None) -> Iterator[list[object]]:
    """The same markets and values as plain fields under the names of the API: a head, then a line per market."""
    asked = Asked.of(query)
    columns = columns_of(asked.columns, asked.report)[1]
    fields = [column.field for column in columns if column.sorts and column.field != "name"]
    yield ["code", "name", "report_type", *fields]
    for row in show(asked.basis, asked.filters, report_type=asked.report_type, user_id=user.pk, as_of=as_of).rows:
        yield [row["code"], row["name"], row["report_type"], *(row[field] for field in fields)]
