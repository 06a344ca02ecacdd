"""What each number of the guide says in a real market right now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import get_language, gettext

from core.caching import cached
from core.series.cells import Numbers
from core.templatetags.numbers import short_day, written
from cot import lifetimes
from cot.catalogue.registry import spec_group
from cot.columns import DEFINITIONS, weekly
from cot.columns.column import Definition
from cot.measures.indicators import Thresholds
from cot.models import Market
from cot.selectors import history
from cot.selectors.names import with_ticker
from cot.variants import VARIANTS

EXAMPLE: Final = "088691"  # gold: in every report, never without a week
YEAR: Final = "52"


def live_examples(thresholds: Thresholds) -> dict[str, Any]:
    """What every defined number is in the example market's newest report: `market` and `values` by key."""
    key = ("cot-guide", get_language(), thresholds.buy, thresholds.sell)
    return cached(
        key, depends_on=("cot",), seconds=lifetimes.MARKET, compute=lambda: _examples(thresholds)
    )


def _examples(thresholds: Thresholds) -> dict[str, Any]:
    market = Market.objects.filter(code=EXAMPLE).first()
    found = history.of_market(VARIANTS[f"{market.primary_report}_fo"], EXAMPLE) if market else None
    if market is None or found is None or not len(found):
        return {}
    group = spec_group(market.primary_report)
    columns = weekly(found.line, thresholds, full=True)
    values = {entry.key: _value_now(entry, columns, group) for entry in DEFINITIONS}
    return {
        "market": with_ticker(market.code, market.name),
        "group": gettext(found.variant.report.group(group).name),
        "date": short_day(found.stamps[-1].report_date),
        "values": {key: value for key, value in values.items() if value},
    }


def _value_now(entry: Definition, columns: Mapping[str, Any], group: str) -> str:
    """The newest value of the first column the definition speaks of; nothing where it is no plain number."""
    for pattern in (entry.key, *entry.columns):
        name = pattern.replace("gk", group)
        for column in (columns.get(name), columns.get(f"{name.removesuffix('_n')}_{YEAR}")):
            if isinstance(column, Numbers) and (value := column.at(-1)) is not None:
                return written(value, column.digits)
    return ""
