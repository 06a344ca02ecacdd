"""The report table: every week of a market, newest first, with statistics on top.

Rows are written as HTML here and not in a template: a table has up to twenty thousand cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Final

import numpy as np
from django.utils.html import conditional_escape, escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core.pages.blocks import day_span
from core.series.cells import Labels, Number, Numbers
from core.templatetags.numbers import DASH, crowding, decimal_mark, heat_level, short_day, side, written
from cot import columns as registered
from cot import words
from cot.measures import indicators
from cot.measures.indicators import Cell, Statistics, Thresholds
from cot.models import ObservationVersion
from cot.pages.table_columns import Column, Span, Tone
from cot.selectors.history import History
from cot.templatetags.cot_words import clock, source_words
from cot.variants import Group

WHOLE: Final = 300  # rows up to which the table is one page
PAGE: Final = 260

Draw = Callable[[int], str]  # the row of a history, counted from the oldest → one cell


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as HTML, newest first; `next_first` is where the next, older page starts."""

    statistics: str
    rows: str
    shown: int
    total: int
    next_first: int | None
    span: str = ""


def build(history: History, spans: Sequence[Span], thresholds: Thresholds, as_of: datetime | None, first: int) -> Table:
    """The page of the table that starts `first` rows behind the newest. One query when a row was revised."""
    columns = [column for span in spans for column in span.columns]
    full = any(column.field.startswith("conc_") for column in columns)
    values = registered.weekly(history.line, thresholds, full=full)
    revised = _revised(history, as_of)
    before = _values_before(history, revised, thresholds, full)
    draws = [_drawn(column, values, before, revised, history.line.groups) for column in columns]
    starts = _starts(spans)
    newest = len(history) - 1 - first
    size = len(history) if len(history) <= WHOLE else PAGE
    oldest = max(newest - size, -1)
    rows = [_row(history, place, draws, starts) for place in range(newest, oldest, -1)]
    return Table(
        statistics=_statistics(indicators.statistics(history.line), columns, values, starts),
        rows="".join(rows),
        shown=len(rows),
        total=len(history),
        next_first=len(history) - 1 - oldest if oldest >= 0 else None,
        span=day_span(history.stamps[oldest + 1].report_date, history.stamps[newest].report_date) if rows else "",
    )


def _starts(spans: Sequence[Span]) -> set[int]:
    """The columns with which a group begins: they get a line on their left."""
    starts, place = set(), 0
    for span in spans:
        starts.add(place)
        place += len(span.columns)
    return starts


# --- rows ---


def _row(history: History, place: int, draws: Sequence[Draw], starts: set[int]) -> str:
    cells = [draw(place) for draw in draws]
    marked = "".join(_first(cell) if number in starts else cell for number, cell in enumerate(cells))
    note, css = _note(history, place)
    return f"<tr{css}>{_date(history, place, note)}{marked}</tr>"


def _first(cell: str) -> str:
    """The same cell with a line on its left."""
    return (
        cell.replace('<td class="', '<td class="first ', 1)
        if 'class="' in cell
        else cell.replace("<td", '<td class="first"', 1)
    )


def _date(history: History, place: int, note: str) -> str:
    stamp = history.stamps[place]
    title = _("Released %(moment)s New York (%(source)s)") % {
        "moment": clock(stamp.release_at),
        "source": source_words(stamp.release_source),
    }
    mark = f' <i class="note">{escape(note)}</i>' if note else ""
    return f'<th scope="row" title="{escape(title)}">{short_day(stamp.report_date)}{mark}</th>'


def _note(history: History, place: int) -> tuple[str, str]:
    """What is special about the week, and the class of its row."""
    if history.line.seam[place]:
        return _("new contract size"), ' class="seam"'
    if history.line.gap[place]:
        days = int((history.dates[place] - history.dates[place - 1]).astype(int))
        return _("%(days)s days after the report before") % {"days": days}, ' class="gap"'
    if history.stamps[place].quality == "estimated":
        return _("estimated by the CFTC"), ""
    return "", ""


# --- cells ---


def _drawn(
    column: Column,
    values: Mapping[str, Cell],
    before: Mapping[str, Cell],
    revised: Mapping[int, object],
    groups: Sequence[Group],
) -> Draw:
    """How each cell of the column is written."""
    source = values[column.field]
    assert isinstance(source, Numbers)
    numbers = source.tolist()
    scale = _scale(numbers) if column.tone == "sign" else None
    old = before.get(column.field)
    label = _label_of(column, values, groups)
    mark = decimal_mark(get_language())

    @cache
    def missing(reason: str | None) -> str:
        return f'<td class="null" title="{escape(words.reason(reason))}">{DASH}</td>'

    def draw(place: int) -> str:
        value = numbers[place]
        if value is None:
            return missing(source.reason(place))
        text = written(value, source.digits, sign=column.tone == "sign", mark=mark) + label(place)
        if place in revised and isinstance(old, Numbers) and (was := old.at(place)) != value:
            text += _mark(was, source.digits, column.tone == "sign")
        return _cell(text, *_tone(value, column.tone, scale))

    return draw


def _cell(text: str, tone: str, heat: int) -> str:
    return f'<td class="{tone}" data-heat="{heat}">{text}</td>' if tone else f"<td>{text}</td>"


def _tone(value: Number, heat: Tone, scale: Number) -> tuple[str, int]:
    if heat == "crowding":
        return crowding(value)  # type: ignore[arg-type]
    return (side(value), heat_level(value, scale)) if heat == "sign" and scale else ("", 0)  # type: ignore[arg-type]


def _scale(numbers: Sequence[Number]) -> Number:
    """The largest magnitude of the column over all weeks: the same colour means the same size on every page."""
    return max((abs(value) for value in numbers if value is not None), default=None)


def _mark(was: Number, digits: int, sign: bool) -> str:
    old = written(was, digits, sign=sign)
    title, word = _("revised; was %(value)s") % {"value": old}, _("rev.")
    return f'<sup class="revised" title="{escape(title)}">{word} <s>{old}</s></sup>'


def _label_of(column: Column, values: Mapping[str, Cell], groups: Sequence[Group]) -> Draw:
    """BUY or SELL behind a crowded value, with the words that say which side is crowded."""
    name, _underscore, key = column.field.partition("_")
    labels = values.get(f"signal_{key}") if name == "crowded" else None
    if not isinstance(labels, Labels):
        return lambda place: ""
    role = next(group.role for group in groups if group.key == key)

    def label(place: int) -> str:
        signal = labels.at(place)
        return f' <b class="label" title="{escape(words.crowded(role, signal))}">{signal}</b>' if signal else ""

    return label


# --- revisions ---


def _revised(history: History, as_of: datetime | None) -> dict[int, Mapping[str, float | None]]:
    """Row → the facts it had before its last revision."""
    places = {stamp.observation: place for place, stamp in enumerate(history.stamps) if stamp.version > 1}
    if not places:
        return {}
    versions = ObservationVersion.objects.filter(observation__in=places)
    if as_of is not None:
        versions = versions.filter(superseded_at__lte=as_of)
    found = versions.order_by("superseded_at").values_list("observation_id", "facts")
    return {places[observation]: facts for observation, facts in found}


def _values_before(
    history: History, revised: Mapping[int, Mapping[str, float | None]], thresholds: Thresholds, full: bool
) -> Mapping[str, Cell]:
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
    found: Mapping[str, Statistics], columns: Sequence[Column], values: Mapping[str, Cell], starts: set[int]
) -> str:
    return "".join(_statistic_rows(found, columns, values, starts))


def _statistic_rows(
    found: Mapping[str, Statistics], columns: Sequence[Column], values: Mapping[str, Cell], starts: set[int]
) -> Iterator[str]:
    rows = {
        "max": _("Highest"),
        "min": _("Lowest"),
        "max_5y": _("Highest, 5 years"),
        "min_5y": _("Lowest, 5 years"),
        "avg_13w": _("Mean of 13"),
    }
    for name, label in rows.items():
        cells = []
        for place, column in enumerate(columns):
            value = getattr(found[column.field], name) if column.field in found else None
            source = values[column.field]
            digits = source.digits if isinstance(source, Numbers) else 0
            text = "" if column.field not in found else written(value, digits, sign=column.tone == "sign")
            cells.append(f"<td{' class=first' if place in starts else ''}>{conditional_escape(text)}</td>")
        yield f'<tr><th scope="row">{label}</th>{"".join(cells)}</tr>'
