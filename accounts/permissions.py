"""What a role and a module permission open, for the API and for pages.

A viewer reads the modules they have the permission for and keeps settings of their own there, a user writes there as
well, an administrator needs no permission and alone reaches people, approvals, the audit log and statistics. Read from
the database at each request.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.bridge import reauth
from accounts.errors import (
    AdminOnly,
    MfaEnrolmentRequired,
    PermissionDenied,
    ProofRequired,
    ReadOnlyRole,
)
from accounts.models import User
from core import modules
from core.errors import Forbidden

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def check_module(user: User, module: str, method: str | None, *, personal: bool = False) -> None:
    """Raises PermissionDenied without the module, ReadOnlyRole if a viewer writes anything but `personal` settings."""
    if not user.can_open(module):
        raise PermissionDenied(details={"permission": module})
    if not (personal or method in SAFE_METHODS or user.can_write):
        raise ReadOnlyRole


def check_admin(user: User, request: Request | HttpRequest) -> None:
    """Raises AdminOnly, and where REQUIRE_ADMIN_MFA is set asks of this very sign-in that a factor was used.

    Raises MfaEnrolmentRequired for whoever has none, ProofRequired when this sign-in was made without.
    """
    if not (user.is_active and user.is_admin):
        raise AdminOnly
    if settings.REQUIRE_ADMIN_MFA:
        if not user.mfa_enabled:
            raise MfaEnrolmentRequired
        if not reauth.signed_in_with_factor(request, user):
            raise ProofRequired(details={"methods": reauth.methods(user)})


class ActiveAccount(BasePermission):
    """Signed in with an active account; no module asked."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.is_active)


class ModuleAccess(ActiveAccount):
    """The view's `module` may be opened; a viewer only reads, unless the view is of `personal` settings."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        personal = getattr(view, "personal", False)
        check_module(request.user, view.module, request.method, personal=personal)  # type: ignore[attr-defined, arg-type]
        return True


class AdminAccess(ActiveAccount):
    """Active administrators."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        check_admin(request.user, request)  # type: ignore[arg-type]  # a User: strangers are out by now
        return True


def caller(request: Request) -> User:
    """The person behind an API request that a permission class has let through."""
    assert isinstance(request.user, User)
    return request.user


def module_required(module: str, *, personal: bool = False) -> Callable[[Page[P]], Page[P]]:
    """A page of a module: strangers sign in, people without the module read who can grant it.

    What is `personal`, a setting of one's own, a viewer changes, too.
    """
    return behind_sign_in(
        lambda user, request: check_module(user, module, request.method, personal=personal)
    )


def admin_required(view: Page[P]) -> Page[P]:
    """A page of operators."""
    return behind_sign_in(check_admin)(view)


def behind_sign_in(check: Callable[[User, HttpRequest], None]) -> Callable[[Page[P]], Page[P]]:
    """A page behind a sign-in and a check that raises a Forbidden."""

    def decorate(view: Page[P]) -> Page[P]:
        @wraps(view)
        def guard(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not isinstance(request.user, User):
                return redirect_to_login(request.get_full_path())
            try:
                check(request.user, request)
            except ProofRequired:
                raise ReauthenticationRequired from None
            except Forbidden as refusal:
                return no_access(request, refusal)
            return view(request, *args, **kwargs)

        return guard

    return decorate


def no_access(request: HttpRequest, refusal: Forbidden) -> HttpResponse:
    """The 403 page: what is missing and who can grant it."""
    module = refusal.details.get("permission")
    context: dict[str, Any] = {
        "refusal": refusal,
        "module": modules.titles()[module] if module else None,
        "admins": User.objects.active().admins().exclude(nickname="").order_by("nickname")[:5],
    }
    return render(request, "accounts/no_access.html", context, status=403)
