"""A small market for the tests of its pages: sixty weeks of gold, and corn beside it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from core import versions
from cot.catalogue.sought import searchable
from cot.models import Market
from cot.pipeline import deriving
from cot.tests import loaded
from cot.variants import variant

FIRST = date(2025, 1, 7)
WEEKS = 60
CODES = {
    "088691": ("GOLD", "metals"),
    "002602": ("CORN", "grains"),
    "12460+": ("DJIA Consolidated", "indices"),
}


def longs(seed: int = 3, weeks: int = WEEKS) -> np.ndarray:
    """Managed money longs of every market: a walk of whole contracts."""
    return np.random.default_rng(seed).normal(0, 50, weeks).cumsum().round() + 900


def store(weeks: int = WEEKS) -> None:
    """Three markets of the disaggregated futures-only report, oldest week `FIRST`."""
    frames = [
        loaded.weeks(code, FIRST, weeks, open_interest=[5000.0] * weeks, g3_long=longs(3 + n, weeks), conc_gross4_long=[21.5] * weeks, conc_net4_long=[20.0] * weeks)
        for n, code in enumerate(CODES)
    ]  # fmt: skip
    disagg = variant("disagg", "fo")
    loaded.load(
        pd.concat(frames, ignore_index=True),
        disagg,
        {code: kind for code, (_, kind) in CODES.items()},
    )
    for code, (name, _) in CODES.items():
        Market.objects.filter(pk=code).update(
            name=name, comm_group="g1", search_text=searchable(code, [name], [], "")
        )
    deriving.rebuild_board([disagg])
    versions.bump("cot")
