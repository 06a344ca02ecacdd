"""Who a person is and which modules they may open."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, ClassVar, Self

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.names import plain
from core import modules


class Role(models.TextChoices):
    VIEWER = "viewer", _("Viewer")
    USER = "user", _("User")
    ADMIN = "admin", _("Administrator")


class Status(models.TextChoices):
    UNVERIFIED = "unverified", _("E-mail not confirmed")
    PENDING = "pending", _("Awaiting approval")
    ACTIVE = "active", _("Active")
    DISABLED = "disabled", _("Disabled")


class Language(models.TextChoices):
    EN = "en", "English"
    UK = "uk", "Українська"
    RU = "ru", "Русский"


SECOND_FACTORS = ("totp", "webauthn")  # recovery codes only stand in for one of these


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> Self:
        return self.filter(status=Status.ACTIVE)

    def admins(self) -> Self:
        return self.filter(role=Role.ADMIN)

    def by_login(self, login: str) -> User | None:
        """The person whose e-mail or user name this is, in any letter case; user names hold no `@`."""
        field = "email" if "@" in login else "username__iexact"
        return self.filter(**{field: login.strip().lower()}).first()

    def locked(self) -> Self:
        """Held until the end of the transaction; rows that refer to the person may still be written meanwhile.

        Everybody who issues or ends something of a person takes this lock first: no order of two can deadlock, and
        nothing new comes into being while the old is being ended.
        """
        return self.select_for_update(no_key=True)

    def with_factors(self) -> Self:
        """Adds `has_factor`: an authenticator app or a passkey is registered."""
        factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=SECOND_FACTORS)
        return self.annotate(has_factor=Exists(factors))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Makes plain accounts; an administrator is made by `services.create_admin`, which notes it in the audit log."""

    def get_by_natural_key(self, username: str | None) -> User:
        user: User = self.get(email=self.canonical(username or ""))
        return user

    @staticmethod
    def canonical(email: str) -> str:
        """The one spelling of an address: trimmed, lower case."""
        return email.strip().lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user: User = self.model(email=self.canonical(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person. The e-mail is the identity; role and status decide what `is_staff` and `is_active` answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    username = models.CharField(_("user name"), max_length=30, null=True, blank=True)
    nickname = models.CharField(_("nickname"), max_length=100, blank=True, validators=[plain])
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, default=Language.EN
    )
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Kyiv")

    role = models.CharField(_("role"), max_length=8, choices=Role.choices, default=Role.USER)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.UNVERIFIED
    )
    email_verified_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=1)
    deletion_at = models.DateTimeField(null=True, blank=True)  # when its owner leaves

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()
    has_factor: bool | None = None  # set by with_factors()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), name="user_username_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="user_status_known"),
            models.CheckConstraint(
                condition=Q(token_version__gte=1), name="user_token_version_positive"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.ACTIVE, Status.PENDING])
                | Q(email_verified_at__isnull=False),
                name="user_active_is_verified",
            ),
        ]

    def __str__(self) -> str:
        return self.nickname or self.email

    def get_session_auth_hash(self) -> str:
        """Browser sessions carry the token version, so raising it ends them."""
        return f"{self.token_version}:{super().get_session_auth_hash()}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for fallback in super().get_session_auth_fallback_hash():
            yield f"{self.token_version}:{fallback}"

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == Status.ACTIVE

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    @cached_property
    def modules(self) -> frozenset[str]:
        """Names of the modules this person may open; administrators open all without a row."""
        if self.is_admin:
            return frozenset(modules.titles())
        return frozenset(row.permission for row in self.module_permissions.all())

    @property
    def shell_stamp(self) -> tuple[object, ...]:
        """Whose name stands in the head of a page, and what they may open: a kept page depends on it."""
        return self.pk, str(self), self.email, self.role, sorted(self.modules)

    @property
    def can_write(self) -> bool:
        """A viewer reads; users and administrators write."""
        return self.role != Role.VIEWER

    def can_open(self, module: str) -> bool:
        return self.is_active and module in self.modules

    @cached_property
    def mfa_enabled(self) -> bool:
        """A second factor is registered; read from `with_factors()` when the query carried it."""
        if self.has_factor is None:
            return bool(User.objects.with_factors().get(pk=self.pk).has_factor)
        return self.has_factor

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Django's own permissions are not used: an active administrator has them all."""
        return self.is_active and self.is_superuser

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(app_label)


class Keyed(models.Model):
    """A row whose key tells nothing and can be shown to anyone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True


class ModulePermission(Keyed):
    """The right of one person to open one module; administrators open all without a row.

    The word is checked against the registry of modules, so a new module changes no table.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="module_permissions")
    permission = models.CharField(max_length=20, choices=modules.grantable)
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "permission"], name="module_permission_once"),
            models.CheckConstraint(
                condition=Q(permission__regex=f"^{modules.WORD}$"),
                name="module_permission_is_a_word",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.permission}"
