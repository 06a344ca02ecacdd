"""How long what was computed is kept at most, in seconds; a new data version ends it before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

FEED: Final = 30  # moves with the clock, not only with the data
BOARD: Final = 300  # board and map
MARKET: Final = 600  # pages and answers about one market, lists of markets, examples of the guide
STEADY: Final = 24 * 3600  # changes with the data version only, or speaks of a past instant


def of(as_of: datetime | None, now: int) -> int:
    """`now` for what is shown of the present."""
    return now if as_of is None else STEADY
