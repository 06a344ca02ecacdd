"""Old and other crop years of a market's weeks, as the CFTC prints them beside all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cot.models import CropSplit
from cot.selectors.history import History, versions_at
from cot.selectors.weeks import Value
from cot.variants import Variant

CROPS: Final = ("old", "other")
Split = Mapping[str, Mapping[str, Value]]


def of_weeks(shown: History, *, as_of: datetime | None = None) -> list[Split | None]:
    """Old and other by the names of facts, week by week; None where nothing belongs to other crop years.

    One query, with `as_of` a second one for what was printed then; none for a report without crop years.
    """
    of = shown.variant
    if not of.report.has_crop_years:
        return [None] * len(shown)
    rows = CropSplit.objects.filter(
        observation__report_type=of.type,
        observation__subtype=of.subtype,
        observation__market_id=shown.code,
    )
    found: dict[int, Split | None] = {
        row: {
            "old": dict(zip(of.crop_fields, old, strict=True)),
            "other": dict(zip(of.crop_fields, other, strict=True)),
        }
        for row, old, other in rows.values_list("observation_id", "old", "other")
    }
    if as_of:
        earlier = versions_at(of, shown.code, as_of)
        found |= {version.observation_id: version.facts.get("crop") for version in earlier}
    return [found.get(stamp.observation) for stamp in shown.stamps]


def columns(variant: Variant) -> dict[str, str]:
    """The columns of a file and their fact: `old_g1_long` of `g1_long`; none for a report without crop years."""
    fields = variant.crop_fields if variant.report.has_crop_years else ()
    return {f"{crop}_{field}": field for crop in CROPS for field in fields}


def values(split: Split | None, variant: Variant) -> list[Value]:
    """A week in the order of `columns`."""
    if split is None:
        return [None] * len(columns(variant))
    return [split[crop][field] for crop in CROPS for field in variant.crop_fields]
