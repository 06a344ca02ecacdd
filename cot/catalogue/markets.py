"""The market registry in the database: which markets exist, under which names, in which category.

`record` is called with every file before its rows are stored, `refresh` once after all files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Final

from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from cot.catalogue import registry
from cot.catalogue.shipped import lines
from cot.catalogue.sought import searchable
from cot.catalogue.spellings import Period, Spelling, merge
from cot.models import Lineage, Market, MarketName, Observation, ReviewItem
from cot.variants import LONGEST_WEEK, Variant

_COLUMNS: Final = [field.attname for field in Market._meta.concrete_fields]
_values: Final[Callable[[Market], tuple[object, ...]]] = attrgetter(*_COLUMNS)
JUMP: Final = (0.6, 1.6)  # open interest beside the week before: outside these it jumped
LIVING: Final = timedelta(weeks=26)  # since its last report a market may come back
LEGACY_UNITS: Final = 40  # letters of the units text that the legacy report prints
WEEKLY_SINCE: Final = date(1992, 10, 1)  # before, positions were counted twice a month
HALF_MONTH: Final = 18  # days


@dataclass(frozen=True, slots=True)
class Sighting:
    """One spelling of a market in one file, and the report dates it spans."""

    code: str
    name: str
    exchange_name: str
    exchange_code: str
    commodity_code: str
    subgroup_code: str
    region_code: str
    units: str
    first_date: date
    last_date: date

    @property
    def period(self) -> Period:
        spelling = Spelling(self.name, self.exchange_name, self.units, self.commodity_code)
        return Period(spelling, self.first_date, self.last_date)


@dataclass(frozen=True, slots=True)
class MarketChanges:
    """Codes a file brought: never seen before, shown under another name now, or known by neither code nor commodity."""

    new: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()
    unclassified: frozenset[str] = frozenset()


@transaction.atomic
def record(variant: Variant, sightings: Sequence[Sighting]) -> MarketChanges:
    """Create or update the markets a file names and their name history; a second time changes nothing."""
    seen: dict[str, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        seen[sighting.code].append(sighting)
    markets = {market.code: market for market in Market.objects.filter(code__in=seen)}
    before = {code: _values(market) for code, market in markets.items()}
    stored = _history(seen.keys())
    histories = {
        code: merge([*stored[code], *(s.period for s in seen[code] if s.name)]) for code in seen
    }
    for code, history in histories.items():
        markets[code] = _updated(markets.get(code), seen[code], history, variant)
    # Markets before their names: a name without its market makes SQLite look through all children of every new market.
    _save([market for code, market in markets.items() if _values(market) != before.get(code)])
    _write_histories(stored, histories)
    new = markets.keys() - before.keys()
    _open_same_names({code: seen[code] for code in new})
    return MarketChanges(
        new=frozenset(new),
        renamed=frozenset(c for c in before if _shown(before[c]) != _shown(_values(markets[c]))),
        unclassified=frozenset(_open_unclassified(markets, before)),
    )


def _save(markets: Iterable[Market]) -> None:
    columns = [name for name in _COLUMNS if name != "code"]
    Market.objects.bulk_create(
        markets, update_conflicts=True, unique_fields=["code"], update_fields=columns
    )


def _shown(values: tuple[object, ...]) -> tuple[object, ...]:
    return values[_COLUMNS.index("name")], values[_COLUMNS.index("exchange_name")]


def _history(codes: Collection[str]) -> dict[str, list[Period]]:
    """Stored names of these markets, oldest first. One query."""
    rows = MarketName.objects.filter(market__in=codes).order_by("market", "first_date")
    stored: dict[str, list[Period]] = defaultdict(list)
    for code, first, last, *spelling in rows.values_list(
        "market_id", "first_date", "last_date", "name", "exchange_name", "units", "commodity_code"
    ):
        stored[code].append(Period(Spelling(*spelling), first, last))
    return stored


def _write_histories(
    stored: Mapping[str, list[Period]], merged: Mapping[str, list[Period]]
) -> None:
    """Write the periods that are new or changed, and remove those that were merged into another."""
    begun = {code: {period.first_date for period in history} for code, history in merged.items()}
    for code, periods in stored.items():
        if gone := [
            period.first_date for period in periods if period.first_date not in begun[code]
        ]:
            MarketName.objects.filter(market=code, first_date__in=gone).delete()
    changed = (
        MarketName(
            market_id=code, first_date=p.first_date, last_date=p.last_date, **p.spelling._asdict()
        )
        for code, history in merged.items()
        if history != stored[code]
        for p in history
        if p not in stored[code]
    )
    MarketName.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["market", "first_date"],
        update_fields=["name", "exchange_name", "units", "commodity_code", "last_date"],
    )


def _updated(
    market: Market | None, seen: list[Sighting], history: list[Period], variant: Variant
) -> Market:
    """The market as its newest row shows it; codes a file does not carry keep what another file said.

    The dates of a market are those of its stored observations: `refresh` sets them.
    """
    newest = max(seen, key=lambda s: (s.last_date, s.period.spelling.strength))
    if market is None:
        first = min(s.first_date for s in seen)
        market = Market(
            code=newest.code, name=newest.code, first_date=first, last_date=newest.last_date
        )
        market.primary_report = variant.type
        market.is_consolidated = newest.code.endswith("+")
    leads = not history or newest.last_date >= history[-1].last_date
    for column in ("exchange_code", "region_code", "subgroup_code"):
        told = getattr(newest, column)
        if told and (leads or not getattr(market, column)):
            setattr(market, column, told)
    _place(market, history)
    return market


def _place(market: Market, history: list[Period]) -> None:
    """Name, category and groups of a market from its history and its report."""
    if history:
        for column, value in history[-1].spelling._asdict().items():
            setattr(market, column, value)
    found = registry.classify(market.code, market.commodity_code, market.subgroup_code)
    market.category, market.sector, market.category_basis = (
        found.category,
        found.sector,
        found.basis,
    )
    market.spec_group = registry.spec_group(market.primary_report)
    market.comm_group = registry.comm_group(market.primary_report, market.category)
    spellings = [period.spelling for period in reversed(history)]
    market.search_text = searchable(
        market.code,
        [spelling.name for spelling in spellings] or [market.name],
        [market.exchange_name, *(spelling.exchange_name for spelling in spellings)],
        market.exchange_code,
    )


def _open_unclassified(
    markets: dict[str, Market], before: dict[str, tuple[object, ...]]
) -> list[str]:
    """Ask a person about markets only a subgroup, or nothing, classifies; codes asked about anew."""
    basis = _COLUMNS.index("category_basis")
    codes = [
        code
        for code, market in markets.items()
        if market.category_basis in ("subgroup", "none")
        and (code not in before or before[code][basis] != market.category_basis)
    ]
    kind = ReviewItem.Kind.UNCLASSIFIED
    asked = set(
        ReviewItem.objects.filter(kind=kind, closed_at=None, market__in=codes).values_list(
            "market", flat=True
        )
    )
    new = [markets[code] for code in codes if code not in asked]
    _open_reviews(
        kind,
        {
            m.code: {"commodity_code": m.commodity_code, "subgroup_code": m.subgroup_code}
            for m in new
        },
    )
    return [market.code for market in new]


def _open_same_names(new: Mapping[str, Sequence[Sighting]]) -> None:
    """Ask a person about new codes under the name and exchange of a market of the same time.

    Another code in the same file is of the same time when their dates meet, a stored market half a year on.
    """
    others: dict[tuple[str, str], list[MarketName]] = defaultdict(list)
    names = {sighting.name for found in new.values() for sighting in found if sighting.name}
    for row in MarketName.objects.filter(name__in=names) if names else ():
        others[row.name, row.exchange_name].append(row)
    known = set(Lineage.objects.values_list("code", "successor"))
    payloads: dict[str, dict[str, object]] = {}
    for code, sighting in ((code, each) for code, found in new.items() for each in found):
        for other in others[sighting.name, sighting.exchange_name]:
            apart = timedelta(0) if other.market_id in new else LIVING
            if (
                other.market_id != code
                and other.first_date <= sighting.last_date + apart
                and sighting.first_date <= other.last_date + apart
                and not {(code, other.market_id), (other.market_id, code)} & known
            ):
                payloads[code] = {
                    "name": sighting.name,
                    "exchange": sighting.exchange_name,
                    "other": other.market_id,
                    "report_date": sighting.first_date.isoformat(),
                }
                break
    _open_reviews(ReviewItem.Kind.SAME_NAME, payloads)


def _open_reviews(kind: ReviewItem.Kind, payloads: dict[str, dict[str, object]]) -> None:
    now = timezone.now()
    ReviewItem.objects.bulk_create(
        ReviewItem(kind=kind, market_id=code, payload=payload, opened_at=now)
        for code, payload in payloads.items()
    )


@transaction.atomic
def refresh(codes: Iterable[str] | None = None) -> int:
    """Recompute what is derived of these markets, of all when none are named; how many changed.

    First and last date and the primary report come from observations, the rest from names and codes.
    """
    markets = Market.objects.all() if codes is None else Market.objects.filter(code__in=set(codes))
    stored = {market.code: market for market in markets}
    before = {code: _values(market) for code, market in stored.items()}
    histories = _history(stored.keys())
    for code, (reports, first, last) in _spans(stored.keys()).items():
        stored[code].primary_report = registry.primary_report(reports)
        stored[code].first_date, stored[code].last_date = first, last
    for code, market in stored.items():
        _place(market, histories[code])
    changed = [market for code, market in stored.items() if _values(market) != before[code]]
    _save(changed)
    _close_classified()
    _open_unit_changes(histories)
    return len(changed)


def _spans(codes: Collection[str]) -> dict[str, tuple[set[str], date, date]]:
    """Reports a market occurs in, and its first and last report date. One query along the unique index."""
    rows = Observation.objects.order_by().values_list("report_type", "subtype", "market_id")
    spans: dict[str, tuple[set[str], date, date]] = {}
    for report, _, code, first, last in rows.annotate(Min("report_date"), Max("report_date")):
        if code in codes:
            reports, earliest, latest = spans.get(code, (set(), first, last))
            spans[code] = ({*reports, report}, min(earliest, first), max(latest, last))
    return spans


def _close_classified() -> None:
    """A question that a newer commodity code answered needs nobody any more."""
    answered = ReviewItem.objects.filter(kind=ReviewItem.Kind.UNCLASSIFIED, closed_at=None)
    answered.exclude(market__category_basis__in=["subgroup", "none"]).update(
        closed_at=timezone.now(), note="classified by a newer row"
    )


def _open_unit_changes(histories: dict[str, list[Period]]) -> None:
    """Ask a person about contracts whose size in words and open interest jumped from one report to the next.

    Of a market one question waits at a time, the oldest first.
    """
    steps = {
        (code, after.first_date): (before, after)
        for code, history in histories.items()
        for before, after in pairwise(history)
        if _size_differs(before.spelling.units, after.spelling.units) and _follows(before, after)
    }
    if not steps:
        return
    interest = _open_interest(steps.values(), {code for code, _ in steps})
    questions = ReviewItem.objects.filter(kind=ReviewItem.Kind.UNIT_CHANGED)
    asked = set(questions.values_list("market", "payload__report_date"))
    waiting = set(questions.filter(closed_at=None).values_list("market", flat=True))
    known = set(Lineage.objects.filter(kind=Lineage.Kind.SIZE).values_list("code", "from_date"))
    payloads: dict[str, dict[str, object]] = {}
    for (code, day), (before, after) in steps.items():
        was, now = interest.get((code, before.last_date)), interest.get((code, day))
        if (
            code not in waiting
            and was
            and now
            and not JUMP[0] <= now / was <= JUMP[1]
            and (code, day.isoformat()) not in asked
            and (code, day) not in known
        ):
            waiting.add(code)
            payloads[code] = {
                "report_date": day.isoformat(),
                "units": [before.spelling.units, after.spelling.units],
                "open_interest": [was, now],
            }
    _open_reviews(ReviewItem.Kind.UNIT_CHANGED, payloads)


def _follows(before: Period, after: Period) -> bool:
    """Whether no report lies between the two periods."""
    longest = LONGEST_WEEK if after.first_date >= WEEKLY_SINCE else HALF_MONTH
    return (after.first_date - before.last_date).days <= longest


def _size_differs(before: str, after: str) -> bool:
    """Whether the numbers in two units texts differ; a text the legacy report cut short says nothing."""
    short, long = sorted((before, after), key=len)
    if len(short) >= LEGACY_UNITS and long.startswith(short):
        return False
    return _numbers(before) != _numbers(after)


def _numbers(units: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", units)]


def _open_interest(
    steps: Iterable[tuple[Period, Period]], codes: Collection[str]
) -> dict[tuple[str, date], int]:
    """Open interest of these markets on both sides of their steps, futures only; it is the same in every report."""
    days = {day for before, after in steps for day in (before.last_date, after.first_date)}
    rows = Observation.objects.filter(subtype="fo", market__in=codes, report_date__in=days)
    return {
        (code, day): oi
        for code, day, oi in rows.values_list("market_id", "report_date", "open_interest")
    }


def sync_lineage() -> int:
    """Store the shipped lineage of contracts, correcting earlier versions of it; how many rows."""
    rows = [Lineage(**row | {"factor": row["factor"] or None}) for row in lines("lineage.csv")]
    Lineage.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["code", "successor", "from_date"],
        update_fields=["kind", "factor", "note"],
    )
    return len(rows)
