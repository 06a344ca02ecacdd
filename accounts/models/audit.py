"""What happened: the append-only record of what operators changed, and who came in or tried to."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Keyed, User
from core.append_only import AppendOnly


class Action(models.TextChoices):
    APPROVE_USER = "approve_user", _("approved")
    DISABLE_USER = "disable_user", _("disabled")
    ENABLE_USER = "enable_user", _("enabled")
    CHANGE_ROLE = "change_role", _("role changed")
    CHANGE_NICKNAME = "change_nickname", _("nickname changed")
    GRANT_PERMISSION = "grant_permission", _("module granted")
    REVOKE_PERMISSION = "revoke_permission", _("module revoked")
    RESET_MFA = "reset_mfa", _("second factor reset")
    LEDGER_ADJUSTMENT = "ledger_adjustment", _("ledger adjusted")
    PROMOTE_MODEL = "promote_model", _("model promoted")
    DEMOTE_MODEL = "demote_model", _("model demoted")
    RUN_INGEST = "run_ingest", _("data update started")
    CANCEL_INGEST = "cancel_ingest", _("data update cancelled")
    START_JOB = "start_job", _("job started")
    END_JOB = "end_job", _("job ended")
    REFRESH_REUSE = "refresh_reuse", _("stolen refresh token shown")
    CREATE_ADMIN = "create_admin", _("administrator created")
    ERASE_USER = "erase_user", _("person erased")


class AuditEntry(AppendOnly):
    """One change: who did what to whom, with the values before and after; never a secret. Triggers keep it as it is."""

    seq = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    actor = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False
    )
    action = models.CharField(max_length=20, choices=Action.choices)
    target_user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False
    )
    metadata = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-seq"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["actor", "created_at"], name="audit_by_actor"),
            models.Index(fields=["target_user", "created_at"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.action}"


class SignInKind(models.TextChoices):
    SIGNED_IN = "signed_in", _("signed in")
    WRONG_PASSWORD = "wrong_password", _("wrong password")
    WRONG_CODE = "wrong_code", _("wrong code")


class SignInEvent(Keyed):
    """Sign-ins and failed ones of an account, one row per kind, network and client; nobody's where there is no account.

    `client` is as readable as the label of a sign-in: “Firefox, Windows”.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="sign_in_events"
    )
    kind = models.CharField(max_length=14, choices=SignInKind.choices)
    network = models.CharField(max_length=43, blank=True)
    client = models.CharField(max_length=120, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "network", "client"], name="sign_in_event_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "network", "client"],
                condition=Q(user=None),
                name="sign_in_event_of_nobody_once",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=SignInKind.values), name="sign_in_event_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.last_at:%Y-%m-%d %H:%M}"
