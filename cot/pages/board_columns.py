"""The columns of the board in its three presets (cot §11.5), and how a line of the table is drawn from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cot.catalogue.registry import spec_group
from cot.pages import board_cells as draw
from cot.pages.board_cells import Draw
from cot.selectors.board_query import Row
from cot.variants import REPORTS
from cot.words import Words

WINDOWS: Final = ("13", "26", "52", "156", "260", "all")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: how it is called, by what it sorts (nothing: it does not), how it is drawn."""

    field: str
    label: Words
    draw: Draw
    title: Words = ""
    css: str = ""
    sorts: bool = True
    of: Words = ""  # said before the label where the head above does not show


@dataclass(frozen=True, slots=True)
class Span:
    """A head over several columns."""

    label: Words
    span: int
    title: Words = ""


MARKET: Final = Column("name", _("Market"), draw.market, css="text keep corner")
OVERVIEW: Final = (
    MARKET,
    Column("category", _("Category"), draw.category, css="text"),
    Column(
        "spec_group",
        _("Group"),
        draw.group,
        _("Speculators of the report: the numbers are theirs"),
        "text",
        sorts=False,
    ),
    Column("spec_net", _("Net"), draw.signed, _("Long less short, contracts")),
    Column("spec_wow", _("Change"), draw.change, _("Change of net; heat by its share of open interest"), "keep"),
    Column("spark", _("26 weeks"), draw.spark, _("Net over the last 26 reports"), sorts=False),
    Column("spec_rank_1y", _("Rank 1y"), draw.rank, _("Share of 52 observations with a lower net"), "text"),
    Column("spec_index_1y", _("Index 1y"), draw.year_index, _("Place between low and high of 52 observations"), "keep"),
    Column("spec_index_3y", _("Index 3y"), draw.score, _("The same over 156 observations")),
    Column(
        "spec_z_1y", _("z 1y"), draw.share(draw.Z_HOT, 2), _("Standard deviations from the mean of 52 observations")
    ),
    Column("open_interest", pgettext_lazy("column", "Open interest"), draw.count, _("Contracts")),
    Column("oi_trend_pct", _("Δ OI %"), draw.share(draw.CHANGE_HOT, 2), _("Change of open interest in the week")),
    Column(
        "state_severity", _("State"), draw.state, _("What the speculators are doing, most severe first"), "text keep"
    ),
    Column("weeks_in_state", _("Weeks"), draw.weeks, _("Reports in a row at rank ≥ 95 or ≤ 5")),
    Column("date", _("Report"), draw.day),
)
REST: Final = (
    Column("open_interest", pgettext_lazy("column", "Open interest"), draw.count, _("Contracts")),
    Column("oi_change", _("Change"), draw.change, _("Change of open interest, contracts")),
    Column("rept_long", _("Rep. long"), draw.count, _("Long positions of all reportable traders")),
    Column("rept_short", _("Rep. short"), draw.count, _("Short positions of all reportable traders")),
)


def group_columns(report: str) -> tuple[list[Span], tuple[Column, ...]]:
    """Per group what it holds, the share of long, and net in open interest, each with its change (cot §11.5)."""
    spans, columns = [], [MARKET]
    for group in REPORTS[report].groups:
        k, kept = group.key, "keep" if group.key == spec_group(report) else ""
        own = [
            Column(f"{k}_total", _("Total"), draw.count, _("Long and short together, contracts")),
            Column(f"{k}_bias", _("Long : short"), draw.split, _("Share of long in the two")),
            Column(
                f"{k}_total_change",
                _("Δ total"),
                draw.change,
                _("Change of long plus change of short; heat by its share of open interest"),
            ),
            Column(
                f"{k}_pct_oi",
                _("Net/OI"),
                draw.share(draw.SHARE_HOT),
                _("Net in per cent of open interest"),
                kept,
                of=group.short,
            ),
            Column(f"{k}_pct_oi_change", _("Δ"), draw.share(draw.CHANGE_HOT), _("Change of that share"), kept),
        ]
        spans.append(Span(gettext(group.name), len(own)))
        columns += own
    return [*spans, Span(_("Market"), len(REST))], (*columns, *REST)


def window_columns() -> tuple[list[Span], tuple[Column, ...]]:
    """Index and rank of the speculators over every window, and how wide the window is (cot §11.5)."""
    words = {"index": _("Index"), "rank": _("Rank"), "range": _("Range, contracts")}
    columns = [
        Column(
            f"{kind}_{size}",
            size if size != "all" else _("all"),
            draw.count if kind == "range" else draw.score,
            css="keep" if size == "52" and kind != "range" else "",
            of=words[kind],
        )
        for kind in words
        for size in WINDOWS
    ]
    group = OVERVIEW[2]
    spans = [Span("", 1), *(Span(label, len(WINDOWS)) for label in words.values())]
    return spans, (MARKET, group, *columns)


def columns_of(preset: str, report: str) -> tuple[list[Span], tuple[Column, ...]]:
    """Heads over several columns, and the columns."""
    if preset == "groups":
        return group_columns(report)
    return window_columns() if preset == "windows" else ([], OVERVIEW)


def drawn(row: Row, columns: Sequence[Column]) -> SafeString:
    """The cells of one line; nothing personal, so it can be kept with the data."""
    return SafeString("".join(column.draw(row, column.field, column.css) for column in columns))


def line(code: str, cells: str, *, stale: bool, star: str) -> SafeString:
    """The line of the table. `star` is "add", "remove", or nothing for somebody who cannot change a list."""
    words = (gettext("Unwatch %(code)s") if star == "remove" else gettext("Watch %(code)s")) % {"code": code}
    button = f'<td class=star><button name={star} value="{code}" aria-label="{words}"></button>' if star else ""
    return SafeString(f"<tr{' class=old' if stale else ''}>{button}{cells}")
