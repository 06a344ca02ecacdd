"""What is known of a market: one market of one variant as arrays, now or at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import numpy as np
from django.db.models import F, FloatField, Q, QuerySet
from django.db.models.functions import Cast

from core.series.windows import FloatArray
from cot.catalogue import registry
from cot.measures.timeline import DateArray, Seam, Timeline
from cot.models import Lineage, Observation, ObservationVersion
from cot.publication.calendar import Release
from cot.selectors import holes
from cot.variants import CONCENTRATION, Variant

_STAMP: Final = (
    "id",
    "report_date",
    "release_at",
    "release_source",
    "release_uncertain",
    "known_at",
    "version",
    "quality",
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """When one row became public and how sure we are of it."""

    observation: int
    report_date: date
    release_at: datetime
    release_source: str
    uncertain: bool
    known_at: datetime
    version: int
    quality: str


@dataclass(frozen=True, slots=True)
class History:
    """All weeks of a market in one variant, oldest first: the n-th stamp belongs to the n-th element of every array."""

    variant: Variant
    code: str
    line: Timeline
    stamps: tuple[Stamp, ...]

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def dates(self) -> DateArray:
        return self.line.dates

    @property
    def facts(self) -> Mapping[str, FloatArray]:
        """Facts as printed, float64 with nan for null."""
        return self.line.facts

    @property
    def newest(self) -> Release | None:
        """When the newest of these weeks became public."""
        if not self.stamps:
            return None
        last = self.stamps[-1]
        return Release(last.report_date, last.release_at, last.release_source, last.uncertain)

    @property
    def release_at(self) -> tuple[datetime, ...]:
        return tuple(stamp.release_at for stamp in self.stamps)


def of_market(variant: Variant, code: str, *, as_of: datetime | None = None) -> History:
    """Every week of that market known at `as_of` (now by default) and not withdrawn then; empty when there is none.

    Two queries, observations and size seams; with `as_of` a third one for the versions replaced since. Once per data
    version, one more for the weeks of the variant that are not stored.
    """
    of_market = of_variant(variant).filter(market_id=code)
    versions = versions_at(variant, code, as_of) if as_of else ()
    earlier = {version.observation_id: version for version in versions}
    known = known_at(of_market, as_of, earlier).order_by("report_date")
    fields = variant.fields
    rows = list(
        with_floats(known).values_list(
            "market__category", *_STAMP, *(_float_name(field) for field in fields)
        )
    )
    until = 1 + len(_STAMP)
    stamps = tuple(_stamp(Stamp(*row[1:until]), earlier) for row in rows)
    table = np.array([row[until:] for row in rows], float).reshape(len(rows), len(fields))
    for place, stamp in enumerate(stamps):
        if version := earlier.get(stamp.observation):
            table[place] = [
                np.nan if (value := version.facts.get(field)) is None else value for field in fields
            ]
    dates = np.array([stamp.report_date for stamp in stamps], "datetime64[D]")
    facts = {field: np.ascontiguousarray(table[:, place]) for place, field in enumerate(fields)}
    line = Timeline(
        dates,
        facts,
        variant.report.groups,
        size_seams().get(code, ()),
        spec=registry.spec_group(variant.type),
        comm=registry.comm_group(variant.type, rows[0][0]) if rows else "",
    )
    if line.gap.any():  # a market without a gap lies on one side of every hole
        line = replace(line, missing=holes.of(variant).holes)
    return History(variant, code, line, stamps)


def _stamp(stamp: Stamp, earlier: Mapping[int, ObservationVersion]) -> Stamp:
    """With the number and the moment of the version that was the truth then: nothing tells of a later one."""
    version = earlier.get(stamp.observation)
    return replace(stamp, known_at=version.known_at, version=version.version) if version else stamp


def empty(variant: Variant) -> History:
    """No week at all: what the columns of a variant are called and typed can be read off it."""
    facts = {field: np.array([], float) for field in variant.fields}
    return History(
        variant, "", Timeline(np.array([], "datetime64[D]"), facts, variant.report.groups), ()
    )


def size_seams() -> dict[str, tuple[Seam, ...]]:
    """The report dates from which a contract is counted in another size, by code."""
    seams: dict[str, list[Seam]] = defaultdict(list)
    rows = Lineage.objects.filter(kind=Lineage.Kind.SIZE, code=F("successor")).order_by("from_date")
    for code, day, factor in rows.values_list("code", "from_date", "factor"):
        seams[code].append(Seam(day, None if factor is None else float(factor)))
    return {code: tuple(found) for code, found in seams.items()}


def of_variant(variant: Variant) -> QuerySet[Observation]:
    return Observation.objects.filter(report_type=variant.type, subtype=variant.subtype)


def known_at(
    rows: QuerySet[Observation], as_of: datetime | None, versions: Collection[int]
) -> QuerySet[Observation]:
    """The rows that were public at `as_of`, in whatever version, and not withdrawn then."""
    if as_of is None:
        return rows.filter(withdrawn_at=None)
    there = Q(withdrawn_at=None) | Q(withdrawn_at__gt=as_of)
    return rows.filter(there, Q(known_at__lte=as_of) | Q(id__in=list(versions)))


def replaced_since(variant: Variant, as_of: datetime | None) -> dict[int, Mapping[str, Any]]:
    """Facts that were the truth at `as_of` and are no longer, by observation."""
    if as_of is None:
        return {}
    return dict(_replaced_since(variant, as_of).values_list("observation_id", "facts"))


def versions_at(variant: Variant, code: str, as_of: datetime) -> QuerySet[ObservationVersion]:
    """What the rows of a market said at `as_of` and say no longer."""
    return _replaced_since(variant, as_of).filter(observation__market_id=code)


def _replaced_since(variant: Variant, as_of: datetime) -> QuerySet[ObservationVersion]:
    """The versions that were the truth at `as_of` and are no longer; of two spans the one that ends sooner is last."""
    return ObservationVersion.objects.filter(
        observation__report_type=variant.type,
        observation__subtype=variant.subtype,
        known_at__lte=as_of,
        superseded_at__gt=as_of,
    ).order_by("-superseded_at")


def with_floats(rows: QuerySet[Observation]) -> QuerySet[Observation]:
    """Concentrations as floats under `<name>_`: a Decimal made for each would cost more than all the rest."""
    return rows.annotate(**{f"{name}_": Cast(name, FloatField()) for name in CONCENTRATION})


def _float_name(field: str) -> str:
    return f"{field}_" if field in CONCENTRATION else field


def float_names(fields: Sequence[str]) -> list[str]:
    """The fields of a query made by `with_floats`."""
    return [_float_name(field) for field in fields]
