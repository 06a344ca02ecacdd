"""What no file of the project holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

TEXT = re.compile(
    r"\.(py|html|css|js|md|txt|toml|yaml|po|csv|in|example)$|^(Makefile|Dockerfile|run)$"
)
MADE_HERE = {
    "var",
    "staticfiles",
    "artefacts",
    "look",
    "htmlcov",
    "__pycache__",
}  # as .gitignore names them
# The sign of a paragraph, or the number of a requirement: both point at a text that is not here.
REFERENCE = re.compile("\u00a7|\\b(?:COT|PLT|ACC)-\\d{3}\\b")


def texts() -> Iterator[Path]:
    for folder, folders, files in os.walk(settings.BASE_DIR):
        folders[:] = [
            name
            for name in folders
            if name not in MADE_HERE and (name == ".ci" or not name.startswith("."))
        ]
        yield from (Path(folder, name) for name in files if TEXT.search(name))


def test_no_file_refers_to_a_paragraph_that_a_reader_cannot_open():
    """Docstrings say the rule itself, comments say why."""
    referring = {
        f"{path.relative_to(settings.BASE_DIR)}:{number}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if REFERENCE.search(line)
    }
    assert not referring


def test_the_inside_of_the_sign_in_library_is_known_to_one_wing_only():
    """What allauth calls internal changes with any release; `accounts/bridge` alone would have to follow."""
    inside = re.compile(r"^\s*(?:from|import) allauth\.\S*\binternal\b", re.MULTILINE)
    elsewhere = {
        str(path.relative_to(settings.BASE_DIR))
        for path in texts()
        if path.suffix == ".py"
        and inside.search(path.read_text(encoding="utf-8"))
        and not path.is_relative_to(settings.BASE_DIR / "accounts/bridge")
    }
    assert not elsewhere
