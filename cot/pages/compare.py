"""Up to six markets in one chart: the percentile has no unit, so reports of every type may stand side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from core.caching import cached
from core.pages.blocks import Block, NumbersTable, Series, Wording, day_span, numbers_table
from core.pages.figures import PERCENT, Figure, days_axis, line, over_time, percent_axis, score_axis
from core.query import OneOf, Query, Texts, declared
from core.series.cells import Numbers
from core.templatetags.numbers import short_day, written
from core.words import Words
from cot import columns, lifetimes, words
from cot.columns.column import Subject
from cot.errors import UnknownMarket
from cot.pages.charts import crowding_zones
from cot.parameters import AS_OF
from cot.selectors import history
from cot.selectors.dashboard import RANGES
from cot.selectors.market import find, meant
from cot.selectors.names import with_ticker
from cot.selectors.thresholds import thresholds
from cot.variants import Subtype
from cot.words import SHORT_BASES

MOST: Final = 6
WEEKS: Final = 26  # that the table below the chart shows
VALUES: Final[dict[str, Words]] = {"percentile": _("Percentile"), "share": _("Net/OI %")}
COLUMN: Final = {"percentile": "rank_gk_52", "share": "gk_pct_net_oi"}
# Four colours that every eye tells apart, a dotted one and a dashed one.
STROKES: Final = (
    ("var(--g1)", "solid"),
    ("var(--g2)", "solid"),
    ("var(--g3)", "solid"),
    ("var(--g4)", "solid"),
    ("var(--g5)", "2px,2px"),
    ("var(--ink)", "dash"),
)


@dataclass(frozen=True)
class CompareQuery(Query):
    """Which markets, by code, in the order of the address; what of them, and over which time."""

    codes: tuple[str, ...] = declared(Texts(control="address"))
    value: str = declared(OneOf(VALUES, default="percentile", label=_("Compared"), control="links"))
    basis: Subtype = declared(OneOf(SHORT_BASES, default="fo", label=_("Basis"), control="links"))
    range: str = declared(
        OneOf(
            {name: words.RANGES[name] for name in ("6M", "1Y", "2Y", "3Y", "all")},
            default="1Y",
            label=_("Range"),
            control="links",
        )
    )
    as_of: datetime | None = declared(AS_OF)


@dataclass(frozen=True, slots=True)
class Compared:
    """The weeks of one market, oldest first: the value of its speculators, and why one is missing."""

    code: str
    name: str
    group: str
    days: Sequence[str]
    values: Sequence[float | None]
    reasons: Sequence[str | None]


@dataclass(frozen=True)
class Comparison:
    """What the address asks for: the markets that were found, the words that are no market, those beyond six."""

    asked: CompareQuery
    markets: Sequence[Compared]
    unknown: Sequence[str]
    beyond: int

    @cached_property
    def block(self) -> Block | None:
        """The chart with its sentence and the numbers behind it; None where no market has a week."""
        shown = [market for market in self.markets if market.days]
        if not shown:
            return None
        days = sorted({day for market in shown for day in market.days})
        return Block(
            "compare",
            VALUES[self.asked.value],
            "",
            "rank_gk_n" if self.asked.value == "percentile" else "gk_pct_net_oi",
            self._told(shown),
            rows=[date.fromisoformat(day) for day in days],
            series=[
                Series(each.name, _placed(each, days), self._digits, name=each.code)
                for each in shown
            ],
            figure=_figure(shown, days, self.asked.value),
            size="tall",
        )

    @property
    def _digits(self) -> int:
        """A page says percentiles whole."""
        return 0 if self.asked.value == "percentile" else 1

    def _told(self, shown: Sequence[Compared]) -> str:
        return "; ".join(
            gettext("%(market)s (%(group)s) %(value)s on %(day)s")
            % {
                "market": each.name,
                "group": each.group,
                "value": written(each.values[-1], self._digits),
                "day": short_day(date.fromisoformat(each.days[-1])),
            }
            for each in shown
        )

    @property
    def table(self) -> NumbersTable | None:
        """The newest weeks, newest first."""
        if (block := self.block) is None:
            return None
        why = {
            (each.code, day): reason
            for each in self.markets
            for day, reason in zip(each.days, each.reasons, strict=True)
        }
        wording = Wording(
            row=short_day,
            reason=lambda name, row: str(_why(why, name, row)),
            tone=lambda _tone, _value: "",
        )
        span = day_span(block.rows[-WEEKS:][0], block.rows[-1])
        return numbers_table(block, wording, head=gettext("Report"), span=span, most=WEEKS)


def _why(reasons: Mapping[tuple[str, str], str | None], code: str, day: date) -> Words:
    key = (code, day.isoformat())
    return (
        words.reason(reasons[key]) if key in reasons else _("no report of this market on that day")
    )


def _placed(market: Compared, days: Sequence[str]) -> list[float | None]:
    """The values of the market on all the days of the chart."""
    known = dict(zip(market.days, market.values, strict=True))
    return [known.get(day) for day in days]


def _figure(shown: Sequence[Compared], days: Sequence[str], value: str) -> Figure:
    is_percentile = value == "percentile"
    traces = [
        line(each.name, each.days, each.values, colour, width=1.8, dash=dash, hover=PERCENT)
        for each, (colour, dash) in zip(shown, STROKES, strict=False)
    ]
    return over_time(
        traces,
        crowding_zones(90, 10) if is_percentile else (),
        xaxis=days_axis(days),
        yaxis=score_axis(tickvals=[0, 10, 50, 90, 100]) if is_percentile else percent_axis(),
        showlegend=True,
    )


def compared(asked: CompareQuery) -> Comparison:
    """The first six markets that the address names, each once."""
    names = list(dict.fromkeys(meant(code) for code in asked.codes if code.strip()))
    found, unknown = [], []
    for code in names[:MOST]:
        try:
            found.append(Compared(**_market(code, asked)))
        except UnknownMarket:
            unknown.append(code)
    return Comparison(asked, found, unknown, max(0, len(names) - MOST))


def _market(code: str, asked: CompareQuery) -> dict[str, Any]:
    weeks = RANGES[asked.range]
    key = ("compare", get_language(), code, asked.value, asked.basis, asked.range, asked.as_of)
    return cached(
        key,
        depends_on=("cot",),
        seconds=lifetimes.of(asked.as_of, lifetimes.MARKET),
        compute=lambda: _weeks(code, asked, weeks),
    )


def _weeks(code: str, asked: CompareQuery, weeks: int | None) -> dict[str, Any]:
    found = find(code)
    variant = found.variant(subtype=asked.basis)
    past = history.of_market(variant, code, as_of=asked.as_of)
    group = next(group for group in variant.report.groups if group.key == past.line.spec)
    numbers = _numbers(past, asked.value) if len(past) else None
    first = max(0, len(past) - (weeks or len(past)))
    places = range(first, len(past))
    return {
        "code": code,
        "name": with_ticker(code, found.market.name),
        "group": gettext(group.name),
        "days": [str(day) for day in past.dates[first:].tolist()],
        "values": [numbers.at(place) for place in places] if numbers else [],
        "reasons": [numbers.reason(place) for place in places] if numbers else [],
    }


def _numbers(past: history.History, value: str) -> Numbers:
    column = next(each for each in columns.COLUMNS if each.name == COLUMN[value])
    group = next(group for group in past.line.groups if group.key == past.line.spec)
    assert column.formula is not None
    numbers = column.formula(Subject(past.line, group, thresholds()))
    assert isinstance(numbers, Numbers)
    return numbers
