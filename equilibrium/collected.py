"""Static files as a browser wants them: compressed, and under names that change with their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.files.storage import storages
from django.core.management import call_command

HASHED: Final = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
STAMP: Final = "collected.txt"


def collect(folder: Path) -> None:
    """Make `folder` hold the static files as they are now; nothing when it does."""
    stamp, now = folder / STAMP, files_now()
    if stamp.is_file() and stamp.read_text() == now:
        return
    command = collectstatic.Command()
    command.storage = storages.create_storage(HASHED | {"OPTIONS": {"location": str(folder)}})
    call_command(command, interactive=False, clear=True, verbosity=0)
    stamp.write_text(now)


def files_now() -> str:
    """A digest of name, size and time of every static file."""
    found = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            prefix = getattr(storage, "prefix", None) or ""
            state = Path(storage.path(path)).stat()
            found.append((prefix, path, state.st_size, state.st_mtime_ns))
    return hashlib.sha256(repr(sorted(found)).encode()).hexdigest()
