"""What the commands have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands, load_command_class
from django.db import connection

from core.commands import HouseCommand

OURS = {
    config.name
    for config in apps.get_app_configs()
    if Path(config.path).parent == settings.BASE_DIR
}


@pytest.mark.parametrize(
    "name",
    sorted(name for name, app in get_commands().items() if app in OURS),
)
def test_wrong_usage_ends_with_64_in_one_sentence(name: str, capsys: pytest.CaptureFixture[str]):
    """Not with 2, which says that another run holds the lock."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--no-such-flag"])
    assert end.value.code == 64
    assert f"manage.py {name}: " in capsys.readouterr().err


@pytest.mark.slow
def test_a_database_that_does_not_answer_ends_a_command_with_one_sentence(tmp_path: Path):
    away = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "LOG_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "manage.py", "jobs"],
        cwd=settings.BASE_DIR,
        env=os.environ | away,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The database failed: ")
    assert "Traceback" not in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement", ["select * from no_such_table", "select no_such_column from core_dataversion"]
)
def test_a_database_of_another_version_ends_a_command_with_what_to_do(statement: str):
    class Reads(HouseCommand):
        def handle(self, *args: object, **options: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(statement)

    with pytest.raises(CommandError, match=r"run manage\.py migrate first"):
        call_command(Reads(), skip_checks=True)
