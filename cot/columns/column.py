"""What is said of a column, once: how it is computed, called and coloured, where it shows, what it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from core.series.windows import Size, Window
from core.words import Words
from cot.measures.indicators import Computed, Thresholds
from cot.measures.timeline import Rows
from cot.variants import Group

Tone = Literal["", "sign", "change", "interest", "score", "deviations"]
# A whole number, a number with decimals, a word, yes or no, a date, an instant, several whole numbers.
Kind = Literal["count", "measure", "word", "truth", "day", "moment", "counts"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a formula is given. `group` is each group in turn; of a column of the whole market, the speculators."""

    rows: Rows
    group: Group
    thresholds: Thresholds

    @property
    def key(self) -> str:
        return self.group.key

    def net(self, size: Size) -> Window:
        """Net of the group over its last `size` observations."""
        return self.rows.window(f"{self.key}_net", size)

    def share(self, size: Size) -> Window:
        """Net as a share of open interest over its last `size` observations."""
        return self.rows.window(f"{self.key}_share", size)


Formula = Callable[[Subject], Computed]


def of_group(function: Callable[[Rows, str], Computed]) -> Formula:
    """A formula of the facts of a group."""
    return lambda subject: function(subject.rows, subject.key)


def over(size: Size, function: Callable[[Window], Computed]) -> Formula:
    """A formula of the last `size` nets of a group."""
    return lambda subject: function(subject.net(size))


@dataclass(frozen=True, slots=True)
class Span:
    """A head over several columns."""

    label: Words
    title: Words = ""


INTEREST: Final = Span(_("Open interest"), _("All open contracts of the market"))


@dataclass(frozen=True, slots=True)
class InTable:
    """The column in the report table: in its smaller or only in its full preset. `tone` is the meaning of
    its cells' colour:

    `sign` the side of a number, as text; `change` the side of a change, heated by its size; `interest` the size of a
    change that has no side; `score` the distance of a score from 50 and `deviations` that of a z from 0: crowding.
    """

    preset: Literal["basic", "full"]
    label: Words
    title: Words = ""
    tone: Tone = ""
    span: Span = (
        INTEREST  # of a column of the whole market; columns of a group stand under the group
    )


@dataclass(frozen=True, slots=True)
class OnBoard:
    """The column on the board: in which presets, how its cells look, and how much of it is the hottest colour.

    `look` is a name of `cot.pages.board_cells.LOOKS`.
    """

    presets: tuple[Literal["overview", "groups", "windows"], ...]
    label: Words
    look: str = "count"
    title: Words = ""
    hottest: int = 0
    css: str = ""
    sorts: bool = True
    span: Words = ""  # the head over this column and its like


@dataclass(frozen=True, slots=True)
class Column:
    """One column under its name in table, board, API and export; `gk` stands for every group of a report.

    `digits` are its decimals: 0 for whole numbers, None for what is no number. It shows where something is said:
    `fact` in `fields=facts`, `weeks` in `fields=basic` or only in `fields=full` (API and exports), `rows` in the board
    of the API (`best`: only where every market stands in its own report), `dashboard` in its weeks.
    `some` names the groups that have it: those with spreads, those whose traders are counted. `beside` is the size of
    its window when the number is shown before that is full: then `…_n` and `…_full` stand beside it.
    """

    name: str
    digits: int | None = 0
    kind: Kind | None = None
    formula: Formula | None = None
    fact: str = ""  # why it is null where the CFTC prints nothing
    weeks: Literal["", "basic", "full"] = ""
    rows: Literal["", "report", "best"] = ""
    dashboard: bool = False
    some: Literal["", "spread", "counted"] = ""
    beside: int = 0
    always: bool = False  # never null
    table: InTable | None = None
    board: OnBoard | None = None

    @property
    def of_group(self) -> bool:
        return "gk" in self.name.split("_")

    def belongs_to(self, group: Group) -> bool:
        """Whether that group has it at all."""
        return (self.some != "spread" or group.has_spread) and (
            self.some != "counted" or group.has_trader_counts
        )

    def named(self, group: str) -> str:
        return self.name.replace("gk", group)

    @property
    def shape(self) -> Kind:
        return self.kind or (
            "word" if self.digits is None else "measure" if self.digits else "count"
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """What some columns mean, as the guide says it. `also` are further names of the same number, in blocks and bodies.

    The example is real and can be looked up: gold (088691), Disaggregated, futures only, Managed Money, report of
    2025-12-30, unless another is named.
    """

    key: str
    section: str
    name: Words
    unit: Words
    formula: Words
    null_rule: Words
    rounding: Words
    window: Words = ""
    minimum: int = 1
    example: Words = ""
    shown: tuple[Column, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every other name under which the number appears; `n` stands for any window."""
        names = [general(column.name) for column in self.shown]
        return tuple(dict.fromkeys(name for name in (*names, *self.also) if name != self.key))

    @property
    def page_anchor(self) -> str:
        return f"/cot/guide/{self.section}/#{self.key}"


def filled(text: Words, **words: object) -> Words:
    """A sentence with words put in, translated when it is read."""
    found: Words = lazy(
        lambda: str(text) % {name: str(word) for name, word in words.items()}, str
    )()
    return found


def general(name: str) -> str:
    """`z_g3_52` → `z_gk_n`."""
    return re.sub(
        r"_(13|26|52|156|260|all)$", "_n", re.sub(r"(?<![a-z])g[1-5](?![0-9])", "gk", name)
    )
