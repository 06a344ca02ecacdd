"""A file beside what is stored of its dates: which rows are new, and which say what is stored already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cot.pipeline import columns
from cot.pipeline.report_table import Facts, Floats, Mask, ReportTable, as_facts, fields_of, keys_of
from cot.pipeline.store import Stored


@dataclass(frozen=True, slots=True)
class Comparison:
    """For every row of the file the place of the stored row of the same key (−1: none); its facts, if any is known."""

    table: ReportTable
    stored: Stored
    places: npt.NDArray[np.int64]
    facts: Floats  # where the file is silent, those of the stored row

    @property
    def is_new(self) -> Mask:
        return self.places < 0

    @property
    def is_same(self) -> Mask:
        """Rows whose facts are those of the stored row; crop years are not looked at."""
        same = np.zeros(len(self.table), dtype=bool)
        known = ~self.is_new
        if not known.any():
            return same
        printed, stored = self.facts[known], self.stored.facts[self.places[known]]
        same[known] = ((printed == stored) | (np.isnan(printed) & np.isnan(stored))).all(axis=1)
        return same

    def facts_of(self, row: int) -> Facts:
        return as_facts(fields_of(self.table.variant), self.facts[row])

    def crops(self) -> dict[int, dict[str, Facts]]:
        """Old and other crop years by row of the file; where it is silent, what is stored."""
        crops = self.table.crops()
        for row, crop in crops.items() if self.table.silent else ():
            if was := self._stored_crop(row):
                for name in columns.CROPS:
                    fields = _silent_fields(self.table, name)
                    crop[name] |= {field: was[name][field] for field in fields}
        return crops

    def _stored_crop(self, row: int) -> Mapping[str, Facts] | None:
        place = self.places[row]
        return self.stored.crops.get(self.stored.rows[place].id) if place >= 0 else None

    def only(self, rows: Mask) -> Comparison:
        """The same of some rows of the file."""
        if rows.all():
            return self
        return Comparison(self.table.take(rows), self.stored, self.places[rows], self.facts[rows])


def compare(table: ReportTable, stored: Stored) -> Comparison:
    places = _places(table, stored)
    known = places >= 0
    if not known.any():  # of a first load, which may be thirty years, nothing need be laid out
        return Comparison(table, stored, places, np.empty((len(table), 0)))
    facts = table.matrix()
    fields = fields_of(table.variant)
    for place in map(fields.index, _silent_fields(table)):
        facts[known, place] = stored.facts[places[known], place]
    return Comparison(table, stored, places, facts)


def _silent_fields(table: ReportTable, crop: str = "all") -> list[str]:
    """Facts of which the file says nothing."""
    printed = columns.fact_columns(table.variant, crop)
    return [field for field, column in printed.items() if column in table.silent]


def _places(table: ReportTable, stored: Stored) -> npt.NDArray[np.int64]:
    if not len(stored) or not len(table):
        return np.full(len(table), -1, dtype=np.int64)
    codes = dict.fromkeys([*stored.codes, *table.codes])
    order = {code: place for place, code in enumerate(codes)}
    known = keys_of(stored.codes, stored.dates, order)
    wanted = keys_of(table.codes, table.dates, order)
    sorting = np.argsort(known)
    found = np.minimum(np.searchsorted(known[sorting], wanted), len(known) - 1)
    places = sorting[found]
    return np.where(known[places] == wanted, places, -1)
