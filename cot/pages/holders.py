"""Who holds what beside the figure of a market: a line per group of traders, and what each of them moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.series.cells import Number
from core.templatetags.numbers import short_day, written
from core.words import Words
from cot import words
from cot.measures.records import Record
from cot.pages.blocks import Given, reason
from cot.pages.headline import Position, headline
from cot.variants import Group

SPARK: Final = 52  # observations of a sparkline


@dataclass(frozen=True, slots=True)
class Holder:
    """A group in the newest week; `is_crowded` where its rank lies at one end of the scale."""

    key: str
    name: str
    is_chosen: bool
    long: Number
    short: Number
    net: Number
    pct: Number
    rank: Number
    is_crowded: bool
    change_long: Number
    change_short: Number
    change: Number
    spark: Sequence[float | None]


def holders(given: Given) -> list[Holder]:
    return [_holder(given, group) for group in given.history.variant.report.groups]


def _holder(given: Given, group: Group) -> Holder:
    k = group.key
    newest = {name: values[-1] for name, values in given.columns.items()}
    rank = newest[f"rank_{k}"]
    nets = given.history.line.scaled(f"{k}_net")[-SPARK:]
    return Holder(
        key=k,
        name=_(group.name),
        is_chosen=group == given.group,
        long=newest[f"{k}_long"],
        short=newest[f"{k}_short"],
        net=newest[f"{k}_net"],
        pct=newest[f"{k}_pct_net_oi"],
        rank=rank,
        is_crowded=rank is not None and given.thresholds.is_crowded(rank),
        change_long=newest[f"{k}_change_long"],
        change_short=newest[f"{k}_change_short"],
        change=newest[f"{k}_change"],
        spark=[None if np.isnan(value) else value for value in nets.tolist()],
    )


def told(given: Given) -> str:
    """The headline: the chosen group, and who stands opposite the speculators; beside that one, the speculators."""
    opposite = given.board.spec if given.group == given.board.comm else given.board.comm
    key = given.board.key
    chosen = Position(
        group=subject(given.group),
        net=key.net.value,
        rank=key.rank,
        n=key.n,
        why=key.reason,
        day=given.board.dates[-1],
        flow=key.flow,
        long_change=key.long.change,
        short_change=key.short.change,
        flow_why=reason(given, "flow", given.board.dates[-1]),
    )
    if opposite is None or opposite == given.group:
        return headline(chosen)
    return headline(chosen, Position(subject(opposite), given.columns[f"{opposite.key}_net"][-1]))


def subject(group: Group) -> Words:
    """The traders of a group as the subject of a sentence."""
    return words.TRADERS[group.stem]


def recorded(found: Record) -> str:
    """Since when net was not as low, or as high."""
    if found.day is None:
        text = (
            ngettext("lowest of %(n)s report", "lowest of %(n)s reports", found.n)
            if found.end == "lowest"
            else ngettext("highest of %(n)s report", "highest of %(n)s reports", found.n)
        )
        return text % {"n": written(found.n)}
    text = _("lowest since %(day)s") if found.end == "lowest" else _("highest since %(day)s")
    return text % {"day": short_day(found.day)}
