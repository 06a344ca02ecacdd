"""`manage.py up`: one command serves, runs the jobs and stops what it started."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.core.management.base import CommandError

from accounts.models import User
from core.supervisor import Program, run_together
from equilibrium.management.commands.up import Command

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Static files take their time: once for the module."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def start_up(
    tmp_path: Path, collected: Path
) -> Iterator[Callable[..., tuple[subprocess.Popen[str], Path]]]:
    """Start `up` over an empty SQLite file and an empty source folder, without a terminal."""
    env = {
        **os.environ,
        "DATABASE_URL": "",
        "DB_PATH": str(tmp_path / "app.db"),
        "COT_SOURCE_DIR": str(tmp_path),
        "CELERY_BROKER_URL": "memory://",
        "DEMO_DATA": "false",
        "LOG_DIR": str(tmp_path / "logs"),
        "STATIC_ROOT": str(collected),
    }
    started: list[subprocess.Popen[str]] = []

    def start(port: int) -> tuple[subprocess.Popen[str], Path]:
        path = tmp_path / f"up{len(started)}.log"
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        up = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=path.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(up)
        return up, path

    yield start
    for up in started:
        up.terminate()
        up.wait(40)


def until(true: Callable[[], bool], *, within: float = 40) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.2)
    return False


@pytest.mark.django_db
def test_no_password_is_made_up_and_printed_where_others_read_the_log(
    settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.LOCAL, settings.ADMIN_PASSWORD = False, ""
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(CommandError, match="ADMIN_PASSWORD"):
        Command().first_admin()
    assert not User.objects.exists()


def assert_packed_and_kept_for_ever(site: str, collected: Path) -> None:
    """Style sheets and scripts of a page, the chart library too: under names that change with their content."""
    with urllib.request.urlopen(f"{site}/", timeout=30) as page:
        sheets = re.findall(r'href="(/static/[^"]+\.css)"', page.read().decode())
    assert len(sheets) >= 3
    hashed = json.loads((collected / "staticfiles.json").read_text())["paths"]
    for path in (*sheets, "/static/" + hashed["plotly/plotly.min.js"]):
        asked = urllib.request.Request(site + path, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked, timeout=30) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "immutable" in answer.headers["Cache-Control"]
            assert re.search(r"\.[0-9a-f]{12}\.", path)


def words_of(child: psutil.Process) -> list[str]:
    """Its command line; of one that has just ended there is none."""
    try:
        return child.cmdline()
    except psutil.NoSuchProcess:
        return []


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_serves_tells_the_password_once_and_leaves_no_process_behind(
    start_up: Callable[..., tuple[subprocess.Popen[str], Path]],
    collected: Path,
    number: signal.Signals,
    code: int,
):
    port = free_port()
    up, log = start_up(port)
    assert until(lambda: "Ctrl-C stops it" in log.read_text() or up.poll() is not None)
    assert up.poll() is None, log.read_text()
    text = log.read_text()
    assert f"http://localhost:{port}" in text
    assert text.count("Eq1-") == 1
    box = text[text.index("╭") :]
    assert box.rstrip().endswith("╯"), "nothing is printed after it"
    rows = dict(re.findall(r"│ (User|Password|Data|Log) +(.*?) *│", box))
    assert rows["User"] == "admin@localhost"
    assert rows["Password"].startswith("Eq1-")
    assert rows["Data"].startswith("real: reports from")
    assert rows["Log"].startswith(str(log.parent / "logs"))
    assert "app.log" in box
    assert (log.parent / "logs" / "up.log").is_file()
    assert_packed_and_kept_for_ever(f"http://127.0.0.1:{port}", collected)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/", timeout=30) as answer:
        assert answer.status == 200
    family = psutil.Process(up.pid).children(recursive=True)
    assert len(family) >= 3, "web, worker and beat"
    works = [child for child in family if "worker" in words_of(child)]
    # who writes mails takes their links from it (test_settings)
    assert {child.environ()["API_PORT"] for child in works} == {str(port)}
    up.send_signal(number)
    assert up.wait(40) == code
    assert not [
        child for child in family if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.slow
def test_a_port_in_use_is_named_before_anything_starts(
    start_up: Callable[..., tuple[subprocess.Popen[str], Path]],
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up, log = start_up(port)
        assert up.wait(30) == 1
    assert f"127.0.0.1:{port} cannot be used" in log.read_text()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_when_one_program_dies_the_others_are_stopped_and_it_is_named():
    said: list[str] = []
    stays = Program("The worker", python("import time; time.sleep(60)"))
    dies = Program("The web server", python("raise SystemExit(3)"))
    assert run_together([stays, dies], say=said.append, each_poll=lambda: None) == 1
    assert said == ["The web server stopped with exit code 3; stopping the rest."]
    left = [child.cmdline() for child in psutil.Process().children()]
    assert stays.argv not in left, "the worker, which would sleep for a minute, is gone"


def test_a_first_load_that_fails_is_followed_by_what_it_names_and_ends_nothing():
    codes: list[int] = []
    done = Program("demo", python("pass"), lambda code: codes.append(code))
    load = Program(
        "first load", python("raise SystemExit(1)"), lambda code: codes.append(code) or done
    )
    stays = Program("The web server", python("import time; time.sleep(60)"))

    def stop_once_both_ended() -> None:
        if len(codes) == 2:
            raise KeyboardInterrupt

    assert run_together([load, stays], say=lambda text: None, each_poll=stop_once_both_ended) == 130
    assert codes == [1, 0]


@pytest.mark.slow
def test_being_told_twice_to_stop_is_as_good_as_once(tmp_path: Path):
    """`timeout` and `make` both pass a SIGTERM on; the second comes while the programs are being stopped."""
    ready, stopped = tmp_path / "ready", tmp_path / "stopped"
    slow_to_stop = python(
        "import pathlib, signal, sys, time\n"
        "def end(*_): time.sleep(1); pathlib.Path(sys.argv[2]).touch(); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); pathlib.Path(sys.argv[1]).touch(); time.sleep(60)"
    )
    program = Program("slow to stop", [*slow_to_stop, str(ready), str(stopped)])
    again = threading.Timer(0.4, os.kill, [os.getpid(), signal.SIGTERM])

    def ask_to_stop() -> None:
        if ready.exists():
            again.start()
            os.kill(os.getpid(), signal.SIGTERM)

    assert run_together([program], say=print, each_poll=ask_to_stop) == 0
    assert stopped.exists()


@pytest.mark.slow
def test_the_web_server_alone_serves_while_it_watches_the_source(tmp_path: Path):
    """`make dev`. Here only that it serves, and leaves nothing behind."""
    port = free_port()
    own = {"DATABASE_URL": "", "DB_PATH": str(tmp_path / "app.db"), "LOG_DIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "run_server", "--reload", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        assert until(answers)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/nothing", timeout=30)
        family = psutil.Process(server.pid).children(recursive=True)
    finally:
        server.terminate()
    server.wait(30)
    assert until(lambda: not any(child.is_running() for child in family), within=10)
