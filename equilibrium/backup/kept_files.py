"""What of `var/` belongs to a backup: secrets made there and kept files, not what is made anew at need."""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

MADE_KEY: Final = "secret_key.txt"
# Folders of logs, messages, letters nobody sent, invented data, collected files, backups; databases, which have a dump
# of their own.
LEFT_OUT: Final = ("logs", "broker", "mail", "demo", "static", "backups", "locks", "*.locks", ".*")
DATABASES: Final = ("*.db", "*.db-*")


def files() -> Iterator[Path]:
    """The files to keep, relative to `var/`, in order. Links are not followed: they lead out of it."""
    root = Path(settings.VAR_DIR)
    elsewhere = {Path(place) for place in (settings.LOG_DIR, settings.JSON_OUTPUT_DIR) if place}
    for folder, inner, names in os.walk(root):
        here = Path(folder)
        inner[:] = sorted(
            name
            for name in inner
            if here / name not in elsewhere and not (here == root and _matches(name, LEFT_OUT))
        )
        for name in sorted(names):
            path = here / name
            if path.is_file() and not path.is_symlink() and not _forgotten(path, root):
                yield path.relative_to(root)


def _forgotten(path: Path, root: Path) -> bool:
    database = str(connection.settings_dict["NAME"])
    return str(path).startswith(database) or (
        path.parent == root and _matches(path.name, (*DATABASES, ".*"))
    )


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def fingerprint(key: str) -> str:
    """Tells whether two keys are the same, and nothing of what they are."""
    return hmac.new(key.encode(), b"equilibrium backup", hashlib.sha256).hexdigest()[:32]


def keys_after(unpacked: Path) -> list[str]:
    """The keys in force once the files of `unpacked` are in place: one that the settings give outdoes a file."""
    made, archived = Path(settings.VAR_DIR, MADE_KEY), unpacked / MADE_KEY
    from_file = made.is_file() and made.read_text().strip() == settings.SECRET_KEY
    key = archived.read_text().strip() if from_file and archived.is_file() else settings.SECRET_KEY
    return [key, *settings.SECRET_KEY_FALLBACKS]


def make_room(unpacked: Path) -> None:
    """The folders the files of `unpacked` go to, and the right to write there; OSError where that is not so."""
    for place in {_place(path, unpacked).parent for path in _unpacked_files(unpacked)}:
        place.mkdir(parents=True, exist_ok=True)
        if not os.access(place, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))


def put_back(unpacked: Path) -> None:
    """Move the files of `unpacked`, which is on the same disk, to their places in `var/`."""
    for path in _unpacked_files(unpacked):
        path.replace(_place(path, unpacked))


def _unpacked_files(unpacked: Path) -> list[Path]:
    return sorted(path for path in unpacked.rglob("*") if path.is_file())


def _place(path: Path, unpacked: Path) -> Path:
    return Path(settings.VAR_DIR, path.relative_to(unpacked))
