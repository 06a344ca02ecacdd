"""Not holding a database connection while something slow is waited for."""

from __future__ import annotations

from django.db import connection


def release() -> None:
    """Gives this thread's connection back to the pool; the next query takes one again. In a transaction: nothing."""
    if not connection.in_atomic_block:
        connection.close()
