"""What people choose for themselves: preferences, devices; and the mails that wait or were sent."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Keyed, User


class RiskTolerance(models.TextChoices):
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class Notice(models.TextChoices):
    SIGNAL = "signal", _("New signals")
    MARGIN_CALL = "margin_call", _("Margin calls")
    HEARTBEAT = "heartbeat", _("Regular summary")
    FILL = "fill", _("Fills of orders")

    @property
    def module(self) -> str:
        """The module that sends it."""
        return "signals" if self == Notice.SIGNAL else "trading"


class Channel(models.TextChoices):
    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push")


class Platform(models.TextChoices):
    IOS = "ios", "iOS"
    ANDROID = "android", "Android"


def no_notices() -> dict[str, list[str]]:
    return {notice: [] for notice in Notice.values}


class Preferences(Keyed):
    """How a person wants positions sized and which events reach them where."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    risk_tolerance = models.CharField(
        _("risk tolerance"),
        max_length=6,
        choices=RiskTolerance.choices,
        default=RiskTolerance.MEDIUM,
    )
    preferred_sectors = models.JSONField(_("preferred sectors"), default=list, blank=True)
    max_position_size = models.DecimalField(
        _("largest position, fraction of equity"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("0.10"),
    )
    notify = models.JSONField(default=no_notices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(risk_tolerance__in=RiskTolerance.values), name="preferences_risk_known"
            ),
            models.CheckConstraint(
                condition=Q(max_position_size__gte=Decimal("0.01"), max_position_size__lte=1),
                name="preferences_position_size_in_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_tolerance}, {self.max_position_size}"


class Device(Keyed):
    """A phone that takes push messages; its token belongs to whoever registered it last."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    token = models.CharField(max_length=255)
    token_sha256 = models.CharField(max_length=64, unique=True)
    platform = models.CharField(max_length=7, choices=Platform.choices, default=Platform.IOS)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    family_id = models.UUIDField(null=True)  # the sign-in it was registered in, and ends with

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(platform__in=Platform.values), name="device_platform_known"
            )
        ]

    def __str__(self) -> str:
        return f"{self.platform} …{self.token_end}"

    @property
    def token_end(self) -> str:
        """The last six characters: enough to recognise, too few to use."""
        return self.token[-6:]


class MailQuerySet(models.QuerySet["MailLog"]):
    def waiting(self) -> Self:
        """Neither sent nor given up."""
        return self.filter(sent_at=None, given_up_at=None)

    def free(self, at: datetime) -> Self:
        """Waiting, and in nobody's hands."""
        return self.waiting().filter(Q(claimed_until=None) | Q(claimed_until__lt=at))


class MailLog(Keyed):
    """A mail that was asked for: written with what asks for it, so no broker can lose it; sent or given up once.

    What the letter says beside its own text (a code, a name) is kept encrypted, and only while the mail waits.
    One that nobody is to read goes when its turn comes: what stays here are letters.
    """

    template = models.CharField(max_length=64)
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    sealed = models.TextField(blank=True)
    asked_at = models.DateTimeField(auto_now_add=True, db_index=True)
    useless_after = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects = MailQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at"],
                condition=Q(sent_at=None, given_up_at=None),
                name="mail_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.asked_at:%Y-%m-%d %H:%M}"
