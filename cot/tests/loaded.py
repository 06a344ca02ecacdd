"""Real rows put into the database by the plainest loader there is, for tests of what reads them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from cot.catalogue import registry
from cot.models import Market, Observation, SourceFile
from cot.publication import calendar
from cot.tests.stored import source_file
from cot.variants import Variant


def load(rows: pd.DataFrame, of: Variant, categories: dict[str, str] | None = None) -> SourceFile:
    """Store a frame of `real_files`; a market is filed under `other` unless `categories` says better."""
    file = source_file(of.type, of.subtype)
    spans = rows.groupby("code").date.agg(["min", "max"])
    Market.objects.bulk_create(
        (
            Market(
                code=code, name=f"MARKET {code}", exchange_code="XXX", primary_report=of.type,
                spec_group=registry.spec_group(of.type), category=(categories or {}).get(code, "other"),
                first_date=first.date(), last_date=last.date(), search_text=f"{code.lower()} · market {code.lower()}",
            )
            for code, first, last in spans.itertuples()
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    released = {day: calendar.derived(day.date()) for day in rows.date.unique()}
    fields = [field for field in of.fields if field in rows.columns]
    facts = rows[fields].to_numpy(float)
    Observation.objects.bulk_create(
        Observation(
            report_type=of.type, subtype=of.subtype, market_id=code, report_date=day.date(), source_file=file,
            release_at=released[day].release_at, release_source="derived", known_at=released[day].release_at,
            vintage_basis="backfilled", source_line=line,
            **{field: None if np.isnan(value) else value for field, value in zip(fields, facts[line], strict=True)},
        )
        for line, (code, day) in enumerate(zip(rows.code, rows.date, strict=True))
    )  # fmt: skip
    return file


def weeks(code: str, first: date, count: int, **facts: list[float]) -> pd.DataFrame:
    """A frame of one market with the same facts every week unless given week by week."""
    days = pd.date_range(first, periods=count, freq="7D")
    base = {"code": code, "date": days, "open_interest": 1000.0, "oi_change": 5.0}
    zero = {
        f"g{k}_{part}": 10.0
        for k in range(1, 6)
        for part in ("long", "short", "long_change", "short_change")
    }
    return pd.DataFrame(
        base | zero | {name: np.array(values, float) for name, values in facts.items()}
    )
