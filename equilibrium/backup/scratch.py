"""A folder to work in, beside what the work is for: gone with its block, or, where that was killed, with the next."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

RESTORING: Final = ".restore-"
SAVING: Final = ".equilibrium-backup-"
LOCK: Final = ".lock"


@contextmanager
def scratch(parent: Path, prefix: str) -> Iterator[Path]:
    """An empty folder in `parent`, on its disk; what killed ones of this prefix left there goes first."""
    clear(parent, prefix)
    folder = parent / f"{prefix}{secrets.token_hex(4)}"
    lock = folder.with_name(folder.name + LOCK)
    with FileLock(lock):  # the kernel frees it, however we end; there is never a folder without it
        try:
            folder.mkdir(mode=0o700)
            yield folder
        finally:
            _remove(folder, lock)


def clear(parent: Path, prefix: str) -> None:
    """Remove what killed processes left; a folder whose lock is held is somebody's work."""
    for lock in parent.glob(f"{prefix}*{LOCK}"):
        try:
            with FileLock(lock, timeout=0):
                _remove(lock.with_name(lock.name.removesuffix(LOCK)), lock)
        except Timeout:
            continue


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():  # else its lock tells the next one of it
        lock.unlink(missing_ok=True)
