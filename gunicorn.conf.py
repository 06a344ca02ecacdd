"""What gunicorn does besides its flags: the counts of all its processes are added up in `/metrics/`.

Each process counts in files of its own in one folder, and whoever is asked adds them up. The folder is made for this
start, unless PROMETHEUS_MULTIPROC_DIR names one, which no other gunicorn may share; that one is emptied.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

NAME = "PROMETHEUS_MULTIPROC_DIR"
OURS = "equilibrium-metrics-"

if NAME not in os.environ:
    os.environ[NAME] = tempfile.mkdtemp(prefix=OURS)

# The library looks at the variable when it is imported.
from prometheus_client import multiprocess  # noqa: E402


def on_starting(server: Any) -> None:
    """What an earlier start counted is no count of this one."""
    folder = Path(os.environ[NAME])
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.db"):
        path.unlink()


def child_exit(server: Any, worker: Any) -> None:
    """What a process that ended had counted stays in the sums; what it was doing does not."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    """The folder goes with whom it was made for."""
    folder = Path(os.environ[NAME])
    if folder.name.startswith(OURS):
        shutil.rmtree(folder, ignore_errors=True)
