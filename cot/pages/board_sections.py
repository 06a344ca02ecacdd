"""How the lines of the board are arranged: under their categories, the own list first, siblings under the main one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import quote

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.pages.addresses import Address
from core.words import Words
from cot.models import Category
from cot.pages.board_lines import Drawn, Shown
from cot.pages.board_query import BoardPageQuery
from cot.selectors.siblings import folded

SIBLING: Final = "related"  # the class of its line


class Line(NamedTuple):
    """A market: its kept cells, what the star before it does, what opens or closes it, and what lies open under it.

    `css` tells a line that is old, and a sibling, which only shows where it is open; `related` counts the siblings.
    No star for who may change no list; where the columns are of all groups already, only siblings open. A tuple, which
    the template unpacks: there are hundreds.
    """

    code: str
    cells: SafeString
    css: str
    star: str
    star_words: str
    href: str
    words: str
    opened: SafeString
    related: int


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one head; without a head where something else than the categories says the order."""

    label: Words
    href: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Arrangement:
    """The lines of one person's board; `opened` is what lies open under a market, by code."""

    asked: BoardPageQuery
    address: Address
    shown: Shown
    opened: Mapping[str, str]
    has_stars: bool

    def sections(self) -> list[Section]:
        """In the order of the categories, the own list before them; one section where something else says the order."""
        if not self.asked.by_category:
            return [Section("", "", [line for _drawn, lines in self._blocks for line in lines])]
        labels: dict[str, tuple[Words, str]] = {
            "": (_("My list"), self.address.to(universe="watch"))
        }
        for category in Category:
            labels[category] = (category.label, self.address.to(category=category.value))
        found: dict[str, list[Line]] = {name: [] for name in labels}
        for drawn, lines in self._blocks:
            found[drawn.category if drawn.code not in self.shown.watched else ""] += lines
        return [Section(*labels[name], lines) for name, lines in found.items() if lines]

    @cached_property
    def _blocks(self) -> list[tuple[Drawn, list[Line]]]:
        """Every market that has a line of its own, with its siblings."""
        by_code = {drawn.code: drawn for drawn in self.shown.lines}
        mains = ((drawn.code, drawn.main_code) for drawn in self.shown.lines)
        return [
            (by_code[code], list(self._block(by_code[code], [by_code[each] for each in siblings])))
            for code, siblings in folded(mains, apart=self.shown.watched).items()
        ]

    def _block(self, main: Drawn, siblings: Sequence[Drawn]) -> Iterator[Line]:
        yield self._line(main, "", len(siblings))
        css = f"{SIBLING} open" if main.code in self.opened else SIBLING
        for sibling in siblings:
            yield self._line(sibling, css)

    def _line(self, drawn: Drawn, css: str, related: int = 0) -> Line:
        code, opened = drawn.code, self.opened.get(drawn.code, "")
        star = ("remove" if code in self.shown.watched else "add") if self.has_stars else ""
        words = self._opener_words[(bool(opened), bool(related))]
        return Line(
            code,
            SafeString(self._linked(drawn)),
            f"{css} old".strip() if drawn.is_stale else css,
            star,
            self._star_words[star] % {"code": code} if star else "",
            self._href(code, is_open=bool(opened)) if related or not self.asked.is_wide else "",
            words % {"code": code, "count": related},
            SafeString(opened),
            related,
        )

    def _linked(self, drawn: Drawn) -> str:
        """Its cells, the link to the market's page with the address of this board: there one turns in its order."""
        link, onward = f'href="{drawn.code}/', f"?board={self._board}"
        if f"{link}?" in drawn.cells:
            return drawn.cells.replace(f"{link}?", f"{link}{onward}&amp;", 1)
        return drawn.cells.replace(link, f"{link}{onward}", 1)

    @cached_property
    def _board(self) -> str:
        """The address of this board as a word of another address; the usual one says at least which markets it has."""
        return quote(
            replace(self.asked, open=()).written() or f"universe={self.asked.universe}", ""
        )

    @cached_property
    def _open(self) -> str:
        """The address that opens one market more, up to its code: made once, there are hundreds."""
        now = self.address.to()
        return f"{now}{'&' if len(now) > 1 else ''}open="

    def _href(self, code: str, *, is_open: bool) -> str:
        """Opens or closes a market; without a script the page comes back to it."""
        if not is_open:
            return f"{self._open}{code}#m{code}"
        others = [each for each in self.asked.open if each != code]
        return f"{self.address.to(open=others)}#m{code}"

    @cached_property
    def _opener_words(self) -> dict[tuple[bool, bool], str]:
        """By whether the market is open, and whether it has siblings."""
        return {
            (False, False): _("Open %(code)s"),
            (True, False): _("Close %(code)s"),
            (False, True): _("Open %(code)s, +%(count)s related"),
            (True, True): _("Close %(code)s, +%(count)s related"),
        }

    @cached_property
    def _star_words(self) -> dict[str, str]:
        return {"add": _("Watch %(code)s"), "remove": _("Unwatch %(code)s")}
