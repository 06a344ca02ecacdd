"""The report table: every week of a market, newest first, with statistics on top.

Cells are plain values here; `components/cells.html` writes them, up to twenty thousand for one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final

import numpy as np
from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.pages.blocks import day_span
from core.pages.tables import Cell
from core.series.cells import Labels, Number, Numbers
from core.templatetags.numbers import (
    DASH,
    decimal_mark,
    heat_level,
    score_heat,
    short_day,
    side,
    written,
)
from core.words import Words
from cot import columns as registered
from cot import words
from cot.columns.column import Tone
from cot.measures import indicators
from cot.measures.indicators import Computed, Statistics, Thresholds
from cot.models import ObservationVersion
from cot.pages.table_columns import TableColumn, TableSpan
from cot.selectors.history import History
from cot.templatetags.cot_words import clock, source_words
from cot.variants import Group

WHOLE: Final = 300  # rows up to which the table is one page
PAGE: Final = 260


@dataclass(frozen=True, slots=True)
class Week:
    """A row: when, what is special about that week, and its cells."""

    day: str
    title: str
    note: str
    css: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class StatisticRow:
    """A row above the weeks."""

    label: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a number: the crowded label with its words, and the number it was before a revision."""

    signal: str | None
    words: Words
    was: str


Draw = Callable[[int], Cell]  # the row of a history, counted from the oldest → one cell


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as they are kept, newest first; `next_first` is where the next, older page starts."""

    statistics: str
    rows: str
    shown: int
    total: int
    next_first: int | None
    span: str = ""


def build(
    history: History,
    spans: Sequence[TableSpan],
    thresholds: Thresholds,
    as_of: datetime | None,
    first: int,
) -> Table:
    """The page of the table that starts `first` rows behind the newest. One query when a row was revised."""
    columns = [column for span in spans for column in span.columns]
    full = any(column.field.startswith("conc_") for column in columns)
    values = registered.weekly(history.line, thresholds, full=full)
    revised = _revised(history, as_of)
    before = _values_before(history, revised, thresholds, full)
    draws = [_drawn(column, values, before, revised, history.line.groups) for column in columns]
    newest = len(history) - 1 - first
    size = len(history) if len(history) <= WHOLE else PAGE
    oldest = max(newest - size, -1)
    weeks = [_week(history, place, draws) for place in range(newest, oldest, -1)]
    return Table(
        statistics=_written(
            "statistics", _statistics(indicators.statistics(history.line), columns, values)
        ),
        rows=_written("weeks", weeks),
        shown=len(weeks),
        total=len(history),
        next_first=len(history) - 1 - oldest if oldest >= 0 else None,
        span=day_span(history.stamps[oldest + 1].report_date, history.stamps[newest].report_date)
        if weeks
        else "",
    )


def _written(part: str, rows: Sequence[object]) -> str:
    """The rows by their template; kept by the hundred, so without its line breaks."""
    return get_template(f"cot/table/_{part}.html").render({part: rows}).replace("\n", "")


# --- rows ---


def _week(history: History, place: int, draws: Sequence[Draw]) -> Week:
    stamp = history.stamps[place]
    title = _("Released %(moment)s New York (%(source)s)") % {
        "moment": clock(stamp.release_at),
        "source": source_words(stamp.release_source),
    }
    note, css = _note(history, place)
    cells = [draw(place) for draw in draws]
    return Week(short_day(stamp.report_date), title, note, css, cells)


def _note(history: History, place: int) -> tuple[str, str]:
    """What is special about the week, and the class of its row."""
    if history.line.seam[place]:
        return _("new contract size"), "seam"
    if history.line.gap[place]:
        days = int((history.dates[place] - history.dates[place - 1]).astype(int))
        return _("%(days)s days after the report before") % {"days": days}, "gap"
    if history.stamps[place].quality == "estimated":
        return _("estimated by the CFTC"), ""
    return "", ""


# --- cells ---


def _drawn(
    column: TableColumn,
    values: Mapping[str, Computed],
    before: Mapping[str, Computed],
    revised: Mapping[int, object],
    groups: Sequence[Group],
) -> Draw:
    """How each cell of the column is written."""
    source = values[column.field]
    assert isinstance(source, Numbers)
    numbers = source.tolist()
    scale = _scale(numbers) if column.is_signed else None
    old = before.get(column.field)
    label = _label_of(column, values, groups)
    mark = decimal_mark(get_language())

    @cache
    def missing(reason: str | None) -> Cell:
        return Cell(DASH, "null", str(words.reason(reason))).of(column.css)

    def draw(place: int) -> Cell:
        value = numbers[place]
        if value is None:
            return missing(source.reason(place))
        signal, said = label(place)
        was = ""
        if place in revised and isinstance(old, Numbers) and (before := old.at(place)) != value:
            was = written(before, source.digits, sign=column.is_signed, mark=mark)
        text = written(value, source.digits, sign=column.is_signed, mark=mark)
        tone, heat = _tone(value, column.tone, scale)
        drawn = Cell(text, tone, heat=heat).of(column.css)
        if signal or was:
            return drawn._replace(mark="cot/table/_mark.html", value=Beside(signal, said, was))
        return drawn

    return draw


def _tone(value: float, tone: Tone, scale: Number) -> tuple[str, str]:
    """The class and the heat of a value."""
    if tone == "sign":
        return side(value), ""
    if tone == "score":
        return "", str(score_heat(value))
    if not (tone and value):
        return "", ""
    css = {"change": side(value), "deviations": ""}.get(tone, tone)
    return css, str(heat_level(value, scale))


def _scale(numbers: Sequence[Number]) -> Number:
    """The largest magnitude of the column over all weeks: the same colour means the same size on every page."""
    return max((abs(value) for value in numbers if value is not None), default=None)


def _label_of(
    column: TableColumn, values: Mapping[str, Computed], groups: Sequence[Group]
) -> Callable[[int], tuple[str | None, Words]]:
    """BUY or SELL behind a crowded value, with the words that say which side is crowded."""
    name, _underscore, key = column.field.partition("_")
    labels = values.get(f"signal_{key}") if name == "crowded" else None
    if not isinstance(labels, Labels):
        return lambda place: (None, "")
    role = next(group.role for group in groups if group.key == key)
    return lambda place: (labels.at(place), words.crowded(role, labels.at(place)))


# --- revisions ---


def _revised(history: History, as_of: datetime | None) -> dict[int, Mapping[str, float | None]]:
    """Row → the facts it had before its last revision."""
    places = {
        stamp.observation: place for place, stamp in enumerate(history.stamps) if stamp.version > 1
    }
    if not places:
        return {}
    versions = ObservationVersion.objects.filter(observation__in=places)
    if as_of is not None:
        versions = versions.filter(superseded_at__lte=as_of)
    found = versions.order_by("superseded_at").values_list("observation_id", "facts")
    return {places[observation]: facts for observation, facts in found}


def _values_before(
    history: History,
    revised: Mapping[int, Mapping[str, float | None]],
    thresholds: Thresholds,
    full: bool,
) -> Mapping[str, Computed]:
    """Every column as it was before the revisions, derived ones included; empty when nothing was revised."""
    if not revised:
        return {}
    facts = {name: column.copy() for name, column in history.facts.items()}
    for place, old in revised.items():
        for name, column in facts.items():
            value = old.get(name)
            column[place] = np.nan if value is None else value
    return registered.weekly(replace(history.line, facts=facts), thresholds, full=full)


# --- statistics ---


def _statistics(
    found: Mapping[str, Statistics], columns: Sequence[TableColumn], values: Mapping[str, Computed]
) -> list[StatisticRow]:
    rows = {
        "max": _("Highest"),
        "min": _("Lowest"),
        "max_5y": _("Highest, 5 years"),
        "min_5y": _("Lowest, 5 years"),
        "avg_13w": _("Mean of 13"),
    }
    return [
        StatisticRow(
            label, [Cell(_statistic(found, column, values, name), column.css) for column in columns]
        )
        for name, label in rows.items()
    ]


def _statistic(
    found: Mapping[str, Statistics], column: TableColumn, values: Mapping[str, Computed], name: str
) -> str:
    """The number as the column writes it; nothing where the column has no statistics."""
    if column.field not in found:
        return ""
    source = values[column.field]
    digits = source.digits if isinstance(source, Numbers) else 0
    return written(getattr(found[column.field], name), digits, sign=column.is_signed)
