"""How long the board takes: rebuilding it, showing it, and showing it as it was.

Loads the archives of COT_SOURCE_DIR (or ../shared/data/cftc) into a database of its own and throws it away.
Run: .venv/bin/python bench/bench_board.py
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
SOURCE = os.environ.get("COT_SOURCE_DIR") or str(ROOT.parent / "shared/data/cftc")


def milliseconds(work: Callable[[], object], rounds: int) -> list[float]:
    spent = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - start))
    return sorted(spent)


def report(
    title: str, work: Callable[[], object], rounds: int, budget: float | None = None
) -> None:
    spent = milliseconds(work, rounds)
    p95 = quantiles(spent, n=20)[-1] if rounds >= 20 else spent[-1]
    limit = f"; budget {budget:.0f} ms, ratio {median(spent) / budget:.2f}" if budget else ""
    print(
        f"board, {title}: median {median(spent):.1f} ms, best {spent[0]:.1f}, p95 {p95:.1f}{limit}"
    )


def measure() -> None:
    from cot.models import Observation
    from cot.pipeline import deriving
    from cot.selectors import board, history
    from cot.selectors.board_query import BoardQuery
    from cot.variants import VARIANTS, variant

    disagg = variant("disagg", "fo")
    stored = Observation.objects.count()
    of_disagg = history.of_variant(disagg).count()
    then = datetime(2026, 3, 1, tzinfo=UTC)
    every = BoardQuery(universe="all")
    assert stored, f"nothing could be loaded from {SOURCE}"
    print(f"board: {stored} observations, {of_disagg} of them disaggregated futures only")
    report("rebuild of disagg fo", lambda: deriving.rebuild_board([disagg]), 7, 400)
    report("rebuild of all six variants", lambda: deriving.rebuild_board(VARIANTS.values()), 5)
    report("board, core universe", lambda: board.show("fo", BoardQuery()), 40, 300)
    report("board, all markets", lambda: board.show("fo", every), 40, 300)
    report(
        "board at a past instant, core", lambda: board.show("fo", BoardQuery(as_of=then)), 7, 1000
    )
    report("history of one market", lambda: history.of_market(disagg, "088691"), 40)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DB_PATH": f"{folder}/app.db", "DATABASE_URL": "", "COT_KEEP_FILES": "false"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "equilibrium.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        with open(os.devnull, "w") as quiet, suppress(SystemExit):
            call_command(
                "update_cot", "--source", SOURCE, "--years", "2021-2026", "--json", stdout=quiet
            )
        measure()
