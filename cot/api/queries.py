"""What the endpoints may be asked, where no page asks the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from django.utils.translation import gettext as _

from core.errors import Invalid, InvalidRange
from core.exports import TYPES
from core.query import (
    Day,
    Flag,
    Names,
    OneOf,
    Query,
    Several,
    Text,
    Whole,
    declared,
    in_order,
)
from core.series.windows import Size
from cot.models import Category
from cot.parameters import AS_OF
from cot.selectors.board_query import BoardQuery, Row
from cot.selectors.dashboard import RANGES
from cot.selectors.weeks import FIELDS, Fields, WeeksQuery
from cot.variants import REPORTS, SUBTYPE_NAMES, Subtype

# of the calendar: beyond, there is nothing to compute
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
LONGEST: Final = timedelta(days=3660)
KINDS: Final = ("quarantine", "review", "files", "gaps")
LANGUAGES: Final = ("en", "uk", "ru")

BASIS: Final = "Futures only, or futures and options combined."
SUBTYPE: Final = OneOf(SUBTYPE_NAMES, default="fo", description=BASIS)
CATEGORY: Final = Several(Category.values, description="Category; repeatable.")
CODE: Final = Text(description="Contract code.")


@dataclass(frozen=True)
class BestBoardQuery(BoardQuery):
    """The board of every market in its most telling report."""

    subtype: Subtype = declared(SUBTYPE)
    report_type: str = declared(
        OneOf(
            REPORTS, also=("report",), description="Only markets of which this is the best report."
        )
    )

    def keep(self, row: Row) -> bool:
        return self.report_type in ("", row["report_type"]) and super().keep(row)


@dataclass(frozen=True)
class MarketsQuery(Query):
    """Which markets of a variant."""

    category: tuple[str, ...] = declared(CATEGORY)
    q: str = declared(
        Text(description="Words of code, ticker, name or exchange; the nearest market first.")
    )
    universe: str = declared(
        OneOf(
            ("all", "majors", "core"),
            default="all",
            description="majors: the markets everybody looks at; core leaves out power, gas basis and environmental.",
        )
    )


@dataclass(frozen=True)
class DashboardQuery(Query):
    """What of a market; the report is its primary one and the group its speculators when none is named."""

    report_type: str = declared(OneOf(REPORTS, description="Default the market's primary report."))
    subtype: Subtype = declared(SUBTYPE)
    range: str = declared(OneOf(RANGES, default="3Y", description="How far back."))
    lookback: int = declared(
        Whole(least=2, most=3000, description="Observations behind a score (the range).")
    )
    group: str = declared(Text(description="g1 to g5; default the speculators."))
    as_of: datetime | None = declared(AS_OF)

    @property
    def weeks(self) -> Size:
        """How many observations are shown; None for all."""
        return RANGES[self.range]

    @property
    def window(self) -> Size:
        """Over how many observations scores are taken; None for all."""
        return self.lookback or self.weeks


@dataclass(frozen=True, kw_only=True)
class Codes(Names):
    """Contract codes by comma, or each in a parameter of its own; commas alone are Invalid."""

    many: ClassVar[bool] = True

    def read(self, name: str, texts: Sequence[str]) -> tuple[str, ...]:
        if found := super().read(name, [",".join(texts)]):
            return found
        raise Invalid(details={name: [_("Name at least one contract code.")]})


@dataclass(frozen=True)
class ExportQuery(WeeksQuery):
    """The weeks of which markets, written how."""

    codes: tuple[str, ...] = declared(Codes(description="Contract codes by comma; all without it."))
    category: tuple[str, ...] = declared(CATEGORY)
    fields: Fields = declared(
        OneOf(FIELDS, default="facts", description="Facts as printed, basic or full.")
    )
    format: str = declared(OneOf(TYPES, default="csv", description="csv, json or parquet."))
    spreadsheet: bool = declared(
        Flag(description='CSV to be opened in a spreadsheet: codes as ="001602", which stay text.')
    )


@dataclass(frozen=True)
class CalendarQuery(Query):
    """Of which report dates; by default a year back and a year ahead."""

    date_from: date | None = declared(Day(also=("from",), description="First report date."))
    date_to: date | None = declared(
        Day(also=("to",), description="Last report date, at most ten years later.")
    )

    def period(self, today: date) -> tuple[date, date]:
        """First and last report date. Raises InvalidRange beyond what can be computed."""
        names = "date_from", "date_to"
        in_order(self.date_from, self.date_to, names)
        for name, day in zip(names, (self.date_from, self.date_to), strict=True):
            if day and not FIRST_DAY <= day <= LAST_DAY:
                said = {"first": FIRST_DAY, "last": LAST_DAY}
                raise InvalidRange([name], _("A day from %(first)s to %(last)s is needed.") % said)
        first = self.date_from or (self.date_to or today) - timedelta(days=365)
        last = self.date_to or first + timedelta(days=730)
        if last - first > LONGEST:
            raise InvalidRange(names, _("A period of at most ten years is needed."))
        return first, last


@dataclass(frozen=True)
class CategoriesQuery(Query):
    """On which basis."""

    subtype: Subtype = declared(SUBTYPE)


@dataclass(frozen=True)
class VariantQuery(Query):
    """Which report and basis; both stay open when they are not named."""

    report_type: str = declared(OneOf(REPORTS, description="Report type."))
    subtype: str = declared(OneOf(SUBTYPE_NAMES, description=BASIS))

    def of_variant(self, prefix: str = "") -> dict[str, str]:
        """Report type and subtype as conditions of a queryset, as far as they are named."""
        named = {"report_type": self.report_type, "subtype": self.subtype}
        return {prefix + name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class QualityQuery(VariantQuery):
    """What to list of the quality of the data."""

    kind: str = declared(OneOf(KINDS, default="quarantine", description="What to list."))
    open: bool = declared(Flag(default=True, description="Only what is not settled."))
    code: str = declared(CODE)


@dataclass(frozen=True)
class RevisionsQuery(VariantQuery):
    """Which replaced numbers."""

    code: str = declared(CODE)
    since: date | None = declared(Day(description="Only what was replaced since that day."))


@dataclass(frozen=True)
class DefinitionsQuery(Query):
    """In which language."""

    lang: str = declared(OneOf(LANGUAGES, description="Language; default that of the request."))
