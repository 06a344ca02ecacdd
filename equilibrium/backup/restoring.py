"""Puts a backup back: everything is checked before anything is touched."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, connections
from django.db.migrations.loader import MigrationLoader

from core.locks import Locked, named_lock
from core.models import DataVersion, JobRun
from equilibrium.backup import archive, databases, kept_files
from equilibrium.backup.refusal import HalfDone, Refused, told
from equilibrium.backup.scratch import RESTORING, scratch

HELD: Final = ("migrate", "beat")


def restore(path: Path, *, only_check: bool = False) -> archive.Manifest:
    """Replace the database and the kept files by what the archive holds, unless `only_check`; what it said of itself.

    Kept files that the archive does not have stay: no row points at them.
    """
    database = databases.ours()
    with (
        told("The restore"),
        archive.opened(path) as opened,
        scratch(Path(settings.VAR_DIR), RESTORING) as folder,
    ):
        _refuse_other_database(opened.manifest, database.kind)
        _refuse_other_migrations(opened.manifest)
        opened.unpack(folder)
        dump, kept = folder / archive.DUMP, folder / archive.VAR
        if not dump.is_file():
            raise Refused(f"{path} is not a backup: it holds no database.")
        _refuse_other_key(opened.manifest, kept)
        database.check(dump)
        if not only_check:
            _put_back(database, opened.manifest, dump, kept)
        return opened.manifest


def _put_back(
    database: databases.Database, manifest: archive.Manifest, dump: Path, kept: Path
) -> None:
    before, jobs = _known_here()
    database.refuse_others()
    kept_files.make_room(kept)
    with _alone(jobs):
        connections.close_all()
        database.put_back(dump, versions_after(manifest.data_versions, before))
        try:
            kept_files.put_back(kept)
        except OSError as problem:
            raise HalfDone(
                f"The database is restored, but {problem.filename} could not be: {problem.strerror}."
                " Mend that and restore again."
            ) from problem
    for alias in settings.CACHES:
        caches[alias].clear()


def versions_after(archived: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """A number for every name that none ever had: answers kept under an old one, by us or by clients, are done with.

    Numbers rise by one; the seconds of the clock are ahead of all that were reached between backup and restore.
    """
    highest = max([*archived.values(), *before.values(), int(time.time())])
    return dict.fromkeys([*archived, *before], highest + 1)


def _known_here() -> tuple[dict[str, int], set[str]]:
    """Data versions and names of jobs in the database as it is; none where it is empty or cannot be read."""
    with suppress(DatabaseError):
        numbers = dict(DataVersion.objects.values_list("name", "number"))
        return numbers, set(JobRun.objects.order_by().values_list("name", flat=True).distinct())
    return {}, set()


@contextmanager
def _alone(jobs: set[str]) -> Iterator[None]:
    """With the locks of beat, of migrating and of every job in hand: none is at work, and none begins."""
    with ExitStack() as held:
        try:
            for name in sorted({*HELD, *jobs}):
                held.enter_context(named_lock(name))
        except Locked as error:
            raise Refused(f"The product is running: {databases.STOP_IT}. {error}") from error
        yield


def _refuse_other_database(manifest: archive.Manifest, kind: str) -> None:
    if manifest.database != kind:
        raise Refused(
            f"The backup is of a {manifest.database} database, and DATABASE_URL names a {kind} one."
        )


def _refuse_other_migrations(manifest: archive.Manifest) -> None:
    """Only a program that has just these migrations can work with the tables."""
    known = frozenset(MigrationLoader(None).disk_migrations)
    made_by = f"install version {manifest.product_version}, which made it, and restore it there"
    if newer := manifest.migrations - known:
        raise Refused(f"The backup is newer than this program ({_named(newer)}): {made_by}.")
    if missing := known - manifest.migrations:
        raise Refused(
            f"The backup is older than this program ({_named(missing)} is not in it): {made_by}; then upgrade."
        )


def _named(migrations: frozenset[tuple[str, str]]) -> str:
    app, name = min(migrations)
    others = f" and {len(migrations) - 1} more" if len(migrations) > 1 else ""
    return f"{app}.{name}{others}"


def _refuse_other_key(manifest: archive.Manifest, kept: Path) -> None:
    """Without the key nobody's authenticator app or recovery code works any more."""
    if manifest.key not in map(kept_files.fingerprint, kept_files.keys_after(kept)):
        raise Refused(
            "The backup was made under another SECRET_KEY: set that one, or name it in SECRET_KEY_FALLBACKS."
        )
