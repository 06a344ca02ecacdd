"""Which program this is: what an earlier or later one kept or computed is told apart by it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings

COMPUTING: Final = ("*.py", "*.csv", "*.txt")
SHOWING: Final = ("*.html", "*.css", "*.js", "*.mo")
BESIDE_THE_APPS: Final = ("templates", "static", "locale")


@cache
def stamp() -> int:
    """When the newest file of this program was written: of every app of ours, and of what stands beside them."""
    # Not the installed packages: their version changes with requirements, which is a deployment too.
    own = (Path(config.path) for config in apps.get_app_configs())
    folders = [folder for folder in own if folder.parent == settings.BASE_DIR]
    folders += [settings.BASE_DIR / name for name in BESIDE_THE_APPS]
    found = (
        path for folder in folders for kind in COMPUTING + SHOWING for path in folder.rglob(kind)
    )
    return max(path.stat().st_mtime_ns for path in found)


@cache
def digest(*folders: Path) -> str:
    """16 hex digits of what the code and data files in these folders say, tests left out; the same on every machine."""
    found = hashlib.sha256()
    files = {path for folder in folders for kind in COMPUTING for path in folder.rglob(kind)}
    for path in sorted(files):
        if "tests" not in path.parts:
            found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
