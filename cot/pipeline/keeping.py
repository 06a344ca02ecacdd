"""Copies of what was fetched, under `var/`."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)


def keep(path: Path, content: bytes) -> bool:
    """Write the file whole or not at all. False, with a warning, where the disk refuses: no copy is worth the run."""
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as problem:
        log.warning("%s is not kept: %s", path, problem.strerror)
        with suppress(OSError):
            partial.unlink()
        return False
    return True
