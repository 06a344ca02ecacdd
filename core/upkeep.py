"""What may be thrown away, and when: the work of the job `purge`."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.utils import timezone

from core.models import JobRun

KEEP_DAYS = 90


def purge(*, older_than: int = KEEP_DAYS) -> dict[str, int]:
    """Delete job runs older than so many days, and sessions past their end; how many of each."""
    limit = timezone.now() - timedelta(days=older_than)
    removed = {
        "job_runs": JobRun.objects.filter(finished__lt=limit),
        "sessions": Session.objects.filter(expire_date__lt=timezone.now()),
    }
    return {name: rows.delete()[0] for name, rows in removed.items()}
