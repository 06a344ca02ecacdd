"""Writing the audit log: who did what to whom, with the values before and after."""

from __future__ import annotations

from typing import Any

from structlog.contextvars import get_contextvars

from accounts.models import Action, AuditEntry, User


def record(
    action: Action, *, actor: User | None, target: User | None = None, **metadata: Any
) -> AuditEntry:
    """Notes an action in the caller's transaction; `metadata` holds the values before and after, never a secret."""
    request_id = str(get_contextvars().get("request_id", ""))
    return AuditEntry.objects.create(
        actor=actor, action=action, target_user=target, metadata=metadata, request_id=request_id
    )
