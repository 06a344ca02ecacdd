"""How long the API needs to know who somebody is, and to let them in.

`GET /auth/me` may take 15 ms (p95) and two queries; a sign-in is to cost little beside its one bcrypt hash.
Wall time is what people wait; CPU time is what a shared machine lets one compare.
Run: .venv/bin/python bench/bench_accounts.py
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
ME, LOGIN = "/api/v1/auth/me", "/api/v1/auth/login"


def spent(work: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds of wall and CPU time of each round."""
    wall, cpu = [], []
    for _ in range(rounds):
        started, burnt = time.perf_counter(), time.thread_time()
        work()
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.thread_time() - burnt))
    return wall, cpu


def report(title: str, work: Callable[[], object], rounds: int) -> float:
    wall, cpu = spent(work, rounds)
    p95 = quantiles(wall, n=20)[-1]
    print(
        f"accounts, {title}: median {median(wall):.1f} ms, p95 {p95:.1f}; "
        f"CPU median {median(cpu):.1f} ms, p95 {quantiles(cpu, n=20)[-1]:.1f}"
    )
    return median(cpu)


def measure() -> None:
    from django.contrib.auth.hashers import check_password
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from rest_framework.test import APIClient

    from accounts import services
    from accounts.proofs import tokens

    user = services.create_person(email="bench@example.org", password=PASSWORD, username="bench")
    caller, stranger = APIClient(), APIClient()
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens.issue(user).token}")

    def me() -> None:
        assert caller.get(ME).status_code == 200

    def sign_in() -> None:
        cache.clear()  # the limits are not what is measured
        answer = stranger.post(LOGIN, {"login": "bench", "password": PASSWORD}, format="json")
        assert answer.status_code == 200, answer.content

    me()
    sign_in()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        me()
    counters = sum("cache" in query["sql"] for query in queries)
    print(
        f"accounts, GET /auth/me: {len(queries) - counters} queries (at most 2), {counters} for counters without Redis"
    )
    report("GET /auth/me (p95 at most 15 ms)", me, 200)
    hashing = report("one bcrypt hash", lambda: check_password(PASSWORD, user.password), 20)
    whole = report("sign-in by password", sign_in, 20)
    print(
        f"accounts, share of the hash in a sign-in: {100 * hashing / whole:.0f} % of the CPU time"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DB_PATH": str(Path(folder, "bench.db")),
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "THROTTLE_USER": "100000/min",
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
