"""Makes a backup, while the product runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from core.locks import named_lock
from core.models import DataVersion
from equilibrium.backup import archive, databases, kept_files
from equilibrium.backup.refusal import Refused, told
from equilibrium.backup.scratch import RESTORING, SAVING, clear, scratch

PATIENCE_SECONDS: Final = 60


def backup(target: Path) -> int:
    """Everything worth keeping as one file at `target`; its size. What was there stays until the new one is whole."""
    target = target.absolute()
    _refuse_place(target)
    clear(Path(settings.VAR_DIR), RESTORING)
    database = databases.ours()
    with (
        told("The backup"),
        named_lock("migrate", patience=PATIENCE_SECONDS),  # tables and manifest are of one version
        scratch(target.parent, SAVING) as folder,
    ):
        dump = folder / archive.DUMP
        database.dump(dump)
        manifest = _manifest(database.kind)
        database.check(dump)  # what could not be restored is no backup
        archive.write(target, manifest, _members(dump), draft=folder / "draft")
        return target.stat().st_size


def _refuse_place(target: Path) -> None:
    var = Path(settings.VAR_DIR).absolute()
    if target.is_dir():
        raise Refused(f"{target} is a folder: name a file.")
    if target.exists() and not target.is_file():
        # a device, a pipe: the backup would take its place
        raise Refused(f"{target} is no file that a backup may replace.")
    if not target.parent.is_dir():
        raise Refused(f"There is no folder {target.parent}.")
    if target.is_relative_to(var) and not target.is_relative_to(var / "backups"):
        raise Refused(f"{target} is among what is kept: choose a place outside {var}.")


def _manifest(kind: str) -> archive.Manifest:
    applied = MigrationRecorder(connection).applied_migrations()
    if not applied:
        raise Refused("The database is empty: there is nothing to keep.")
    return archive.Manifest(
        product_version=settings.VERSION,
        made=timezone.now().isoformat(timespec="seconds"),
        database=kind,
        migrations=frozenset(applied),
        data_versions=dict(DataVersion.objects.values_list("name", "number")),
        key=kept_files.fingerprint(settings.SECRET_KEY),
    )


def _members(dump: Path) -> Iterator[tuple[str, Path]]:
    yield archive.DUMP, dump
    for path in kept_files.files():
        yield f"{archive.VAR}/{path.as_posix()}", Path(settings.VAR_DIR, path)
