"""What makes the program another one."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core import program

EARLIER, LATER = 1_700_000_000, 1_800_000_000


@pytest.mark.parametrize(
    ("changed", "is_another"),
    [
        ("cot/words.py", True),
        ("cot/catalogue/data/terms.csv", True),
        ("cot/catalogue/data/majors.txt", True),
        ("templates/base.html", True),
        ("static/css/board.css", True),
        ("locale/uk/LC_MESSAGES/django.mo", True),
        ("var/logs/app.log", False),
        ("docs/run.md", False),
    ],
)
def test_a_newer_file_of_code_or_of_what_is_shown_makes_another_program(
    changed: str, is_another: bool, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """Names and families of markets stand in tables: a page that shows them is not the one a browser keeps."""
    for name in ("cot/apps.py", changed):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (EARLIER, EARLIER))
    settings.BASE_DIR = tmp_path
    app = SimpleNamespace(path=str(tmp_path / "cot"))
    monkeypatch.setattr(program.apps, "get_app_configs", lambda: [app])
    before = program.stamp.__wrapped__()
    os.utime(tmp_path / changed, (LATER, LATER))
    assert (program.stamp.__wrapped__() != before) == is_another
