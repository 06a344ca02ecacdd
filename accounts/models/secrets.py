"""Everything that proves who somebody is, kept as hashes only: codes, refresh tokens, challenges."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Keyed, User


class Purpose(models.TextChoices):
    VERIFY = "verify", _("confirm the e-mail")
    LOGIN = "login", _("sign in")
    RESET = "reset", _("reset the password")
    REAUTH = "reauth", _("prove yourself again")
    EMAIL = "email", _("change the address")

    @property
    def life(self) -> timedelta:
        """How long a code works."""
        return timedelta(minutes=5 if self is Purpose.LOGIN else 10)


class Client(models.TextChoices):
    BROWSER = "browser", _("Browser")
    MOBILE = "mobile", _("Mobile app")


class Proof(models.TextChoices):
    """What a sign-in, or a proof given later, was made of."""

    PASSWORD = "password", _("password")
    CODE = "code", _("mailed code")
    PROVIDER = "provider", _("account elsewhere")
    FACTOR = "factor", _("second factor")


class ChallengeKind(models.TextChoices):
    LOGIN = "login", _("second factor of a sign-in")
    TOTP_ADD = "totp_add", _("new authenticator app")
    PASSKEY_ADD = "passkey_add", _("new passkey")
    PASSKEY_LOGIN = "passkey_login", _("sign-in by passkey")


class EmailRequestQuerySet(models.QuerySet["EmailRequest"]):
    def open(self, email: str, *purposes: Purpose, at: datetime) -> Self:
        """Requests of an address that have neither been answered nor grown old."""
        return self.filter(email=email, purpose__in=purposes, used_at=None, expires_at__gt=at)


class EmailRequest(Keyed):
    """What somebody asked for by e-mail, with the code that was mailed; written for every address, known or not.

    The credentials of a sign-up wait here until the code of this very request confirms them.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="email_requests"
    )
    email = models.CharField(max_length=254)
    purpose = models.CharField(max_length=6, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    code_hmac = models.CharField(max_length=64)
    code_expires_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    network = models.CharField(max_length=43, blank=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EmailRequestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["email", "purpose", "created_at"], name="email_request_of_address")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=Purpose.values), name="email_request_purpose_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.created_at:%Y-%m-%d %H:%M}"


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    def live(self, at: datetime) -> Self:
        """Tokens that would still be exchanged: one per living family."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=at)


class RefreshToken(Keyed):
    """One link of a sign-in: a family of tokens, each replaced by the next when it is used."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family_id = models.UUIDField(default=uuid.uuid4, db_index=True)
    signed_in_at = models.DateTimeField(default=timezone.now)  # when the family began
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    client = models.CharField(max_length=7, choices=Client.choices, default=Client.BROWSER)
    label = models.CharField(max_length=120, blank=True)
    network = models.CharField(max_length=43, blank=True)
    # of the sign-in, the same in all its links
    proof = models.CharField(max_length=8, choices=Proof.choices, blank=True)
    proven_at = models.DateTimeField(null=True)
    with_factor = models.BooleanField(default=False)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"], name="refresh_token_of_user")]

    def __str__(self) -> str:
        return f"{self.client} {self.created_at:%Y-%m-%d %H:%M}"


class RevokedAccess(Keyed):
    """An access token that was signed out before it expired."""

    jti = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"


class MfaChallenge(Keyed):
    """A question put to a client that must be answered once, soon: second factor or passkey."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=13, choices=ChallengeKind.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.JSONField(default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.kind


class LoginTicket(Keyed):
    """The one-use code that a client exchanges for tokens after a provider has vouched for the person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, unique=True)
    challenge = models.CharField(max_length=43)  # PKCE, S256: the verifier stays with the app
    proof = models.CharField(max_length=8, choices=Proof.choices, blank=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"until {self.expires_at:%Y-%m-%d %H:%M}"
