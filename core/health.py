"""Is everything there that this product needs? Apps add their own checks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from celery import current_app
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from core.connections import release
from core.models import JobRun

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 120
CLOCKS_APART: Final = 10  # seconds by which the clocks of two machines may differ
CONNECT_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; the age in seconds of the newest sign of life or data, where there is one.

    The note says what a name and a number do not; whoever asks may read it.
    """

    ok: bool
    age: float | None = None
    note: str = ""

    @property
    def body(self) -> dict[str, Any]:
        found = {
            "status": "ok" if self.ok else "failed",
            "age_seconds": None if self.age is None else round(self.age),
        }
        return found | ({"note": self.note} if self.note else {})


@dataclass(frozen=True, slots=True)
class Report:
    findings: dict[str, Finding]

    @property
    def status(self) -> str:
        """Down without its database; degraded when anything else fails."""
        if not self.findings["database"].ok:
            return "down"
        return "ok" if not self.failing else "degraded"

    @property
    def failing(self) -> list[str]:
        return [name for name, finding in self.findings.items() if not finding.ok]

    @property
    def body(self) -> dict[str, Any]:
        checks = {name: finding.body for name, finding in self.findings.items()}
        return {"status": self.status, "version": settings.VERSION, "checks": checks}


Check = Callable[[], Finding]
_checks: dict[str, Check] = {}
_waiting: set[str] = set()


def register(name: str, *, waits: bool = False) -> Callable[[Check], Check]:
    """Adds a check to `/health/`, under this name; it may raise: that is a failure.

    It may use the database, unless it `waits` for another service: then it must not hold a connection meanwhile.
    """

    def add(check: Check) -> Check:
        _checks[name] = check
        if waits:
            _waiting.add(name)
        return check

    return add


def report() -> Report:
    """Every check once. Without a database the others are failures too: each would only wait for it."""
    return _findings(_checks)


def readiness() -> Report:
    """Whether this process can serve pages: its database answers and has every table.

    Redis, worker and beat are no part of it: pages go on without them, and a proxy must not take every process away.
    """
    return _findings({"migrations": migrations})


def _findings(checks: Mapping[str, Check]) -> Report:
    """What reads the database comes first; its connection is given back before anything else is waited for."""
    findings = {"database": _try(database)}
    if not findings["database"].ok:
        return Report(findings | {name: Finding(ok=False) for name in checks})
    found = {name: _try(check) for name, check in checks.items() if name not in _waiting}
    release()
    found |= {name: _try(check) for name, check in checks.items() if name in _waiting}
    return Report(findings | {name: found[name] for name in checks})


def age_of(moment: datetime | None) -> float | None:
    """Seconds since `moment`; None when there was none."""
    return None if moment is None else (timezone.now() - moment).total_seconds()


def _try(check: Check) -> Finding:
    try:
        return check()
    except Exception as error:
        log.warning("Health check %s failed: %s", check.__name__, error)
        return Finding(ok=False)


def database() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(ok=True)


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    return Finding(ok=not executor.migration_plan(executor.loader.graph.leaf_nodes()))


@register("cache", waits=True)
def cache() -> Finding:
    """The cache itself answers; its spare, which keeps the product going, does not count."""
    servers = {getattr(caches[alias], "server", alias): caches[alias] for alias in settings.CACHES}
    for store in servers.values():
        if ping := getattr(store, "ping", None):
            ping()
    return Finding(ok=True)


@register("broker", waits=True)
def broker() -> Finding:
    with current_app.connection_for_write(connect_timeout=CONNECT_SECONDS) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    return Finding(ok=True)


@register("scheduler")
def scheduler() -> Finding:
    """A message went from beat through the broker to a worker in the last two minutes.

    One from the future is no sign of life: the clock was set back, and until it has caught up beat sends nothing.
    """
    last = JobRun.objects.filter(name="system_beat").values_list("finished", flat=True).first()
    age = age_of(last)
    if not settings.SCHEDULER_ENABLED:
        return Finding(ok=True, age=age)
    if age is not None and age < -CLOCKS_APART:
        return Finding(ok=False, age=age, note="the clock was set back: restart beat")
    return Finding(ok=age is not None and age <= BEAT_SECONDS, age=age)
