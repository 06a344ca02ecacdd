"""When account work runs in the background."""

from __future__ import annotations

from accounts import leaving, upkeep
from accounts.letters import tasks  # noqa: F401  Celery finds the tasks of letters here
from core.jobs import Result, job
from core.runs import Run


@job("0 0 * * *", at_start=True)
def purge_secrets(run: Run) -> Result:
    """Remove expired codes, challenges, tickets, revoked access ids, old refresh tokens; accounts that are due."""
    return upkeep.purge() | {"left": leaving.remove_due()}
