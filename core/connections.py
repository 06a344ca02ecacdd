"""Not holding a database connection while something slow is waited for."""

from __future__ import annotations

import time
from typing import Final

from django.db import DatabaseError, connection

PATIENCE: Final = 60.0  # seconds; a restart takes a few


def release() -> None:
    """Gives this thread's connection back to the pool; the next query takes one again. In a transaction: nothing."""
    if not connection.in_atomic_block:
        connection.close()


def reconnect(patience: float = PATIENCE) -> None:
    """A new connection in place of one the server ended, waiting so long for a server that starts again."""
    deadline = time.monotonic() + patience
    while True:
        release()
        try:
            connection.ensure_connection()
        except DatabaseError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1)
        else:
            return
