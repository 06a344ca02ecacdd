"""Requests a second of a running server: pages over loopback, one client and eight, connections kept open.

    python bench/bench_throughput.py                                   # the server of `make run`, SQLite
    python bench/bench_throughput.py --server production               # gunicorn as in the Dockerfile, two processes
    DATABASE_URL=… REDIS_URL=… python bench/bench_throughput.py --server production

The clients run in this process and take their share of the same cores: how much is printed. Without DATABASE_URL the
database is a temporary one; a DATABASE_URL must name an empty one, which is left as it is then.
"""

from __future__ import annotations

import argparse
import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SOURCE = os.environ.get("COT_SOURCE_DIR") or str(ROOT.parent / "shared/data/cftc")
ADDRESSES = ("/cot/", "/cot/?universe=all", "/cot/088691/", "/api/v1/cot/status", "/health/")
SERVERS = {
    "embedded": [sys.executable, "manage.py", "run_server", "--port"],
    "production": [
        *(sys.executable, "-m", "gunicorn", "equilibrium.asgi:application", "--workers", "2"),
        *("--worker-class", "uvicorn_worker.UvicornWorker", "--no-control-socket"),
        *("--worker-tmp-dir", "/dev/shm", "--bind"),
    ],
}


class Client(threading.Thread):
    """Asks for one address again and again over one connection until told to stop."""

    def __init__(self, port: int, address: str, cookie: str, ends: float) -> None:
        super().__init__()
        self.port, self.address, self.ends = port, address, ends
        self.headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}
        self.spent: list[float] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while (start := time.perf_counter()) < self.ends:
            connection.request("GET", self.address, headers=self.headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, (self.address, answer.status)
            self.spent.append(1000 * (time.perf_counter() - start))


def measure(server: int, port: int, address: str, cookie: str, clients: int, seconds: float) -> str:
    """What `clients` got from one address in so many seconds."""
    ask(port, address, cookie, clients, 1.0)
    before, own, start = cpu(server), time.process_time(), time.perf_counter()
    spent = sorted(ask(port, address, cookie, clients, seconds))
    took = time.perf_counter() - start
    serving, asking = cpu(server) - before, time.process_time() - own
    p95 = quantiles(spent, n=20)[-1]
    return (
        f"{len(spent) / took:7.1f} requests/s, median {median(spent):6.1f} ms, p95 {p95:6.1f} ms,"
        f" {1000 * serving / len(spent):5.1f} ms of a core a request, clients {asking / took:.0%} of a core"
    )


def ask(port: int, address: str, cookie: str, clients: int, seconds: float) -> list[float]:
    ends = time.perf_counter() + seconds
    running = [Client(port, address, cookie, ends) for _ in range(clients)]
    for client in running:
        client.start()
    for client in running:
        client.join()
    return [one for client in running for one in client.spent]


def cpu(pid: int) -> float:
    """Seconds of a core that the server and its children have taken."""
    times = [one.cpu_times() for one in family(pid)]
    return sum(one.user + one.system for one in times)


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


@contextmanager
def serving(kind: str, port: int, environment: dict[str, str]) -> Iterator[int]:
    """The server's process id, once it answers."""
    last = str(port) if kind == "embedded" else f"127.0.0.1:{port}"
    server = subprocess.Popen(
        [*SERVERS[kind], last], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        while True:
            with suppress(OSError):
                http.client.HTTPConnection("127.0.0.1", port).connect()
                break
            time.sleep(0.1)
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def prepare() -> str:
    """A database with five years of reports and somebody who reads them: their cookie."""
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    with open(os.devnull, "w") as quiet, suppress(SystemExit):
        call_command(
            "update_cot", "--source", SOURCE, "--years", "2021-2026", "--json", stdout=quiet
        )
    from django.conf import settings
    from django.test import Client as Browser

    from accounts.services import create_person

    browser = Browser(HTTP_HOST="127.0.0.1")
    browser.force_login(
        create_person(email="bench@example.org", username="bench", password="Long-enough-1")
    )
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", choices=SERVERS, default="embedded")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--port", type=int, default=8170)
    parser.add_argument("--only", help="one address instead of all")
    given = parser.parse_args()
    print("$", " ".join(["python", *sys.argv]), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DB_PATH": f"{folder}/app.db",
            "LOG_DIR": f"{folder}/logs",
            "COT_KEEP_FILES": "false",
            "SCHEDULER_ENABLED": "false",
            "THROTTLE_USER": "1000000/min",
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
        }
        cookie = prepare()
        with serving(given.server, given.port, dict(os.environ)) as server:
            for address in [given.only] if given.only else ADDRESSES:
                for clients in (1, 8):
                    found = measure(server, given.port, address, cookie, clients, given.seconds)
                    print(
                        f"{address:<22} {clients} client{'s'[: clients > 1]:<1} {found}", flush=True
                    )


if __name__ == "__main__":
    main()
