"""What accounts may throw away, and the removal of a person by law."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.models import (
    Action,
    AuditEntry,
    EmailRequest,
    LoginTicket,
    MailLog,
    MfaChallenge,
    RefreshToken,
    RevokedAccess,
    SignInEvent,
    Status,
    User,
)
from core.append_only import suspended

KEEP_USED_REFRESH = timedelta(days=30)
KEEP_MAIL_LOG = timedelta(days=90)
KEEP_EVENTS = timedelta(days=90)
UNCONFIRMED_LIFE = timedelta(days=7)


def purge() -> dict[str, int]:
    """Deletes what has expired; how many of each. Nothing relies on it: expired secrets are refused anyway."""
    now = timezone.now()
    month_ago = now - KEEP_USED_REFRESH
    gone = {
        "codes": EmailRequest.objects.filter(Q(expires_at__lt=now) | Q(used_at__isnull=False)),
        "revoked_access": RevokedAccess.objects.filter(expires_at__lt=now),
        "refresh_tokens": RefreshToken.objects.filter(
            Q(expires_at__lt=month_ago) | Q(used_at__lt=month_ago) | Q(revoked_at__lt=month_ago)
        ),
        "challenges": MfaChallenge.objects.filter(expires_at__lt=now),
        "tickets": LoginTicket.objects.filter(expires_at__lt=now),
        "sign_in_events": SignInEvent.objects.filter(last_at__lt=now - KEEP_EVENTS),
        "unconfirmed": unconfirmed(now),
        "mail_log": MailLog.objects.filter(asked_at__lt=now - KEEP_MAIL_LOG),
    }
    return {name: rows.delete()[0] for name, rows in gone.items()}


def unconfirmed(now: datetime) -> QuerySet[User]:
    """Accounts whose address nobody has proven for a week, without a sign-up under way or a word in the audit log."""
    forgotten: QuerySet[User] = User.objects.filter(
        ~Exists(EmailRequest.objects.filter(user=OuterRef("pk"), used_at=None, expires_at__gt=now)),
        ~Exists(AuditEntry.objects.filter(target_user=OuterRef("pk"))),
        status=Status.UNVERIFIED,
        created_at__lt=now - UNCONFIRMED_LIFE,
    )
    return forgotten


def erase(user: User) -> None:
    """Removes a person and all they own; the audit log keeps its rows without naming them, and an entry of this.

    The entry holds a keyed hash of the address: whoever asks later whether somebody was removed can be answered.
    """
    who = salted_hmac("accounts.erased", user.email, algorithm="sha256").hexdigest()
    for session in UserSession.objects.filter(user=user):
        session.end()
    EmailRequest.objects.filter(email=user.email).delete()
    with suspended(AuditEntry):
        mine = AuditEntry.objects.filter(target_user=user)
        mine.filter(action=Action.CHANGE_NICKNAME).update(metadata={})
        mine.update(target_user=None)
        AuditEntry.objects.filter(actor=user).update(actor=None)
        user.delete()
        audit.record(Action.ERASE_USER, actor=None, person=who)
