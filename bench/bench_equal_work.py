"""Whether a clock tells an address that has an account from one that has none.

Each way to have a code mailed, over API and pages, known and unknown addresses in turn. That the work is equal is
tested; here is what it comes to: the medians differ by less than half of the answers of one kind do (in brackets).
Run: .venv/bin/python bench/bench_equal_work.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "Correct-Horse-7"
ROUNDS = 40
API = {
    "auth/register": {"password": PASSWORD},
    "auth/request-otp": {},
    "auth/password/reset": {},
    "auth/resend-verification": {},
}
PAGES = {
    "signup/": {"password1": PASSWORD},
    "login/code/": {},
    "password/reset/": {},
    "confirm-email/": {"action": "resend"},
}


def milliseconds(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU time: a shared machine lets one compare the second."""
    started, burnt = time.perf_counter(), time.thread_time()
    work()
    return 1000 * (time.perf_counter() - started), 1000 * (time.thread_time() - burnt)


def measure() -> None:
    from django.core.cache import cache
    from django.test import Client
    from rest_framework.test import APIClient

    from accounts import services
    from core import broker

    broker.soon = lambda task, *arguments: None  # the worker is another process
    kinds = ("known", "unknown")
    for number in range(ROUNDS):
        services.create_person(email=f"known-{number}@example.org", password=None)

    def ask(path: str, email: str) -> None:
        if path in API:
            body = {"email": email} | API[path]
            answer = APIClient().post(f"/api/v1/{path}", body, format="json")
        else:
            answer = Client().post(f"/accounts/{path}", {"email": email} | PAGES[path])
        assert answer.status_code in (200, 202, 302), answer.content

    for way, path in enumerate((*API, *PAGES)):
        ask(path, "first@example.org")
        taken: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
        for number in range(ROUNDS):
            for kind in kinds if number % 2 else reversed(kinds):
                cache.clear()  # the limits are not what is measured
                own = f"-{way}" if kind == "unknown" else ""  # a sign-up has made it known
                email = f"{kind}-{number}{own}@example.org"
                taken[kind].append(milliseconds(lambda: ask(path, email)))  # noqa: B023 called at once
        told = []
        for kind in kinds:
            wall, cpu = zip(*taken[kind], strict=True)
            low, middle, high = quantiles(wall, n=4)
            told.append(f"{kind} {middle:.1f} ms ({low:.1f} to {high:.1f}), CPU {median(cpu):.1f}")
        print(f"equal work, {path}: median {'; '.join(told)}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DB_PATH": str(Path(folder, "bench.db")),
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "THROTTLE_ANON": "100000/min",
            "LOG_LEVEL": "ERROR",
        }
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connections

        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
        call_command("migrate", verbosity=0)
        try:
            measure()
        finally:
            connections.close_all()


if __name__ == "__main__":
    main()
