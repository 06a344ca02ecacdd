"""The tables that are shipped with the code, in `data/`. Pure."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"


def lines(name: str) -> list[dict[str, str]]:
    """The lines of a table under the names of its head."""
    with (DATA / name).open(newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def words(name: str) -> tuple[str, ...]:
    """The words of a list."""
    return tuple((DATA / name).read_text(encoding="utf-8").split())
