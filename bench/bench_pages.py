"""Server time of pages and endpoints: whole requests through every middleware, without a network.

    python bench/bench_pages.py                     # SQLite, real files of COT_SOURCE_DIR or ../shared/data/cftc
    python bench/bench_pages.py --requests 1000

Cold is the first request after the data changed; warm are the ones after it. The market with 1,000 weeks is a demo one.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = os.environ.get("COT_SOURCE_DIR") or str(ROOT.parent / "shared/data/cftc")
BUDGETS = [  # address, cold ms, warm p95 ms, queries
    ("/cot/?universe=all", 300, 60, 3),
    ("/cot/?universe=all&report=disagg&columns=groups", 300, 60, 3),
    ("/cot/088691/", 300, 60, 8),
    ("/cot/088691/table/", 300, 60, 8),
    ("/api/v1/cot/screener-v2?universe=all", 300, 60, 8),
    ("/api/v1/cot/markets/disagg/fo/088691", 250, 250, 8),
    ("/api/v1/cot/status", 300, 60, 20),
]
OWN = (
    "django_session",
    "accounts_user",
    "accounts_modulepermission",
)  # who asks: not the page's own queries


def measure(
    client: Any, address: str, cold: float, warm: float, queries: int, requests: int
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from core import versions

    firsts = []
    for _ in range(5):
        versions.bump("cot")
        firsts.append(once(client, address)[0])
    with CaptureQueriesContext(
        connection,
    ) as seen:
        _, body = once(client, address)
    own = [
        query for query in seen.captured_queries if not any(table in query["sql"] for table in OWN)
    ]
    spent = sorted(once(client, address)[0] for _ in range(requests))
    p95 = quantiles(spent, n=20)[-1]
    print(
        f"{address}: cold {median(firsts):.0f} ms (budget {cold}), warm p95 {p95:.1f} ms, median {median(spent):.1f} "
        f"(budget {warm}) over {requests} requests, {len(own)} queries (budget {queries}), "
        f"{len(body) / 1000:.0f} KB, {len(gzip.compress(body)) / 1000:.0f} KB gzip"
    )


def once(client: Any, address: str) -> tuple[float, bytes]:
    start = time.perf_counter()
    answer = client.get(address)
    body = answer.content
    assert answer.status_code == 200, (address, answer.status_code)
    return 1000 * (time.perf_counter() - start), body


def load(source: str, *more: str) -> None:
    from django.core.management import call_command

    with open(os.devnull, "w") as quiet, suppress(SystemExit):
        call_command("update_cot", "--source", source, "--json", *more, stdout=quiet)


def long_history(folder: Path) -> None:
    """Twenty years of a few markets, so that a request answers more than 1,000 weeks."""
    from cot.demo import archive as demo

    demo.write_demo(folder, markets=6, years=20, until=datetime.now(UTC).date())
    load(str(folder), "--years", "2000-2030", "--type", "disagg", "--subtype", "fo")


def run(part: str, requests: int, folder: Path) -> None:
    from django.test import Client

    from accounts.services import create_person
    from cot.models import Observation

    if part == "real":
        load(SOURCE, "--years", "2021-2026")
    else:
        long_history(folder / "demo")
    client = Client(HTTP_HOST="localhost")
    client.force_login(
        create_person(email="bench@example.org", username="bench", password="Long-enough-1")
    )
    print(f"{Observation.objects.count():,} rows")
    if part == "real":
        for budget in BUDGETS:
            measure(client, *budget, requests)
        return
    code = Observation.objects.values_list("market_id", flat=True).first()
    print(f"a market with {Observation.objects.filter(market_id=code).count():,} weeks:")
    measure(client, f"/api/v1/cot/markets/disagg/fo/{code}", 250, 250, 8, requests // 5)
    measure(client, f"/cot/{code}/", 300, 60, 8, requests // 5)


def in_own_process(part: str, requests: int) -> None:
    """Each part has a database of its own, which is thrown away."""
    with tempfile.TemporaryDirectory() as folder:
        own = {
            "DB_PATH": f"{folder}/app.db",
            "DATABASE_URL": "",
            "COT_KEEP_FILES": "false",
            "LOG_LEVEL": "ERROR",
        }
        own |= {"DJANGO_SETTINGS_MODULE": "equilibrium.settings", "THROTTLE_USER": "1000000/min"}
        command = [
            sys.executable,
            __file__,
            "--requests",
            str(requests),
            "--only",
            part,
            "--folder",
            folder,
        ]
        subprocess.run(command, env=os.environ | own, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--only", choices=["real", "long"])
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    if not given.only:
        print("$", " ".join(["python", *sys.argv]), flush=True)
        in_own_process("real", given.requests)
        in_own_process("long", given.requests)
        return
    sys.path.insert(0, str(ROOT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    run(given.only, given.requests, given.folder)


if __name__ == "__main__":
    main()
