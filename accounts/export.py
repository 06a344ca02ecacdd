"""Everything the product keeps about a person, for that person: plain values, without secrets."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.utils import timezone

from accounts.models import (
    AuditEntry,
    Device,
    MailLog,
    ModulePermission,
    Preferences,
    RefreshToken,
    SignInEvent,
    User,
)
from core import modules

PROFILE = (
    *("id", "email", "username", "nickname", "language", "timezone", "role", "status"),
    *("email_verified_at", "last_login", "deletion_at", "created_at", "updated_at"),
)
# Under which name which fields of which rows go out. What is left out is a secret, or a key of ours.
ROWS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "preferences": (
        Preferences,
        ("risk_tolerance", "preferred_sectors", "max_position_size", "notify"),
    ),
    "permissions": (ModulePermission, ("permission", "granted_at")),
    "devices": (Device, ("platform", "token", "created_at", "last_seen_at")),
    "sign_ins": (RefreshToken, ("client", "label", "network", "created_at", "revoked_at")),
    "browsers": (UserSession, ("ip", "user_agent", "created_at", "last_seen_at")),
    "factors": (Authenticator, ("type", "created_at", "last_used_at")),
    "connections": (SocialAccount, ("provider", "uid", "date_joined")),
    "events": (SignInEvent, ("kind", "network", "client", "first_at", "last_at", "count")),
    "mails": (MailLog, ("template", "asked_at", "sent_at")),
}


def of(user: User) -> dict[str, Any]:
    """By subject; what other apps keep stands under `modules`, by their key."""
    changes = AuditEntry.objects.filter(target_user=user)
    return {
        "exported_at": timezone.now(),
        "profile": {name: getattr(user, name) for name in PROFILE},
        **{
            name: list(model.objects.filter(user=user).order_by("pk").values(*fields))
            for name, (model, fields) in ROWS.items()
        },
        "changes": list(changes.values("action", "metadata", "created_at")),
        "modules": modules.personal(user),
    }
