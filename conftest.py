"""Fixtures shared by every app: real data, three people."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parent.parent / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real CFTC files; tests that need it say why they cannot run without it."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real CFTC files (../shared/data) are not on this machine")
    return SHARED / "data"


@pytest.fixture(scope="session")
def golden() -> Path:
    if not (SHARED / "golden").is_dir():
        pytest.skip("golden values (../shared/golden) are not on this machine")
    return SHARED / "golden"
