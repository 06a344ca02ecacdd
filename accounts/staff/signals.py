"""What operators do elsewhere stands in the audit log too."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts import audit
from accounts.models import Action, User
from core.signals import job_ended_by_hand, job_started_by_hand


@receiver(job_started_by_hand)
def on_job_started(actor: User, job: str, **_: Any) -> None:
    audit.record(Action.START_JOB, actor=actor, job=job)


@receiver(job_ended_by_hand)
def on_job_ended(actor: User, job: str, run: int, **_: Any) -> None:
    audit.record(Action.END_JOB, actor=actor, job=job, run=run)
