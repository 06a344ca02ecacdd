"""What may be thrown away, and when: the work of the job `purge`."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Max
from django.utils import timezone

from core.models import JobRun

KEEP_DAYS = 90


def purge(*, older_than: int = KEEP_DAYS) -> dict[str, int]:
    """Delete runs older than so many days but the newest of a name, and sessions past their end; how many of each."""
    limit = timezone.now() - timedelta(days=older_than)
    newest = JobRun.objects.order_by().values("name").annotate(newest=Max("pk")).values("newest")
    removed = {
        "job_runs": JobRun.objects.filter(finished__lt=limit).exclude(
            pk__in=list(newest.values_list("newest", flat=True))
        ),
        "sessions": Session.objects.filter(expire_date__lt=timezone.now()),
    }
    return {name: rows.delete()[0] for name, rows in removed.items()}
