"""The web server of production: several processes that are one to whoever watches them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def address(tmp_path: Path, migrated_file: Path):
    """gunicorn with two processes, over a folder in which an earlier start left its counts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    counts = tmp_path / "counts"
    counts.mkdir()
    (counts / "counter_1.db").write_bytes(b"of yesterday")
    environment = os.environ | {
        "DATABASE_URL": "",
        "DB_PATH": shutil.copy(migrated_file, tmp_path / "app.db"),
        "PROMETHEUS_MULTIPROC_DIR": str(counts),
    }
    command = f"-m gunicorn equilibrium.asgi:application -k uvicorn_worker.UvicornWorker -w 2 -b 127.0.0.1:{port}"
    server = subprocess.Popen(
        [sys.executable, *command.split()], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    made = f"http://127.0.0.1:{port}"
    wait_for(made)
    yield made
    server.terminate()
    server.wait(30)


def wait_for(address: str) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(URLError, ConnectionError):
            urlopen(f"{address}/health/").close()
            return
        time.sleep(0.2)
    raise AssertionError("gunicorn does not answer")


def counted(address: str) -> float:
    """Answers of `/health/` by all processes, as any of them tells."""
    with urlopen(f"{address}/metrics/") as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "django_http_responses_total_by_status_view_method_total"
        and sample.labels["view"] == "health"
    )


def processes(folder: Path) -> set[int]:
    return {int(path.stem.rpartition("_")[2]) for path in folder.glob("counter_*.db")}


def test_metrics_add_up_all_processes_those_that_ended_too(address: str, tmp_path: Path):
    before = counted(address)
    for _ in range(40):
        urlopen(f"{address}/health/").close()
    assert {counted(address) for _ in range(10)} == {before + 40}, "whoever is asked"
    working = processes(tmp_path / "counts")
    assert len(working) == 2
    assert 1 not in working, "the counts of an earlier start are gone"
    for pid in working:
        os.kill(pid, signal.SIGKILL)
    wait_for(address)
    assert counted(address) >= before + 41
