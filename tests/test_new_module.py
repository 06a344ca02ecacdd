"""An app made by docs/adding-a-module.md alone joins the shell: the app is tests/notes, its checks run here."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.mark.slow
def test_a_module_that_only_declares_itself_has_page_navigation_search_api_and_etags(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests/notes/checks.py",
    ]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.notes.settings",
        "DATABASE_URL": "",
    }
    run = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "10 passed" in run.stdout


def test_the_page_about_adding_a_module_names_at_most_eight_places():
    lines = (settings.BASE_DIR / "docs" / "adding-a-module.md").read_text().splitlines()
    places = [line for line in lines if line.startswith("| ") and line[2].isdigit()]
    assert 4 <= len(places) <= 8
