"""The board as a page: its links, fields and heads, and the lines that `board_lines` keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.exports import SpreadsheetText
from core.pages import tables
from core.pages.addresses import Address
from core.pages.tables import Choice, Field, Head, Option
from core.templatetags.numbers import day as in_words
from core.words import Words
from cot.models import Category
from cot.pages.board_cells import BoardColumn
from cot.pages.board_columns import BoardSpan, columns_of
from cot.pages.board_detail import opened
from cot.pages.board_lines import Shown, shown
from cot.pages.board_query import BEST, PRESETS, REPORT_WORDS, VIEWS, BoardPageQuery
from cot.pages.board_sections import Arrangement, Section
from cot.pages.board_tiles import ShownTile, sentence, shown_tiles
from cot.pages.search import Instead, instead_of
from cot.selectors.board import show
from cot.selectors.board_query import UNIVERSES
from cot.variants import Variant
from cot.words import SHORT_BASES

RARE: Final = ("report",)  # choices that stand among the filters
KEPT: Final = ("universe", "report", "basis", "columns", "as_of")  # of a board by its quick views
REPORT_KINDS: Final[dict[str, Words]] = {
    "tff": _("financial"),
    "disagg": _("commodities"),
    "legacy": _("legacy"),
}
# What a line of the file says in every set of columns: which market, whose numbers, where they stand, since when known.
TOLD: Final = (
    "name", "plain_name", "ticker", "exchange_code", "category", "report_type", "date", "release_at", "spec_group",
    "state", "state_side", "spec_rank_1y", "spec_change_pct_oi",
)  # fmt: skip
FROM_A: Final = ("name", "category")  # columns of text


@dataclass(frozen=True)
class ShownBoard:
    """Everything `cot/board.html` shows besides the shell."""

    asked: BoardPageQuery
    shown: Shown
    opened: Mapping[str, str]
    address: Address
    spans: list[BoardSpan]
    columns: tuple[BoardColumn, ...]
    has_stars: bool

    @property
    def variants(self) -> list[Variant]:
        """Whose reports the markets of the universe are shown in."""
        return [each for each in self.asked.variants if each.type in self.shown.dates]

    @property
    def heads(self) -> list[Head]:
        first = self.asked.sort[0] if self.asked.sort else ""
        return tables.heads(self.columns, self.address, first, texts=FROM_A)

    @cached_property
    def sections(self) -> list[Section]:
        return Arrangement(
            self.asked, self.address, self.shown, self.opened, self.has_stars
        ).sections()

    @property
    def newest(self) -> date | None:
        return max(self.shown.dates.values(), default=None)

    @property
    def sentence(self) -> str:
        """Of nothing nobody can say that nothing stands out."""
        if not self.shown.dates:
            return gettext("There is no report of these markets.")
        return sentence(self.shown.tiles)

    @property
    def tiles(self) -> list[ShownTile]:
        return shown_tiles(self.shown.tiles, len(self.shown.watched), self.asked, self.address)

    @property
    def count(self) -> int:
        return len(self.shown.lines)

    @property
    def width(self) -> int:
        """Columns of the table: star and opener beside those of the preset."""
        return len(self.columns) + 1 + self.has_stars

    @property
    def reports(self) -> list[tuple[date, str]]:
        """The newest reports, each with the kinds of markets it is of; no word where the best of all are of one day."""
        days: dict[date, list[str]] = {}
        for kind, words in REPORT_KINDS.items():
            if kind in self.shown.dates:
                days.setdefault(self.shown.dates[kind], []).append(str(words))
        says_kinds = len(days) > 1 or self.asked.report != BEST
        return [
            (day, ", ".join(kinds) if says_kinds else "")
            for day, kinds in sorted(days.items(), reverse=True)
        ]

    @property
    def orders(self) -> list[Option]:
        """Under their categories, or what asks for attention first."""
        attention = ("-attention",)
        return [
            Option(_("By category"), self.address.to(sort=None), self.asked.by_category),
            Option(
                _("By attention"), self.address.to(sort=attention), self.asked.sort == attention
            ),
        ]

    @property
    def words(self) -> Field:
        """The field of words, which stands by itself."""
        return next(field for field in tables.form_fields(self.asked) if field.name == "q")

    @property
    def fields(self) -> list[Field]:
        return [field for field in tables.form_fields(self.asked) if field.name != "q"]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form must carry along."""
        return tables.carried(self.asked, self.address)

    @property
    def choices(self) -> list[Choice]:
        """What one chooses often, in the row of controls."""
        universe, *others = [each for each in self._choices if each.name not in RARE]
        return [universe, Choice(_("Order"), self.orders), *others]

    @property
    def rare_choices(self) -> list[Choice]:
        return [each for each in self._choices if each.name in RARE]

    @cached_property
    def _choices(self) -> list[Choice]:
        return tables.choices(self.asked, self.address)

    @property
    def narrowed(self) -> int:
        """How many filters besides words and universe leave fewer markets."""
        narrowing = {name for name, each in self.asked.parameters().items() if each.narrows} - {
            "q",
            "universe",
        }
        return sum(getattr(self.asked, name) != getattr(BoardPageQuery, name) for name in narrowing)

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
        """Which markets are shown changes, not of which day, nor whose reports in which columns."""
        kept = {name: getattr(self.asked, name) for name in KEPT}
        views = [(label, replace(view, **kept)) for label, view in VIEWS]
        now = replace(self.asked, open=())
        return [Option(label, f"?{view.written()}", view == now) for label, view in views]

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
        return f"{', '.join(str(word) for word in (*words, PRESETS[asked.columns]))}: {in_words(self.newest)}"

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
        asked,
        shown(asked, user),
        opened(asked),
        Address(query, asked.defaults()),
        spans,
        columns,
        has_stars=True,
    )


def for_everybody() -> ShownBoard:
    """The majors as somebody without an account sees them: nothing to choose, nothing of their own."""
    asked = BoardPageQuery(universe="majors")
    spans, columns = columns_of(asked.columns, asked.report)
    address = Address(QueryDict(), asked.defaults())
    return ShownBoard(asked, shown(asked, None), {}, address, spans, columns, has_stars=False)


def table(query: QueryDict, user: User) -> Iterator[tuple[object, ...]]:
    """The same markets and values as plain fields under the names of the API: a head, then a line per market."""
    asked = BoardPageQuery.of(query)
    columns = columns_of(asked.columns, asked.report)[1]
    shown = (column.field for column in columns if column.sorts)
    fields = tuple(dict.fromkeys((*TOLD, *shown)))
    yield ("code", *fields)
    for row in show(
        asked.basis, asked, report_type=asked.report_type, user_id=user.pk, pins=asked.pins
    ).rows:
        yield (SpreadsheetText(row["code"]), *(row[field] for field in fields))
