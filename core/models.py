"""What every app shares in the database: data versions, cache entries, runs of jobs."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class DataVersion(models.Model):
    """A counter raised whenever the named data changes; every cache key holds it."""

    name = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class CacheEntry(models.Model):
    """One counter of the cache alias `default` where there is no Redis (or it is down): JSON with an end."""

    key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(null=True, db_index=True)

    def __str__(self) -> str:
        return self.key


class JobRuns(models.QuerySet["JobRun"]):
    def of(self, name: str) -> Self:
        return self.filter(name=name)

    def under_way(self) -> Self:
        return self.filter(status=JobRun.Status.RUNNING)

    def worked(self) -> Self:
        """Those that had their turn: not the ones that found another at work."""
        return self.exclude(status=JobRun.Status.LOCKED)


class JobRun(models.Model):
    """One run of a piece of work. A scheduled one is found again by its key, the time it was due at."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        START = "start", _("start")
        COMMAND = "command", _("command")
        ADMIN = "admin", _("administrator")

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        OK = "ok", _("ok")
        PARTIAL = "partial", _("partial")
        FAILED = "failed", _("failed")
        LOCKED = "locked", _("another was at work")
        CANCELLED = "cancelled", _("cancelled")

    name = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    trigger = models.CharField(max_length=8, choices=Trigger.choices, default=Trigger.SCHEDULE)
    options = models.JSONField(default=dict)
    scheduled_for = models.DateTimeField(null=True)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.RUNNING)
    progress = models.JSONField(default=dict)  # done, total, note
    result = models.JSONField(default=dict)  # what it counted
    error = models.TextField(blank=True)
    cancel_asked = models.DateTimeField(null=True)  # noticed at the next step of its work

    objects = JobRuns.as_manager()

    class Meta:
        ordering = ["-started", "-id"]
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="job_run_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
