"""deploy/ and docs/deploy.md: what can be held of them without systemd as the first process."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.core.management import get_commands

from core.management.commands import migrate
from cot import upgrade
from equilibrium.tests.test_up import free_port

OURS = {"accounts", "core", "cot", "equilibrium"}
DEPLOY = settings.BASE_DIR / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
INSTALLED = "/srv/equilibrium"
DOCUMENT = settings.BASE_DIR / "docs/deploy.md"


def told(unit: Path, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit.read_text(), re.M)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_again_migrates_first_and_writes_only_under_var(unit: Path):
    assert told(unit, "Restart") == ["always"]
    assert told(unit, "User") == ["equilibrium"]
    assert told(unit, "ExecStartPre") == [
        f"{INSTALLED}/.venv/bin/python manage.py migrate --noinput"
    ]
    assert told(unit, "ProtectSystem") == ["strict"]
    assert told(unit, "ReadWritePaths") == [f"{INSTALLED}/var"]


def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path):
    """Their programs and their user are those of this machine here: it looks for them."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("needs systemd-analyze")
    for unit in (*UNITS, *DEPLOY.glob("*.socket")):
        here = unit.read_text().replace(INSTALLED, str(settings.BASE_DIR))
        (tmp_path / unit.name).write_text(here.replace("User=equilibrium", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_image_and_the_unit_serve_by_the_same_command():
    (unit,) = told(DEPLOY / "equilibrium.service", "ExecStart")
    image = re.findall(
        r'"([^"]+)"', (settings.BASE_DIR / "Dockerfile").read_text().split("\nCMD ")[1]
    )
    at = image.index("--bind")
    _program, *words = shlex.split(unit)
    assert words == [*image[1:at], *image[at + 2 :]], "but for the port, which the socket holds"


@pytest.mark.slow
def test_the_web_unit_serves_on_a_port_that_systemd_hands_it(tmp_path: Path):
    """…and ends on SIGTERM."""
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("needs systemd-socket-activate")
    (command,) = told(DEPLOY / "equilibrium.service", "ExecStart")
    port = free_port()
    own = {
        **os.environ,
        "DATABASE_URL": "",
        "DB_PATH": str(tmp_path / "app.db"),
        "LOG_DIR": str(tmp_path),
        "WEB_CONCURRENCY": "1",
    }
    passed = [word for name in own for word in ("-E", name)]
    server = subprocess.Popen(
        [
            *("systemd-socket-activate", "-l", f"127.0.0.1:{port}", *passed),
            *shlex.split(command.replace(INSTALLED, str(settings.BASE_DIR))),
        ],
        cwd=settings.BASE_DIR,
        env=own,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        # the port answers before the server does: who asks waits
        with httpx.Client(transport=httpx.HTTPTransport(retries=5), timeout=60) as client:
            answer = client.get(f"http://127.0.0.1:{port}/api/v1/nothing")
        assert answer.status_code == 404
    finally:
        server.send_signal(signal.SIGTERM)
    assert server.wait(30) == 0


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_may_wait_as_long_as_its_migrate_does(unit: Path):
    """One waits for an update under way, the others for that one."""
    (allowed,) = map(int, told(unit, "TimeoutStartSec"))
    assert upgrade.PATIENCE_SECONDS < migrate.PATIENCE_SECONDS < allowed


def test_every_command_of_ours_stands_in_the_table_of_commands():
    ours = {name for name, app in get_commands().items() if app in OURS}
    assert {"up", "update_cot", "erase_user"} <= ours
    table = (settings.BASE_DIR / "docs/run.md").read_text()
    assert sorted(name for name in ours if not re.search(rf"`[^`]*\b{name}\b", table)) == []


def test_every_command_the_document_tells_of_exists():
    text = DOCUMENT.read_text()
    assert set(re.findall(r"manage\.py (\w+)", text)) <= set(get_commands())
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    for target in re.findall(r"(?:^|`|&& )make (\w+)", text, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    for name in re.findall(r"`?(deploy/[\w.]+)", text):
        assert (settings.BASE_DIR / name).exists(), name


def test_every_variable_the_document_names_is_one_the_product_reads():
    documented = (settings.BASE_DIR / ".env.example").read_text()
    known = set(re.findall(r"^([A-Z_]+)=", documented, re.M))
    named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)(?:=|`)", DOCUMENT.read_text()))
    known |= {"PROMETHEUS_MULTIPROC_DIR"}  # which the library reads
    assert {name.removesuffix("_FILE") for name in named} <= known


def test_the_proxies_pass_on_what_the_product_believes():
    nginx = (DEPLOY / "nginx.conf").read_text()
    for header in (
        "Host $host",
        "X-Forwarded-For $proxy_add_x_forwarded_for",
        "X-Forwarded-Proto $scheme",
    ):
        assert f"proxy_set_header {header};" in nginx
    (port,) = told(DEPLOY / "equilibrium.socket", "ListenStream")
    assert f"proxy_pass http://{port};" in nginx
    assert f"reverse_proxy {port}" in (DEPLOY / "Caddyfile").read_text()
