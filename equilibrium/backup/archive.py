"""The one file of a backup: a zip with a manifest, the database's dump, and the kept files as `var/…`.

The manifest is the first member; every member has its checksum, and the list of members stands at the end, so that a
file that was cut off or damaged is noticed before anything of it is used.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from equilibrium.backup.refusal import Refused

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
DUMP: Final = "database"
VAR: Final = "var"
COMPRESSED_ALREADY: Final = (".zip", ".gz", ".parquet", ".png", ".jpg", ".webp")
LEVEL: Final = 3
DAMAGE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive says of itself."""

    product_version: str
    made: str  # ISO, UTC
    database: str  # the kind: sqlite or postgresql
    migrations: frozenset[tuple[str, str]]
    data_versions: dict[str, int]
    key: str  # fingerprint of the SECRET_KEY the data was written under

    def as_json(self) -> str:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({**fields, "format": FORMAT, "migrations": sorted(self.migrations)})

    @classmethod
    def of_json(cls, text: bytes) -> Manifest:
        """ValueError, KeyError or TypeError when the text is no manifest of this format."""
        fields: dict[str, Any] = json.loads(text)
        if fields.pop("format") != FORMAT:
            raise ValueError("format")
        fields["migrations"] = frozenset((app, name) for app, name in fields["migrations"])
        return cls(**fields)


def write(
    target: Path, manifest: Manifest, members: Iterable[tuple[str, Path]], *, draft: Path
) -> None:
    """Write it as `draft`, to the disk, then under its name: there is a whole archive, or what was before.

    Only its owner may read it: it holds secrets. The draft is on the same disk, and whoever named it clears it away.
    """
    number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as box:
            box.writestr(MANIFEST, manifest.as_json())
            for name, path in members:
                _add(box, name, path)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    _sync_folder(target.parent)


def _add(box: zipfile.ZipFile, name: str, path: Path) -> None:
    stored = path.suffix in COMPRESSED_ALREADY
    kind = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    box.write(path, name, compress_type=kind, compresslevel=None if stored else LEVEL)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@dataclass(frozen=True, slots=True)
class Archive:
    """An open archive."""

    box: zipfile.ZipFile
    manifest: Manifest

    def unpack(self, folder: Path) -> None:
        """Everything in it into an empty folder, each file checked against its checksum."""
        with _damage_told(self.box.filename):
            for member in self.box.infolist():
                place = folder / _inside(member.filename)
                place.parent.mkdir(parents=True, exist_ok=True)
                with self.box.open(member) as source, place.open("xb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
                place.chmod(stat.S_IMODE(member.external_attr >> 16) & 0o777 | stat.S_IRUSR)


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path` with its manifest; `Refused` when it is none, or damaged where that shows at once."""
    with _damage_told(path):
        box = zipfile.ZipFile(path)
    with box:
        with _damage_told(path):
            try:
                manifest = Manifest.of_json(box.read(MANIFEST))
            except (ValueError, KeyError, TypeError):
                raise Refused(f"{path} is not a backup this version can read.") from None
        yield Archive(box, manifest)


@contextmanager
def _damage_told(path: object) -> Iterator[None]:
    try:
        yield
    except DAMAGE as problem:
        raise Refused(f"{path} is not a backup, or it is damaged: {problem}.") from problem


def _inside(name: str) -> PurePosixPath:
    """The name of a member, which must be one of ours: never a way out of the folder it is unpacked to."""
    path = PurePosixPath(name)
    ours = name in (MANIFEST, DUMP) or (path.parts[0] == VAR and len(path.parts) > 1)
    if not ours or ".." in path.parts:
        raise zipfile.BadZipFile(f"it holds a file named {name!r}")
    return path
