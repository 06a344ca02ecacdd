"""Data that a module of tests loads once."""

from __future__ import annotations

import pytest

from cot.tests import market_data


@pytest.fixture(scope="module")
def three_markets(module_database):
    """Sixty weeks of gold, corn and an index; each test has them as they were loaded."""
    with module_database():
        market_data.store()
