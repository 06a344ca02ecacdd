"""Why a number of a report does not exist, beside what `core.series.cells` knows: nothing ever stands in for it."""

from __future__ import annotations

from core.series.cells import add_reasons

add_reasons("size_seam", "no_prior_week", "suppressed", "oi_zero", "no_price", "no_counterpart")
add_reasons("too_small", "weeks_missing")
