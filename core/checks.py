"""What Django checks of a database that is about to be used: `manage.py migrate`, `check --database default`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import connections

# The worker, its two children, beat and a command by hand: one thread and so a pool at its least, and a lock each.
JOB_PROCESSES: Final = 5


@register(Tags.database)
def pools_fit_the_server(databases: Collection[str] | None, **_options: Any) -> list[CheckMessage]:
    """The last web process to start must not find PostgreSQL full: it would answer 503 while others are busy."""
    return [
        warning
        for alias in databases or ()
        if connections[alias].vendor == "postgresql" and (warning := _too_many(alias))
    ]


def _too_many(alias: str) -> Warning | None:
    with connections[alias].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int"
        )
        most, reserved = cursor.fetchone()
    replicas, processes = settings.WEB_REPLICAS, settings.WEB_CONCURRENCY
    pool_min, pool_max = settings.DB_POOL["min_size"], settings.DB_POOL["max_size"]
    for_jobs = JOB_PROCESSES * (max(pool_min, 1) + 1)
    wanted = replicas * processes * pool_max + for_jobs
    if wanted <= most - reserved:
        return None
    return Warning(
        f"PostgreSQL takes {most - reserved} connections, the product may want {wanted}: WEB_REPLICAS={replicas} × "
        f"WEB_CONCURRENCY={processes} × DB_POOL_MAX={pool_max} for pages and {for_jobs} for jobs.",
        hint="Raise max_connections of the server or lower DB_POOL_MAX.",
        id="core.W001",
    )
