"""What every app shares in the database: data versions, cache entries, runs of jobs."""

from __future__ import annotations

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


class JobRun(models.Model):
    """One run of a scheduled job, found again by its natural key."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        OK = "ok", _("ok")
        FAILED = "failed", _("failed")
        LOCKED = "locked", _("locked")

    name = models.CharField(max_length=64)
    key = models.CharField(max_length=64)
    scheduled_for = models.DateTimeField(null=True)
    started = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.RUNNING)
    progress = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started", "-id"]
        constraints = [models.UniqueConstraint(fields=["name", "key"], name="job_run_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.key}"
