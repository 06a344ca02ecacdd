"""All markets of a variant at once, now or as they were known at an instant: what the board is computed from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import CharField, F
from django.db.models.functions import Cast

from core.series.windows import FloatArray, IntArray
from cot.measures.board import Newest
from cot.measures.timeline import DateArray
from cot.selectors.history import (
    float_names,
    known_at,
    of_variant,
    replaced_since,
    size_seams,
    with_floats,
)
from cot.variants import Variant

_STAMP: Final = (
    "id",
    "market_id",
    "report_date",
    "release_at",
    "release_source",
    "release_uncertain",
)
_PIECE: Final = 1000  # rows


@dataclass(frozen=True, slots=True)
class NewestReport:
    """The newest report of one market."""

    code: str
    report_date: date
    release_at: datetime
    release_source: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """The n-th stamp belongs to the n-th market of `rows`."""

    rows: Newest
    stamps: tuple[NewestReport, ...]


def all_markets(
    variant: Variant, *, as_of: datetime | None = None, codes: Collection[str] | None = None
) -> Panel:
    """Every market of the variant (or of `codes`) known at `as_of`: three queries, four with `as_of`."""
    versions = replaced_since(variant, as_of)
    groups = [group.key for group in variant.report.groups]
    ids, markets, dates, values = _history(variant, as_of, codes, versions)
    starts = np.flatnonzero(np.append(True, markets[1:] != markets[:-1])[: len(ids)])
    ends = np.append(starts[1:], len(ids))[: len(starts)]
    for place, observation in enumerate(ids.tolist() if versions else ()):
        if earlier := versions.get(observation):
            values[:, place] = _summary(earlier, groups)
    stamps, facts = _newest_rows(variant, ids[ends - 1].tolist(), versions)
    rows = Newest(
        codes=tuple(stamp.code for stamp in stamps),
        starts=starts,
        dates=dates,
        interest=values[0],
        nets=dict(zip(groups, values[1:], strict=True)),
        facts=facts,
        groups=variant.report.groups,
        seams=size_seams(),
    )
    return Panel(rows, stamps)


def _history(
    variant: Variant,
    as_of: datetime | None,
    codes: Collection[str] | None,
    versions: Mapping[int, Any],
) -> tuple[IntArray, npt.NDArray[np.str_], DateArray, FloatArray]:
    """Id, market and date of every row, and a table of open interest and the nets with a column per row.

    Read from the cursor and turned into arrays piece by piece: three times faster than the rows of a queryset, and
    nothing but arrays is held.
    """
    rows = known_at(of_variant(variant), as_of, versions)
    if codes is not None:
        rows = rows.filter(market_id__in=codes)
    nets = {
        f"net_{group.key}": F(f"{group.key}_long") - F(f"{group.key}_short")
        for group in variant.report.groups
    }
    query = rows.annotate(day=Cast("report_date", CharField()), **nets).order_by(
        "market_id", "report_date"
    )
    pieces = [_arrays([], 1 + len(nets))]
    with connection.cursor() as cursor, suppress(EmptyResultSet):  # asked for no codes at all
        cursor.execute(
            *query.values_list(
                "id", "market_id", "day", "open_interest", *nets
            ).query.sql_with_params()
        )
        while piece := cursor.fetchmany(_PIECE):
            pieces.append(_arrays(piece, 1 + len(nets)))
    ids, markets, dates, values = zip(*pieces, strict=True)
    return (
        np.concatenate(ids),
        np.concatenate(markets),
        np.concatenate(dates),
        np.concatenate(values, axis=1),
    )


def _arrays(
    rows: Sequence[tuple[Any, ...]], numbers: int
) -> tuple[IntArray, npt.NDArray[np.str_], DateArray, FloatArray]:
    ids, markets, days, *values = zip(*rows, strict=True) if rows else [()] * (3 + numbers)
    table = np.array(values, float).reshape(numbers, len(rows))
    return np.array(ids, np.int64), np.array(markets, "U6"), np.array(days, "datetime64[D]"), table


def _summary(facts: Mapping[str, Any], groups: Sequence[str]) -> list[float]:
    """Open interest and nets of a replaced version."""
    known = {
        name: np.nan if value is None else value for name, value in facts.items() if name != "crop"
    }
    nets = [known.get(f"{key}_long", np.nan) - known.get(f"{key}_short", np.nan) for key in groups]
    return [known["open_interest"], *nets]


def _newest_rows(
    variant: Variant, ids: Sequence[int], versions: Mapping[int, Mapping[str, Any]]
) -> tuple[tuple[NewestReport, ...], dict[str, FloatArray]]:
    """The newest row of each market in the order of `ids`, whole."""
    rows = with_floats(of_variant(variant).filter(id__in=ids)).values_list(
        *_STAMP, *float_names(variant.fields)
    )
    by_id = {row[0]: row for row in rows}
    ordered = [by_id[observation] for observation in ids]
    facts = [
        [earlier.get(field) for field in variant.fields]
        if (earlier := versions.get(row[0]))
        else row[len(_STAMP) :]
        for row in ordered
    ]
    table = np.array(facts, float).reshape(len(ids), len(variant.fields))
    named = {
        field: np.ascontiguousarray(table[:, place]) for place, field in enumerate(variant.fields)
    }
    return tuple(NewestReport(*row[1 : len(_STAMP)]) for row in ordered), named
