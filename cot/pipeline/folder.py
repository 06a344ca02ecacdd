"""A folder of this machine as a source of files, in place of the site."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cot.pipeline.source import Answer, Fetched, Missing, SourceDown

log = logging.getLogger(__name__)

MAX_FILE: Final = 200 * 2**20
DEMO_MARK: Final = "DEMO"
SITE_FOLDERS: Final = ("files/dea/history", "dea/newcot")


class FolderSource:
    """A folder laid out like the site, in letters of any size. A file's time stamp takes the place of Last-Modified."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceDown(f"{folder} is not a folder")
        self.folder = folder
        self.address = str(folder)
        self.is_demo = (folder / DEMO_MARK).exists()

    @property
    def is_site(self) -> bool:
        """False for a folder of loose files, whose kind only their content tells."""
        return any(place.is_dir() for part in SITE_FOLDERS for place in self.find(part))

    def find(self, path: str) -> list[Path]:
        """The files or folders of this path: that of its very name first, then those in other letters."""
        places = [self.folder]
        for part in path.split("/"):
            places = [
                each
                for place in places
                for each in beneath(place)
                if each.name.lower() == part.lower()
            ]
        return sorted(places, key=lambda place: place != self.folder / path)

    def files(self) -> list[Path]:
        """The loose files, in the order of their names; hidden ones are notes of the system they were copied on."""
        return sorted(
            path
            for path in self.folder.iterdir()
            if path.suffix.lower() in (".txt", ".zip", ".csv", ".json")
            and not path.name.startswith(".")
        )

    def archives(self) -> list[Path]:
        """Archives that somebody put beside the site's folders instead of into them."""
        return [path for path in self.files() if path.suffix.lower() == ".zip"]

    def fetch(self, path: str, since: datetime | None = None) -> Answer:
        # `since` is not honoured: reading costs little, and two versions may share one second.
        first, *others = self.find(path) or [self.folder / path]
        if others:
            log.warning("%s is read, not %s", first, ", ".join(map(str, others)))
        return read_file(first)


def beneath(folder: Path) -> list[Path]:
    """What a folder holds, in order; nothing where it is none."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def read_file(path: Path) -> Fetched | Missing:
    """A file of this machine as if it had been fetched."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise SourceDown(f"{path} is larger than {MAX_FILE} bytes")
        content, changed = path.read_bytes(), path.stat().st_mtime
    except (FileNotFoundError, IsADirectoryError):
        return Missing(str(path))
    except OSError as problem:
        raise SourceDown(f"{path}: {problem.strerror}") from problem
    return Fetched(str(path), content, datetime.fromtimestamp(int(changed), UTC), datetime.now(UTC))
