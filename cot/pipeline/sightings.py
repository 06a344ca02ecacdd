"""Which markets a file names, and how it spells them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from cot.catalogue.markets import Sighting
from cot.pipeline import columns
from cot.pipeline.report_table import ReportTable


def split_name(printed: str) -> tuple[str, str]:
    """Market and exchange: the exchange is what follows the last " - "; the market part may be blank."""
    market, _, exchange = f" {printed}".rpartition(" - ")
    return market.strip(), exchange.strip()


def sightings(table: ReportTable) -> Iterator[Sighting]:
    """Every spelling of every market in the file with the report dates it spans."""
    names = (
        columns.NAME,
        columns.EXCHANGE,
        columns.COMMODITY,
        columns.SUBGROUP,
        columns.REGION,
        columns.UNITS,
    )
    labels = [table.labels.get(name) for name in names]
    order = {code: place for place, code in enumerate(dict.fromkeys(table.codes))}
    spelling = np.array([order[code] for code in table.codes], dtype=np.int64)
    # one number per combination: the digits are the places of its parts
    for label in filter(None, labels):
        _, spelling = np.unique(spelling * len(label.values) + label.index, return_inverse=True)
    spellings, inverse = np.unique(spelling, return_inverse=True)
    days = table.dates.astype(np.int64)
    first = np.full(len(spellings), np.iinfo(np.int64).max)
    last = np.zeros(len(spellings), dtype=np.int64) - 10**6
    np.minimum.at(first, inverse, days)
    np.maximum.at(last, inverse, days)
    rows = np.zeros(len(spellings), dtype=np.int64)
    rows[inverse] = np.arange(len(table))
    for place, row in enumerate(rows.tolist()):
        name, exchange, commodity, subgroup, region, units = (
            label.values[label.index[row]] if label else "" for label in labels
        )
        market, exchange_name = split_name(name)
        yield Sighting(
            code=table.codes[row],
            name=market,
            exchange_name=exchange_name,
            exchange_code=exchange,
            commodity_code=commodity,
            subgroup_code=subgroup,
            region_code=region,
            units=units,
            first_date=_day(first[place]),
            last_date=_day(last[place]),
        )


def _day(number: np.int64) -> date:
    day: date = np.datetime64(int(number), "D").astype(object)
    return day
