"""The guide: its tree, the definitions under it, and what each number says in a real market right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from core.caching import cached
from core.series.cells import Numbers
from core.templatetags.numbers import short_day, written
from core.words import Words
from cot import lifetimes
from cot.catalogue.registry import spec_group
from cot.columns import DEFINITIONS, weekly
from cot.columns.column import Definition
from cot.measures.indicators import Thresholds
from cot.models import Market
from cot.selectors import history
from cot.selectors.names import with_ticker
from cot.variants import VARIANTS

EXAMPLE: Final = "088691"  # gold: in every report, never without a week
YEAR: Final = "52"


@dataclass(frozen=True, slots=True)
class Topic:
    """A piece of text with an anchor of its own."""

    key: str
    title: Words


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the guide: texts from its template, then the definitions of the same section of the registry."""

    key: str
    title: Words
    topics: tuple[Topic, ...]
    definitions: str = ""

    @property
    def template(self) -> str:
        return f"cot/guide/_{self.key.replace('-', '_')}.html"


SECTIONS: Final = (
    Section(
        "report",
        _("The report"),
        (
            Topic("overview", _("What it is")),
            Topic("report-types", _("Three reports")),
            Topic("basis", _("Futures only, and with options")),
            Topic("participants", _("Who the groups are")),
            Topic("calendar", _("Report day and release")),
            Topic("table", _("The report table")),
        ),
        "report",
    ),
    Section(
        "indicators",
        _("Indicators"),
        (Topic("scores", _("Index, rank and z are three questions")),),
        "indicators",
    ),
    Section(
        "charts",
        _("Charts"),
        (
            Topic("chart-positions", _("Positions and indicators")),
            Topic("bubbles", _("Bubbles")),
            Topic("map", _("The map")),
        ),
    ),
    Section(
        "board",
        _("The board"),
        (
            Topic("board-columns", _("Columns and presets")),
            Topic("board-filters", _("Filters and lists")),
        ),
        "board",
    ),
    Section(
        "blocks", _("Blocks of a market"), (Topic("crop", _("Old and other crops")),), "blocks"
    ),
    Section(
        "quality",
        _("Data quality"),
        (
            Topic("quarantine", _("Identities, and lines set aside")),
            Topic("revisions", _("Revisions and past instants")),
            Topic("gaps", _("Gaps and size seams")),
            Topic("categories", _("Names and categories")),
            Topic("review", _("Questions for a person")),
            Topic("runs", _("Runs")),
            Topic("files", _("Source files")),
        ),
    ),
    Section(
        "limits", _("What positions do not tell"), (Topic("no-advice", _("Before you act on it")),)
    ),
)


def definitions(section: str, words: str = "") -> list[Definition]:
    """The entries of a section of the registry; with `words` only those that hold all of them."""
    asked = words.lower().split()
    return [
        entry
        for entry in DEFINITIONS
        if entry.section == section and all(word in _text(entry) for word in asked)
    ]  # fmt: skip


def _text(entry: Definition) -> str:
    return " ".join(
        map(str, (entry.key, entry.name, entry.formula, entry.window, *entry.columns))
    ).lower()


def live_examples(thresholds: Thresholds) -> dict[str, Any]:
    """What every defined number is in the example market's newest report: `market` and `values` by key."""
    key = ("cot-guide", get_language(), thresholds.buy, thresholds.sell)
    return cached(
        key, depends_on=("cot",), seconds=lifetimes.MARKET, compute=lambda: _examples(thresholds)
    )


def _examples(thresholds: Thresholds) -> dict[str, Any]:
    market = Market.objects.filter(code=EXAMPLE).first()
    found = history.of_market(VARIANTS[f"{market.primary_report}_fo"], EXAMPLE) if market else None
    if market is None or found is None or not len(found):
        return {}
    group = spec_group(market.primary_report)
    columns = weekly(found.line, thresholds, full=True)
    values = {entry.key: _value_now(entry, columns, group) for entry in DEFINITIONS}
    return {
        "market": with_ticker(market.code, market.name),
        "group": gettext(found.variant.report.group(group).name),
        "date": short_day(found.stamps[-1].report_date),
        "values": {key: value for key, value in values.items() if value},
    }


def _value_now(entry: Definition, columns: Mapping[str, Any], group: str) -> str:
    """The newest value of the first column the definition speaks of; nothing where it is no plain number."""
    for pattern in (entry.key, *entry.columns):
        name = pattern.replace("gk", group)
        for column in (columns.get(name), columns.get(f"{name.removesuffix('_n')}_{YEAR}")):
            if isinstance(column, Numbers) and (value := column.at(-1)) is not None:
                return written(value, column.digits)
    return ""
