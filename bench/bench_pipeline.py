"""How fast the pipeline is, as ratios to a yardstick measured in the same minute on the same machine.

    python bench/bench_pipeline.py                       # five archives, SQLite; COT_SOURCE_DIR, or a folder, has them
    DATABASE_URL=postgres://… python bench/bench_pipeline.py
    python manage.py demo --rows 1300000 --folder /tmp/history
    DATABASE_URL=postgres://… python bench/bench_pipeline.py /tmp/history --history

The database is emptied: give it one that nobody needs.

Yardstick: `pandas.read_csv` over `fut_disagg_txt_2021 … 2025` (61,995 rows, 191 columns), each frame dropped as soon as
it is read; beside it, what it takes to hold them as the one frame those numbers describe. Every measurement runs in a
process of its own; yardstick and pipeline alternate, and each ratio compares two neighbours in time. What is imported
before the work begins is left out of both.
"""

from __future__ import annotations

import argparse
import importlib.abc
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("COT_SOURCE_DIR") or ROOT.parent / "shared/data/cftc")
YEARS = range(2021, 2026)
ARCHIVE = "files/dea/history/fut_disagg_txt_{}.zip"
BUDGET = {"first": 4.0, "second": 1.2, "memory": 400, "history": 120}


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def yardstick(data: Path) -> dict[str, float]:
    import pandas as pd

    warnings.simplefilter("ignore")
    start = time.perf_counter()
    rows = sum(len(pd.read_csv(data / ARCHIVE.format(year))) for year in YEARS)
    return {"seconds": time.perf_counter() - start, "rows": rows, "megabytes": peak_megabytes()}


def frame(data: Path) -> dict[str, float]:
    """The five archives as one frame: what somebody who goes on working with them has to make."""
    import pandas as pd

    warnings.simplefilter("ignore")
    start = time.perf_counter()
    rows, columns = pd.concat([pd.read_csv(data / ARCHIVE.format(year)) for year in YEARS]).shape
    return {"seconds": time.perf_counter() - start, "rows": rows, "columns": columns}


class WithoutPandas(importlib.abc.MetaPathFinder):
    """The product is installed without pandas; where it can be imported, Arrow does so with the first array."""

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def start_django() -> None:
    sys.meta_path.insert(0, WithoutPandas())
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "equilibrium.settings"
    os.environ["COT_KEEP_FILES"] = "false"
    import django

    django.setup()


def only_the_five(data: Path, folder: Path) -> Path:
    """A site that holds the five archives and nothing else."""
    for path in (ARCHIVE.format(year) for year in YEARS):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).symlink_to((data / path).resolve())
    return folder


def empty_database() -> None:
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    else:
        for ending in ("", "-wal", "-shm"):
            Path(f"{connection.settings_dict['NAME']}{ending}").unlink(missing_ok=True)
    call_command("migrate", verbosity=0, skip_checks=True)


def load(data: Path, *, empty: bool) -> dict[str, float | str]:
    """One run of the pipeline over the five archives."""
    start_django()
    from cot.models import BoardRow, Observation
    from cot.pipeline import update
    from cot.pipeline.plan import Options
    from cot.variants import VARIANTS

    if empty:
        empty_database()
    options = Options(variants=(VARIANTS["disagg_fo"],), source=str(data), force=not empty)
    before = peak_megabytes()
    start, cpu = time.perf_counter(), time.process_time()
    summary = update.run(options=options)
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    assert summary.status == "ok", summary.as_dict()
    return {
        "seconds": seconds,
        "cpu": cpu,
        "rows": Observation.objects.count(),
        "board": BoardRow.objects.count(),
        "megabytes": peak_megabytes(),
        "before": before,
        "inserted": summary.variants["disagg_fo"].inserted,
    }


def history(data: Path) -> None:
    """Every series of a simulated history into an empty database: total, memory, and rows a second as it fills."""
    start_django()
    from django.db import connection

    from cot.models import Observation
    from cot.pipeline import update
    from cot.pipeline.plan import Options
    from cot.pipeline.summary import FileDone

    empty_database()
    marks: list[tuple[float, int]] = []
    start = time.perf_counter()

    def mark(event: object) -> None:
        if isinstance(event, FileDone):
            marks.append((time.perf_counter() - start, event.rows))

    summary = update.run(options=Options(source=str(data)), on_progress=mark)
    seconds = time.perf_counter() - start
    print(
        f"{summary.status}: {Observation.objects.count():,} rows in {seconds:.1f} s (budget {BUDGET['history']})"
    )
    total = sum(rows for _, rows in marks)
    done, since, quarter = 0, 0.0, 1
    for moment, rows in marks:
        done += rows
        if done >= quarter * total / 4:
            print(f"  quarter {quarter}: {moment - since:.1f} s")
            since, quarter = moment, quarter + 1
    print(f"  derived tables: {seconds - since:.1f} s")
    print(f"  peak memory {peak_megabytes():.0f} MB")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database()))")
            print("  database", cursor.fetchone()[0])


def in_own_process(what: str, data: Path, **environment: str) -> dict[str, float]:
    command = [sys.executable, __file__, str(data), "--only", what]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--only", choices=["yardstick", "frame", "first", "second"])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument(
        "--history", action="store_true", help="time the load of everything in the folder"
    )
    given = parser.parse_args()
    if given.only:
        tasks = {
            "yardstick": lambda: yardstick(given.data),
            "frame": lambda: frame(given.data),
            "first": lambda: load(given.data, empty=True),
            "second": lambda: load(given.data, empty=False),
        }
        print(json.dumps(tasks[given.only]()))
        return
    if given.history:
        history(given.data)
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(
            only_the_five(given.data, Path(folder, "site")),
            given.pairs,
            str(Path(folder, "bench.db")),
        )


def compare(data: Path, pairs: int, database: str) -> None:
    print(
        "$",
        " ".join(["python", *sys.argv]),
        "   DATABASE_URL" if os.environ.get("DATABASE_URL") else "   SQLite",
    )
    first: list[float] = []
    framed: list[float] = []
    second: list[float] = []
    memory = 0.0
    for _ in range(pairs):
        base = in_own_process("yardstick", data)
        run = in_own_process("first", data, DB_PATH=database)
        again = in_own_process("second", data, DB_PATH=database)
        whole = in_own_process("frame", data)
        assert run["rows"] == base["rows"], (run, base)
        assert again["inserted"] == 0
        first.append(run["seconds"] / base["seconds"])
        framed.append(run["seconds"] / whole["seconds"])
        second.append(again["seconds"] / base["seconds"])
        memory = max(memory, run["megabytes"])
        print(
            f"yardstick {base['seconds']:.2f} s, one frame {whole['seconds']:.2f} s   first {run['seconds']:.2f} s "
            f"({run['cpu']:.2f} s of processors, {run['board']} board rows, {run['megabytes']:.0f} MB)   "
            f"second {again['seconds']:.2f} s"
        )
    for name, ratios, budget in (
        ("first", first, BUDGET["first"]),
        ("second", second, BUDGET["second"]),
    ):
        middle = statistics.median(ratios)
        print(f"{name} run: {middle:.2f} × the yardstick (best {min(ratios):.2f}, budget {budget})")
    print(
        f"first run: {statistics.median(framed):.2f} × one frame of {whole['rows']:,} × {whole['columns']}"
    )
    print(f"peak memory {memory:.0f} MB (budget {BUDGET['memory']})")


if __name__ == "__main__":
    main()
