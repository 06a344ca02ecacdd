"""The board as a page: its links, fields and heads, and the lines that `board_lines` keeps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from django.http import QueryDict
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.exports import SpreadsheetText
from core.pages import tables
from core.pages.addresses import Address
from core.pages.tables import Choice, Field, Head, Option
from core.templatetags.numbers import day
from core.words import Words
from cot.models import Category
from cot.pages.board_cells import BoardColumn
from cot.pages.board_columns import BoardSpan, columns_of
from cot.pages.board_lines import Shown, shown
from cot.pages.board_query import PRESETS, REPORT_WORDS, VIEWS, BoardPageQuery
from cot.pages.search import Instead, instead_of
from cot.selectors.board import show
from cot.selectors.board_query import UNIVERSES
from cot.words import SHORT_BASES

FROM_A: Final = ("name", "category")  # columns of text


class Line(NamedTuple):
    """A market: its kept cells, and what the star before it does; no star for who may change no list."""

    code: str
    cells: SafeString
    is_stale: bool
    star: str
    words: str


@dataclass(frozen=True, slots=True)
class ShownBoard:
    """Everything `cot/board.html` shows besides the shell."""

    asked: BoardPageQuery
    shown: Shown
    address: Address
    spans: list[BoardSpan]
    columns: tuple[BoardColumn, ...]
    can_write: bool

    @property
    def wide(self) -> bool:
        return self.asked.columns != "overview"

    @property
    def heads(self) -> list[Head]:
        first = "" if self.asked.by_nearness else self.asked.order[0]
        return tables.heads(self.columns, self.address, first, texts=FROM_A)

    @property
    def rows(self) -> Iterator[Line]:
        words = {"add": str(_("Watch %(code)s")), "remove": str(_("Unwatch %(code)s"))}
        for code, cells, stale in self.shown.lines:
            star = ("remove" if code in self.shown.watched else "add") if self.can_write else ""
            yield Line(
                code, SafeString(cells), stale, star, words[star] % {"code": code} if star else ""
            )

    @property
    def fields(self) -> list[Field]:
        return tables.form_fields(self.asked)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form must carry along."""
        return tables.carried(self.asked, self.address)

    @property
    def choices(self) -> list[Choice]:
        return tables.choices(self.asked, self.address)

    @property
    def pills(self) -> list[Option]:
        """All categories together, then each; a second click lets go."""
        chosen = list(self.asked.category)
        every = sum(count for _category, count in self.shown.pills)
        made = [Option(_("All"), self.address.to(category=None), not chosen, count=every)]
        for category, count in self.shown.pills:
            current = category in chosen
            others = [name for name in chosen if name != category]
            href = self.address.to(category=others if current else [*chosen, category])
            made.append(Option(Category(category).label, href, current, count=count))
        return made

    @property
    def views(self) -> list[Option]:
        return [Option(label, f"?{view.written()}", view == self.asked) for label, view in VIEWS]

    @property
    def active(self) -> list[Words]:
        """The filters that narrow the board, in words."""
        return tables.narrowed(self.asked)

    @property
    def instead(self) -> Instead | None:
        """What is said of words that mean something the CFTC does not report."""
        return instead_of(self.asked.q)

    @property
    def nothing_watched(self) -> bool:
        """The own list is asked for, and there is none."""
        return self.asked.is_personal and not self.shown.watched

    @property
    def caption(self) -> str:
        """What a screen reader hears of the table: which markets, which report, on what basis, of what day."""
        asked = self.asked
        words = (UNIVERSES[asked.universe], REPORT_WORDS[asked.report], SHORT_BASES[asked.basis])
        return f"{', '.join(str(word) for word in (*words, PRESETS[asked.columns]))}: {day(self.shown.newest)}"

    @property
    def reset(self) -> str:
        return tables.widest(self.asked, self.address)

    @property
    def csv(self) -> str:
        return reverse("cot:board_csv") + self.address.to()


def page(query: QueryDict, user: User) -> ShownBoard:
    """The board the address asks for, as this person sees it."""
    asked = BoardPageQuery.of(query)
    spans, columns = columns_of(asked.columns, asked.report)
    return ShownBoard(
        asked, shown(asked, user), Address(query, asked.defaults()), spans, columns, user.can_write
    )


def table(query: QueryDict, user: User) -> Iterator[tuple[object, ...]]:
    """The same markets and values as plain fields under the names of the API: a head, then a line per market."""
    asked = BoardPageQuery.of(query)
    columns = columns_of(asked.columns, asked.report)[1]
    fields = [column.field for column in columns if column.sorts and column.field != "name"]
    told = ("name", "plain_name", "ticker", "exchange_code", "report_type")
    yield ("code", *told, *fields)
    for row in show(
        asked.basis, asked, report_type=asked.report_type, user_id=user.pk, pins=asked.pins
    ).rows:
        named = (row[field] for field in (*told, *fields))
        yield (SpreadsheetText(row["code"]), *named)
