"""Counters that all processes share: real processes, the database cache, no Redis."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
ATTEMPT = """
import sys
from django.test import Client
for _ in range(int(sys.argv[1])):
    body = {"login": "owner@example.org", "password": sys.argv[2]}
    print(Client(SERVER_NAME="localhost").post("/api/v1/auth/login", body, content_type="application/json").status_code)
"""
PREPARE = """
from accounts.services import create_person
create_person(email="owner@example.org", password="Correct-Horse-7")
"""


@pytest.fixture
def run(tmp_path, migrated_file):
    """Runs Python in a process of its own on a database file that the processes of one test share."""
    unset = {"DATABASE_URL": "", "REDIS_URL": "", "LOG_DIR": str(tmp_path), "LOG_LEVEL": "ERROR"}
    environment = (
        os.environ
        | unset
        | {"DB_PATH": str(tmp_path / "app.db"), "DJANGO_SETTINGS_MODULE": "equilibrium.settings"}
    )

    def process(code, *arguments):
        setup = "import django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code, *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    shutil.copy(migrated_file, tmp_path)
    process(PREPARE)
    return process


def test_the_sixth_failure_is_refused_in_a_second_process_too(run):
    assert run(ATTEMPT, "3", "Wrong-Horse-7") == ["401"] * 3
    assert run(ATTEMPT, "3", "Wrong-Horse-7") == ["401", "401", "429"]
    assert run(ATTEMPT, "1", "Correct-Horse-7") == ["429"]
