"""The columns of the report table under their heads: open interest first, then each group, then the whole market."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.words import Words
from cot import columns
from cot.columns import TABLE_FIRST
from cot.columns.column import INTEREST, Tone
from cot.columns.column import Column as Registered
from cot.variants import Group, Report

PRESETS: Final[dict[str, Words]] = {"basic": gettext_lazy("Basic"), "full": gettext_lazy("Full")}
_ROLES: Final[dict[str, Words]] = {
    "commercial": gettext_lazy("commercial: hedges a business"),
    "speculative": gettext_lazy("speculative: trades for the price"),
    "small": gettext_lazy("small: below the reporting level"),
}


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column: its name among the weeks, its head, and what colours its cells."""

    field: str
    label: Words
    title: Words
    tone: Tone
    css: str = ""  # of the first column under a head: a line on its left

    @property
    def is_signed(self) -> bool:
        """Whether a plus is written too."""
        return self.tone not in ("", "score")


@dataclass(frozen=True, slots=True)
class TableSpan:
    """A head over the columns of one group of traders, or of the whole market. `key` names the group."""

    label: Words
    title: Words
    columns: tuple[TableColumn, ...]
    key: str = ""


def spans(report: Report, preset: str, groups: tuple[Group, ...]) -> list[TableSpan]:
    """Open interest first, then every chosen group in the order of the report, then what else the market has."""
    shown = [
        each
        for each in columns.COLUMNS
        if each.table and (preset == "full" or each.table.preset == "basic")
    ]
    ordered = columns.arranged(shown, TABLE_FIRST)
    of_market = [each for each in ordered if not each.of_group]
    of_groups = [each for each in ordered if each.of_group]
    heads = list(dict.fromkeys(each.table.span for each in of_market if each.table))
    heads.sort(key=lambda head: head != INTEREST)
    market = [
        TableSpan(
            head.label,
            head.title,
            _made([each for each in of_market if each.table and each.table.span == head]),
        )
        for head in heads
    ]
    found = [
        TableSpan(_(group.name), _ROLES[group.role], _made(of_groups, group), group.key)
        for group in groups
    ]
    return [*market[:1], *found, *market[1:]]


def _made(shown: Sequence[Registered], group: Group | None = None) -> tuple[TableColumn, ...]:
    made = [
        TableColumn(
            each.named(group.key) if group else each.name,
            each.table.label,
            each.table.title,
            each.table.tone,
        )
        for each in shown
        if each.table and (group is None or each.belongs_to(group))
    ]
    return tuple(replace(each, css="" if place else "first") for place, each in enumerate(made))
