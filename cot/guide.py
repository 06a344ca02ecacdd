"""What the guide holds: three doors, then a page per section of the reference; and where each text of it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.words import Words
from cot.columns import DEFINITIONS
from cot.columns.column import Definition


@dataclass(frozen=True, slots=True)
class Topic:
    """A piece of text with an anchor of its own."""

    key: str
    title: Words


@dataclass(frozen=True, slots=True)
class Section:
    """A page of the guide: texts from its template, then the definitions of the same section of the registry.

    `note` says of a door what is behind it.
    """

    key: str
    title: Words
    topics: tuple[Topic, ...]
    definitions: str = ""
    note: Words = ""

    @property
    def template(self) -> str:
        return f"cot/guide/_{self.key.replace('-', '_')}.html"

    @property
    def address(self) -> str:
        return reverse("cot:guide_section", args=[self.key])

    @property
    def anchors(self) -> list[Topic | Definition]:
        """What can be linked to on the page, in its order."""
        return [*self.topics, *definitions(self.definitions)]


# What to read first.
DOORS: Final = (
    Section(
        "row",
        _("Read one row in 60 seconds"),
        (),
        note=_("Seven things a line of the board says, in the order in which they matter."),
    ),
    Section(
        "friday",
        _("Friday routine"),
        (),
        note=_(
            "From the release at 15:30 New York to a note in your own words, in a quarter of an hour."
        ),
    ),
    Section(
        "traps",
        _("Three traps"),
        (
            Topic("roll", _("Roll and expiry")),
            Topic("basis-trade", _("The basis trade in rates")),
            Topic("autocorrelation", _("Weeks that are one observation")),
        ),
        note=_("Where the numbers are right and the conclusion is not."),
    ),
)

# The reference behind them.
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


def section_of(key: str) -> Section | None:
    """The door or section of that name."""
    return next((section for section in (*DOORS, *SECTIONS) if section.key == key), None)


def address_of(anchor: str) -> str:
    """Where the text or definition of that name stands; the front of the guide for one that nobody knows."""
    return _addresses().get(anchor) or reverse("cot:guide")


@cache
def _addresses() -> dict[str, str]:
    return {
        part.key: f"{section.address}#{part.key}"
        for section in (*DOORS, *SECTIONS)
        for part in section.anchors
    }


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
