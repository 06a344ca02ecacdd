"""`backup` and `restore`: everything comes back, or nothing is changed."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import CommandError, call_command
from django.db import DatabaseError, OperationalError, connection, connections
from django.db.utils import load_backend

from accounts import services
from accounts.models import AuditEntry, User
from conftest import PASSWORD
from core import locks, versions
from core.caching import cached
from core.models import DataVersion
from cot.models import Market
from equilibrium.backup import archive, databases
from equilibrium.backup.refusal import Refused
from equilibrium.management.commands import demo

REAL_ROWS = pytest.mark.django_db(transaction=True)
KINDS = ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, REAL_ROWS])]
MADE_SECRET = "a-secret-made-once-under-var-by-the-product-itself"


def open_sqlite(file: Path) -> None:
    """From here on the product's database is this file."""
    options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;", "timeout": 2}
    given = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file), "OPTIONS": options}
    filled = connections.configure_settings({"default": given})["default"]
    connections["default"] = load_backend(given["ENGINE"]).DatabaseWrapper(filled, "default")


@pytest.fixture
def var(tmp_path: Path, settings) -> Path:
    """What an installation keeps beside its database, and what it can do without."""
    settings.VAR_DIR = tmp_path / "var"
    settings.LOG_DIR = settings.VAR_DIR / "logs"
    settings.SECRET_KEY = MADE_SECRET
    for name, text in {
        "secret_key.txt": MADE_SECRET,
        "jwt_secret_key.txt": "another",
        "cot/files/ab/deacot.zip": "a kept file",
        "cot/pages/one/2013.txt": "a kept page",
        "logs/app.log": "a line",
        "broker/message": "a task",
        "mail/letter.eml": "a code",
        "old.db": "another database",
        "backups/earlier.backup": "an earlier one",
    }.items():
        place = settings.VAR_DIR / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    (settings.VAR_DIR / "secret_key.txt").chmod(0o600)
    return Path(settings.VAR_DIR)


@pytest.fixture
def on_sqlite(tmp_path: Path, var: Path, migrated_file: Path, django_db_blocker) -> Iterator[None]:
    """An installation whose database is a file of its own."""
    with django_db_blocker.unblock():
        before = connections["default"]
        open_sqlite(Path(shutil.copy(migrated_file, tmp_path / "app.db")))
        yield
        connections["default"].close()
        connections["default"] = before


@pytest.fixture(params=KINDS)
def installation(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        request.getfixturevalue("on_sqlite")
    elif connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make test-postgres")
    else:
        request.getfixturevalue("var")
    return request.param


@pytest.fixture
def somebody(installation: str) -> User:
    return services.create_person(
        email="some@example.org", username="some", nickname="Some", password=PASSWORD
    )


@pytest.fixture
def saved(somebody: User, tmp_path: Path) -> Path:
    """A backup that knows one person."""
    versions.bump("cot")
    call_command("backup", tmp_path / "saved.backup", stdout=io.StringIO())
    return tmp_path / "saved.backup"


def restore(path: Path, **options: object) -> str:
    out = io.StringIO()
    call_command("restore", path, stdout=out, **options)
    return out.getvalue()


def refused(path: Path, why: str) -> None:
    """One sentence, and then that nothing was changed, which is so."""
    before = everything()
    with pytest.raises(CommandError, match=why) as told:
        restore(path)
    assert str(told.value).endswith("Nothing was changed.")
    assert "\n" not in str(told.value)
    assert everything() == before


def everything() -> tuple[object, ...]:
    return (
        list(User.objects.order_by("pk").values_list("email", "password")),
        list(DataVersion.objects.order_by("name").values_list("name", "number")),
        kept(),
    )


def kept() -> dict[str, bytes]:
    root = Path(settings.VAR_DIR)
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "locks" not in str(path)
    }


def wipe(var: Path) -> None:
    """A new machine: an empty database, nothing kept, another key made at the first start."""
    shutil.rmtree(var)
    var.mkdir()
    (var / "secret_key.txt").write_text(MADE_SECRET)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    else:
        connection.close()
        for path in Path(connection.settings_dict["NAME"]).parent.glob("app.db*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    caches["data"].clear()


@pytest.mark.slow
def test_dump_wipe_restore_and_the_answers_are_the_same(
    somebody: User, var: Path, tmp_path: Path, api, client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(demo, "SMALL_YEARS", 1)
    call_command("demo", folder=tmp_path / "demo", stdout=io.StringIO())
    code = Market.objects.order_by("code").first().code
    paths = [f"/api/v1/cot/{path}" for path in (f"dashboard/{code}", "screener-v2", "quality")]
    before = {path: body(api(somebody), path) for path in paths}
    AuditEntry.objects.create(action="create_admin")
    files = kept()
    call_command("backup", tmp_path / "saved.backup", stdout=io.StringIO())
    wipe(var)
    restore(tmp_path / "saved.backup")
    assert {path: body(api(somebody), path) for path in paths} == before
    signed_in = {"email": somebody.email, "password": PASSWORD}
    assert client.post("/api/v1/auth/login", signed_in, "application/json").status_code == 200
    made_anew = ("logs/", "broker/", "mail/", "old.db", "backups/", "demo/")
    assert kept() == {name: text for name, text in files.items() if not name.startswith(made_anew)}
    assert (var / "secret_key.txt").stat().st_mode & 0o777 == 0o600
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.update(action="elsewhere")


def body(client, path: str) -> object:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return without_version(answer.json())


def without_version(value):
    if isinstance(value, dict):
        return {key: without_version(part) for key, part in value.items() if key != "data_version"}
    return [without_version(part) for part in value] if isinstance(value, list) else value


def altered(saved: Path, *, without: str = "", **manifest: object) -> Path:
    """The same backup with another manifest, or without a member, its checksums in order."""
    target = saved.with_name("altered.backup")
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename == archive.MANIFEST:
                content = json.dumps({**json.loads(content), **manifest}).encode()
            if member.filename != without:
                new.writestr(member, content)
    return target


def manifest_of(saved: Path) -> dict:
    with zipfile.ZipFile(saved) as box:
        return json.loads(box.read(archive.MANIFEST))


def with_member(saved: Path, name: str, content: bytes) -> Path:
    target = altered(saved, without=name)
    with zipfile.ZipFile(target, "a") as box:
        box.writestr(name, content)
    return target


def test_a_damaged_archive_is_refused(saved: Path):
    whole = saved.read_bytes()
    damaged = saved.with_name("damaged.backup")
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 0xFF
    for content in (b"", b"a text", whole[: len(whole) // 2], whole[:-30], bytes(flipped)):
        damaged.write_bytes(content)
        refused(damaged, "is not a backup, or it is damaged")
    refused(saved.with_name("nowhere"), "No such file")


def test_an_archive_that_holds_something_else_is_refused(saved: Path):
    refused(altered(saved, without=archive.DUMP), "it holds no database")
    refused(altered(saved, without=archive.MANIFEST), "not a backup this version can read")
    refused(altered(saved, format=2), "not a backup this version can read")
    refused(with_member(saved, "var/../../outside", b"x"), "a file named")
    refused(with_member(saved, "/etc/outside", b"x"), "a file named")
    refused(with_member(saved, archive.DUMP, b"not a dump" * 1000), "(damaged|failed): ")


def test_a_backup_of_the_other_kind_of_database_is_refused(saved: Path, installation: str):
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[installation]
    refused(altered(saved, database=other), f"is of a {other} database")


def test_a_backup_of_other_migrations_is_refused(saved: Path):
    """In both directions, and the version to install is named."""
    known = manifest_of(saved)["migrations"]
    newer, older = [*known, ["cot", "9999_later"]], known[1:]
    refused(altered(saved, migrations=newer, product_version="9.1"), "newer.*cot.9999_later.*9.1")
    refused(altered(saved, migrations=older), "older than this program.*then upgrade")


def test_a_backup_made_under_another_key_is_refused_until_that_key_is_given(saved: Path, settings):
    settings.SECRET_KEY = "the key of another machine, given by its environment"
    refused(saved, "under another SECRET_KEY")
    settings.SECRET_KEY_FALLBACKS = [MADE_SECRET]
    restore(saved)


def test_check_says_what_it_is_and_changes_nothing(saved: Path, somebody: User):
    somebody.delete()
    before = everything()
    assert "can be restored" in restore(saved, check=True)
    assert everything() == before


def test_while_beat_or_a_job_runs_nothing_is_restored(saved: Path):
    beat = locks.take("beat")
    try:
        refused(saved, "stop web, worker and beat first")
    finally:
        beat.release()


def test_a_full_disk_leaves_the_earlier_backup_and_nothing_beside_it(
    saved: Path, monkeypatch: pytest.MonkeyPatch
):
    earlier = saved.read_bytes()

    def full(*_anything: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(archive.os, "fsync", full)
    with pytest.raises(CommandError, match="The backup failed: No space left on device"):
        call_command("backup", saved)
    assert saved.read_bytes() == earlier
    assert [path.name for path in saved.parent.iterdir() if "backup" in path.name] == [saved.name]
    monkeypatch.undo()
    monkeypatch.setattr(archive.shutil, "copyfileobj", full)
    refused(saved, "The restore failed: No space left on device")


def test_a_backup_goes_to_a_place_of_its_own(somebody: User, var: Path, tmp_path: Path):
    for place, why in {
        tmp_path: "is a folder",
        tmp_path / "none" / "x": "There is no folder",
        var / "cot" / "x": "is among what is kept",
    }.items():
        with pytest.raises(CommandError, match=why):
            call_command("backup", place)
    call_command("backup", var / "backups" / "x", stdout=io.StringIO())
    assert (var / "backups" / "x").stat().st_mode & 0o777 == 0o600


def test_a_backup_never_takes_the_place_of_a_device_or_a_pipe(somebody: User, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CommandError, match="is no file that a backup may replace"):
        call_command("backup", tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("postgres://nobody@127.0.0.1:1/none", "The backup failed: connection failed: .*refused"),
        ("sqlite:///{}/none.db", "There is no database at"),
    ],
    ids=["postgresql", "sqlite"],
)
def test_a_database_that_is_not_there_is_told_in_one_sentence(
    address: str, why: str, tmp_path: Path
):
    environment = {**os.environ, "DATABASE_URL": address.format(f"/{tmp_path}")}
    done = subprocess.run(
        [sys.executable, "manage.py", "backup", str(tmp_path / "x.backup")],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert re.fullmatch(f"CommandError: {why}.*\n", done.stderr)
    assert not list(tmp_path.glob("*.db")) + list(tmp_path.glob("*.backup"))


def test_what_was_cached_before_a_restore_is_not_answered_after_it(
    saved: Path, somebody: User, web
):
    """By us, or by a browser that asks whether its page still stands: no version comes twice."""
    for _ in range(3):
        versions.bump("cot")
    before = versions.current("cot")["cot"]
    cached(["name"], depends_on=["cot"], seconds=600, compute=lambda: "of before")
    restore(saved)
    after = versions.current("cot")["cot"]
    assert after > max(before, time.time() - 60), "ahead of all that single steps could reach"
    assert cached(["name"], depends_on=["cot"], seconds=600, compute=lambda: "of now") == "of now"
    restore(saved)
    assert versions.current("cot")["cot"] > after


def test_a_kept_file_that_cannot_be_put_back_is_named(
    saved: Path, var: Path, monkeypatch: pytest.MonkeyPatch
):
    (var / "cot/files/ab/deacot.zip").unlink()
    (var / "cot/files/ab/deacot.zip").mkdir()
    with pytest.raises(CommandError, match=r"restored, but .*deacot\.zip could not be"):
        restore(saved)


def test_sqlite_a_writer_is_not_disturbed_and_its_open_work_is_not_in_the_backup(
    on_sqlite: None, tmp_path: Path
):
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO core_dataversion VALUES ('half', 1)")
        call_command("backup", tmp_path / "x", stdout=io.StringIO())
        writer.commit()
    restore(tmp_path / "x")
    assert not DataVersion.objects.filter(pk="half", number=1).exists()


def test_sqlite_nothing_is_restored_over_a_transaction_that_is_open(
    on_sqlite: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    monkeypatch.setattr(databases, "PATIENCE_SECONDS", 0.5)
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as writer:
        writer.execute("BEGIN IMMEDIATE")
        refused(tmp_path / "x", "in use|locked")


@pytest.mark.slow
def test_sqlite_what_a_killed_restore_left_goes_with_the_next_and_one_at_work_keeps_its_own(
    on_sqlite: None, var: Path, tmp_path: Path
):
    """kill -9 leaves a copy of the database and of the secrets."""
    saved = tmp_path / "saved.backup"
    call_command("backup", saved, stdout=io.StringIO())
    app = connection.settings_dict["NAME"]
    own = {"DATABASE_URL": "", "DB_PATH": app, "SECRET_KEY": MADE_SECRET}
    elsewhere = "import django, sys, pathlib; django.setup(); from django.conf import settings;"
    elsewhere += "settings.VAR_DIR = pathlib.Path(sys.argv[2]);"
    elsewhere += (
        "from django.core.management import call_command; call_command('restore', sys.argv[1])"
    )
    with closing(sqlite3.connect(app)) as writer:
        writer.execute("BEGIN IMMEDIATE")  # the restore waits for it, all unpacked
        at_work = subprocess.Popen(
            [sys.executable, "-c", elsewhere, str(saved), str(var)],
            cwd=settings.BASE_DIR,
            env=os.environ | own | {"DJANGO_SETTINGS_MODULE": "equilibrium.settings"},
        )
        until = time.monotonic() + 30
        while not list(var.glob(".restore-*/database")) and time.monotonic() < until:
            time.sleep(0.02)
        restore(saved, check=True)
        assert list(var.glob(".restore-*/database")), "it is in use"
        at_work.kill()
        at_work.wait()
    assert list(var.glob(".restore-*/database")), "nobody was left to remove it"
    restore(saved, check=True)
    assert not list(var.glob(".restore-*"))


@pytest.mark.parametrize("name", [".backup-of-mine", ".equilibrium-backup-notes"])
def test_a_backup_leaves_alone_what_only_looks_like_its_own(
    somebody: User, tmp_path: Path, name: str
):
    mine = tmp_path / name
    mine.mkdir()
    call_command("backup", tmp_path / "saved.backup", stdout=io.StringIO())
    assert mine.is_dir()


def test_sqlite_what_is_no_database_any_more_is_set_aside(on_sqlite: None, tmp_path: Path):
    versions.bump("cot")
    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    connection.close()
    file = Path(connection.settings_dict["NAME"])
    for part in tmp_path.glob("app.db-*"):
        part.unlink()
    file.write_bytes(b"no database " * 1000)
    restore(tmp_path / "x")
    assert versions.current("cot")["cot"] > 1
    assert file.with_name("app.db.damaged").read_bytes().startswith(b"no database")


def test_sqlite_a_damaged_database_makes_no_backup(on_sqlite: None, tmp_path: Path):
    connection.close()
    file = Path(connection.settings_dict["NAME"])
    with closing(sqlite3.connect(file)) as database, database:
        (root,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'django_session'"
        ).fetchone()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[4096 * (root - 1) : 4096 * root] = b"x" * 4096
    file.write_bytes(content)
    with pytest.raises(CommandError, match="The database is damaged: "):
        call_command("backup", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_sqlite_a_check_that_is_interrupted_does_not_call_the_database_damaged(
    on_sqlite: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Ctrl-C inside a function that a constraint calls comes out of SQLite as an error of its own."""

    def interrupted(*_cursor: object) -> None:
        raise OperationalError("user-defined function raised exception")

    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", interrupted)
    with pytest.raises(Refused, match="did not come to its end"):
        databases.ours().check(tmp_path / "x")


@pytest.fixture
def on_postgres(var: Path) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: make test-postgres")


@pytest.mark.postgres
@REAL_ROWS
def test_postgres_nothing_is_restored_while_others_are_connected(
    on_postgres: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    monkeypatch.setattr(databases, "PATIENCE_SECONDS", 0.5)
    with psycopg.connect(**connection.get_connection_params()):
        refused(tmp_path / "x", "1 other connections to the database are open")


@pytest.mark.postgres
@REAL_ROWS
def test_postgres_half_a_dump_is_rolled_back(
    on_postgres: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Where pg_restore dies on its way, and where the server refuses what it says."""
    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    real = shutil.which("pg_restore")
    for end in (f'{real} "$@" | head -c 20000; exit 1', "echo 'SELECT 1/0;'"):
        fake = tmp_path / "pg_restore"
        listing = f'[ "$1" = --list ] && exec {real} "$@"'
        fake.write_text(f"#!/bin/sh\n{listing}\n{end}\n")
        fake.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
        refused(tmp_path / "x", "PostgreSQL did not take the dump")


@pytest.mark.postgres
@REAL_ROWS
def test_postgres_tables_of_a_newer_version_are_gone_after_a_rollback(
    on_postgres: None, tmp_path: Path
):
    call_command("backup", tmp_path / "x", stdout=io.StringIO())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE newer (id uuid REFERENCES accounts_user)")
    restore(tmp_path / "x")
    assert "newer" not in connection.introspection.table_names()


@pytest.mark.postgres
@REAL_ROWS
def test_postgres_programs_that_are_missing_are_named(
    on_postgres: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandError, match="pg_dump is not installed here: install"):
        call_command("backup", tmp_path / "x")
    assert list(tmp_path.glob("*x*")) == []
