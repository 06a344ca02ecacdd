"""What was set aside, what was replaced, what is missing: behind the data page and `/cot/quality`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from core.caching import cached
from core.errors import Conflict
from core.series.cells import as_shown
from cot import lifetimes
from cot.models import Category, Observation, ObservationVersion, QuarantinedRow, ReviewItem
from cot.variants import FACTS, LONGEST_WEEK, Variant

Fact = int | float | None


class AlreadyClosed(Conflict):
    code = "already_closed"

    def __init__(self) -> None:
        super().__init__(_("This item was closed before."))


@dataclass(frozen=True, slots=True)
class ChangedCell:
    """One number that a later file replaced."""

    code: str
    report_type: str
    subtype: str
    report_date: date
    field: str
    was: Fact
    now: Fact
    known_at: datetime
    file: str


def changed_cells(versions: Iterable[ObservationVersion]) -> list[ChangedCell]:
    """What changed when each of these versions was replaced by the next one. Two queries for any number of versions."""
    old = list(versions)
    later = {
        (row.observation_id, row.version): row
        for row in ObservationVersion.objects.filter(
            observation__in={row.observation_id for row in old}
        ).select_related("source_file")
    }
    return [
        cell
        for row in old
        for cell in _cells(row, later.get((row.observation_id, row.version + 1)))
    ]


def replaced() -> QuerySet[ObservationVersion]:
    """Every version that is no longer shown, the last replaced first."""
    return ObservationVersion.objects.select_related("observation__source_file").order_by(
        "-superseded_at", "-id"
    )


def _cells(old: ObservationVersion, new: ObservationVersion | None) -> Iterator[ChangedCell]:
    shown = old.observation
    said = new or shown
    known_at = max(old.superseded_at, said.known_at)  # in between, the row was withdrawn
    for field in FACTS:
        was = _plain(old.facts.get(field))
        now = _plain(new.facts.get(field) if new else getattr(shown, field))
        if was != now:
            yield ChangedCell(
                shown.market_id, shown.report_type, shown.subtype, shown.report_date,
                field, was, now, known_at, said.source_file.url,
            )  # fmt: skip


def _plain(value: object) -> Fact:
    """A stored fact as JSON has it: concentrations are decimals in the table."""
    return float(value) if isinstance(value, Decimal | str) else value  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Gap:
    """Reports of a variant that lack a market which they had before and after."""

    report_type: str
    subtype: str
    code: str
    last_before: date
    first_after: date
    missing: int


def gaps(variant: Variant) -> list[Gap]:
    """Every gap of more than eight days in any market of the variant, the newest first. Kept per data version.

    Weeks of which no report is stored at all are no gap of a market.
    """
    rows = cached(
        ("cot-gaps", variant.key),
        depends_on=("cot",),
        seconds=lifetimes.STEADY,
        compute=lambda: _find_gaps(variant),
    )
    return [
        Gap(
            variant.type,
            variant.subtype,
            code,
            date.fromisoformat(before),
            date.fromisoformat(after),
            missing,
        )
        for code, before, after, missing in rows
    ]


def _find_gaps(variant: Variant) -> list[tuple[str, str, str, int]]:
    stored = Observation.objects.filter(
        report_type=variant.type, subtype=variant.subtype, withdrawn_at=None
    )
    rows = list(stored.order_by("market_id", "report_date").values_list("market_id", "report_date"))
    place = {day: number for number, day in enumerate(sorted({day for _code, day in rows}))}
    found = [
        (code, before.isoformat(), after.isoformat(), place[after] - place[before] - 1)
        for (code, before), (next_code, after) in pairwise(rows)
        if code == next_code
        and (after - before).days > LONGEST_WEEK
        and place[after] - place[before] > 1
    ]
    return sorted(found, key=lambda gap: (gap[2], gap[0]), reverse=True)


@dataclass(frozen=True, slots=True)
class CategoryShare:
    """A category with the number of codes and the share of open interest it has in the newest report."""

    category: str
    sectors: list[str]
    codes: int
    oi_share: float | None

    @property
    def display(self) -> str:
        return str(Category(self.category).label)


def categories(subtype: str) -> list[CategoryShare]:
    """The categories of the newest report, the largest first; consolidated codes add nothing to open interest."""
    rows = cached(
        ("cot-categories", subtype),
        depends_on=("cot",),
        seconds=lifetimes.STEADY,
        compute=lambda: _count_categories(subtype),
    )
    return [CategoryShare(**row) for row in rows]


def _count_categories(subtype: str) -> list[dict[str, Any]]:
    stored = Observation.objects.filter(
        subtype=subtype, withdrawn_at=None, report_type=F("market__primary_report")
    )
    newest = stored.order_by().values_list("report_type").annotate(Max("report_date"))
    wanted = reduce(
        or_, (Q(report_type=kind, report_date=day) for kind, day in newest), Q(pk__in=[])
    )
    own = Sum("open_interest", filter=Q(market__is_consolidated=False), default=0)
    rows = (
        stored.filter(wanted)
        .order_by()
        .values_list("market__category", "market__sector")
        .annotate(Count("pk"), interest=own)
    )
    found: dict[str, dict[str, Any]] = {}
    for category, sector, codes, interest in rows:
        entry = found.setdefault(
            category, {"category": category, "sectors": [], "codes": 0, "interest": 0}
        )
        entry["sectors"].append(sector)
        entry["codes"] += codes
        entry["interest"] += interest
    total = sum(entry["interest"] for entry in found.values())
    return [
        _share(entry, total)
        for entry in sorted(found.values(), key=lambda entry: -entry["interest"])
    ]


def _share(entry: dict[str, Any], total: int) -> dict[str, Any]:
    share = as_shown(100 * entry.pop("interest") / total, 1) if total else None
    return entry | {"sectors": sorted(entry["sectors"]), "oi_share": share}


def close_review(*, item: ReviewItem, note: str, at: datetime) -> None:
    """A person has looked at it. Closing twice is refused, so that of two notes none is lost."""
    if not ReviewItem.objects.filter(pk=item.pk, closed_at=None).update(closed_at=at, note=note):
        raise AlreadyClosed


def close_quarantined(*, row: QuarantinedRow, at: datetime) -> None:
    """Nothing will come of this row: the last good observation stays what is shown."""
    obsolete = QuarantinedRow.Resolution.OBSOLETE
    if not QuarantinedRow.objects.filter(pk=row.pk, resolved_at=None).update(
        resolved_at=at, resolution=obsolete
    ):
        raise AlreadyClosed
