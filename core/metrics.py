"""Gauges read when Prometheus asks. Apps add theirs; counts of requests come from django-prometheus."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from django.db import connection
from django.db.models import Count, Max, Q
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.health import age_of
from core.models import JobRun

log = logging.getLogger(__name__)

Values = Mapping[tuple[str, ...], float]

# Apart from the process's own registry, so that it also works when several web processes share their counters.
DOMAIN = CollectorRegistry()


class Gauge(Collector):
    """One gauge whose values by label are read at the moment of asking."""

    def __init__(
        self, name: str, text: str, labels: tuple[str, ...], read: Callable[[], Values]
    ) -> None:
        self.name, self.text, self.labels, self.read = name, text, labels, read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        return [GaugeMetricFamily(self.name, self.text, labels=self.labels)]

    def collect(self) -> Iterable[GaugeMetricFamily]:
        family = GaugeMetricFamily(self.name, self.text, labels=self.labels)
        try:
            for labels, value in self.read().items():
                family.add_metric(labels, value)
        except Exception as error:
            log.warning("Gauge %s cannot be read: %s", self.name, error)
        return [family]


def gauge(
    name: str, text: str, *labels: str
) -> Callable[[Callable[[], Values]], Callable[[], Values]]:
    """Makes a function a gauge: it answers `{(label values…): value}`, `{(): value}` without labels."""

    def add(read: Callable[[], Values]) -> Callable[[], Values]:
        DOMAIN.register(Gauge(name, text, labels, read))
        return read

    return add


@gauge("equilibrium_job_runs", "Runs of a job by how they ended.", "job", "status")
def job_runs() -> Values:
    counts = JobRun.objects.values_list("name", "status").annotate(runs=Count("pk")).order_by()
    return {(name, status): runs for name, status, runs in counts}


@gauge("equilibrium_job_success_age_seconds", "Seconds since a job last succeeded.", "job")
def job_success_age() -> Values:
    last = Max("finished", filter=Q(status=JobRun.Status.OK))
    rows = JobRun.objects.values_list("name").annotate(last=last).order_by()
    return {(name,): age for name, finished in rows if (age := age_of(finished)) is not None}


@gauge(
    "equilibrium_database_connections",
    "Connections to the database, of all processes (PostgreSQL).",
    "state",
)
def database_connections() -> Values:
    if connection.vendor != "postgresql":
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        return {(state,): count for state, count in cursor.fetchall()}
