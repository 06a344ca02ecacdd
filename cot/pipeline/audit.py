"""The identities once more, over what is stored instead of over a file (`audit_cot`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
from django.db.models import Max, Min

from cot.models import Observation
from cot.pipeline import columns, identities, store
from cot.pipeline.report_table import Floats, ReportTable, fields_of
from cot.pipeline.store import Stored
from cot.variants import Variant


@dataclass(slots=True)
class Audit:
    """How many stored rows were checked, how many break an identity, and which."""

    rows: int = 0
    failing: int = 0
    reasons: Counter[str] = field(default_factory=Counter)


def audit(variant: Variant) -> Audit:
    """Check every stored row of the variant; published percentages are not stored, so they are not checked again."""
    found = Audit()
    today = datetime.now(UTC).date()
    for first, last in _years(variant):
        table = as_table(store.stored_rows(variant, first, last, crops_from=first))
        failures = identities.check(table, today=today, stored=lambda code, day: iter(()))
        found.rows += len(table)
        found.failing += len({failure.row for failure in failures})
        found.reasons.update(
            {(failure.row, failure.reason): failure.reason for failure in failures}.values()
        )
    return found


def _years(variant: Variant) -> Iterator[tuple[date, date]]:
    stored = Observation.objects.filter(report_type=variant.type, subtype=variant.subtype)
    span = stored.aggregate(first=Min("report_date"), last=Max("report_date"))
    if span["first"]:
        for year in range(span["first"].year, span["last"].year + 1):
            yield date(year, 1, 1), date(year, 12, 31)


def as_table(stored: Stored) -> ReportTable:
    """Stored rows in the form of a file; a row without crop split belongs to the old crop year altogether."""
    variant = stored.variant
    facts = dict(zip(fields_of(variant), stored.facts.T, strict=True))
    numbers = {column: facts[name] for name, column in columns.fact_columns(variant).items()}
    numbers |= {
        column: np.full(len(stored), np.nan) for column in columns.percent_columns(variant).values()
    }
    if variant.report.has_crop_years:
        for crop in columns.CROPS:
            names = columns.fact_columns(variant, crop)
            numbers |= {
                column: _crop(stored, name, crop, facts[name]) for name, column in names.items()
            }
    return ReportTable(
        variant=variant,
        codes=stored.codes,
        dates=stored.dates,
        lines=np.array([row.source_line for row in stored.rows], dtype=np.int64),
        numbers=numbers,
        labels={},
        rejected=(),
        duplicates=0,
        text=bytes,
    )


def _crop(stored: Stored, name: str, crop: str, whole: Floats) -> Floats:
    default = whole if crop == "old" else np.zeros(len(stored))
    values = default.copy()
    for place, row in enumerate(stored.rows):
        if split := stored.crops.get(row.id):
            printed = split[crop][name]
            values[place] = np.nan if printed is None else printed
    return values
