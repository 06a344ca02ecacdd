"""The bounds of the crowded label that this installation uses."""

from __future__ import annotations

from django.conf import settings

from cot.measures.indicators import Thresholds


def thresholds() -> Thresholds:
    """An index at or below `COT_CROWDED_BUY`, or at or above `COT_CROWDED_SELL`."""
    return Thresholds(buy=settings.COT_CROWDED_BUY, sell=settings.COT_CROWDED_SELL)
