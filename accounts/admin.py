"""What operators see in the Django admin; every change goes through the same services as the API."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.core.exceptions import ReauthenticationRequired
from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse_lazy
from django.views.generic import RedirectView

from accounts.bridge import reauth
from accounts.errors import AdminOnly, MfaEnrolmentRequired, ProofRequired
from accounts.models import AuditEntry, ModulePermission, User
from accounts.permissions import check_admin
from accounts.staff import operators
from core.errors import AppError


def may_enter(request: HttpRequest) -> bool:
    """Active administrators; one who lacks the second factor that REQUIRE_ADMIN_MFA asks for reads 403."""
    try:
        check_admin(operator_of(request), request)
    except MfaEnrolmentRequired as missing:
        raise PermissionDenied(str(missing.message)) from None
    except ProofRequired:
        raise ReauthenticationRequired from None
    except (AdminOnly, PermissionDenied):
        return False
    return True


admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.has_permission = may_enter  # type: ignore[method-assign]
# The admin's own form would change a password without ending sign-ins or a word to its owner.
admin.site.password_change = RedirectView.as_view(url=reverse_lazy("account_change_password"))  # type: ignore[assignment]
# Tables of allauth are changed by its flows and our services only, which write to the audit log; groups are not used.
for app in (
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
    "django.contrib.auth",
):
    import_module(f"{app}.admin")
foreign = [
    model
    for model in admin.site._registry
    if model.__module__.startswith(("allauth.", "django.contrib.auth."))
]
admin.site.unregister(foreign)


class PersonForm(forms.ModelForm):
    """Role and nickname; refusals of the service become errors of the form."""

    class Meta:
        model = User
        fields = ["nickname", "role"]

    def clean(self) -> dict[str, Any]:
        """A trial inside a savepoint that is always rolled back."""
        data: dict[str, Any] = super().clean() or {}
        if "role" in self.changed_data and "role" in data:
            person = User.objects.get(pk=self.instance.pk)
            try:
                operators.rehearse(
                    operators.change_role,
                    actor=self.actor,  # type: ignore[attr-defined]
                    user=person,
                    role=data["role"],
                )
            except AppError as refusal:
                self.add_error("role", str(refusal.message))
        return data


class ModulePermissionInline(admin.TabularInline):
    model = ModulePermission
    fk_name = "user"
    extra = 0
    readonly_fields = ["granted_at", "granted_by"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """People; state, second factor and the other actions are at /staff/users/."""

    form = PersonForm
    list_display = ["email", "nickname", "role", "status", "created_at", "last_login"]
    list_filter = ["role", "status", "module_permissions__permission"]
    search_fields = ["email", "username", "nickname"]
    ordering = ["email"]
    actions = None
    readonly_fields = [
        "email",
        "username",
        "language",
        "timezone",
        "status",
        "last_login",
        "created_at",
    ]
    fields = (
        ("email", "username", "nickname"),
        ("language", "timezone"),
        ("role", "status"),
        ("last_login", "created_at"),
    )
    inlines = [ModulePermissionInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        return type("PersonFormOf", (form,), {"actor": request.user})

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Through the service, on the row as it is stored."""
        stored = User.objects.get(pk=obj.pk)
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        if "role" in changes:
            reauth.require_on_page(request)
        operators.update(actor=operator_of(request), user=stored, **changes)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Grants and revocations of modules."""
        actor = operator_of(request)
        formset.save(commit=False)
        for row in formset.deleted_objects:
            operators.revoke_permission(actor=actor, user=form.instance, permission=row.permission)
        for row in formset.new_objects:
            operators.grant_permission(actor=actor, user=form.instance, permission=row.permission)


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    """To be read only; the database refuses the rest."""

    list_display = ["created_at", "actor", "action", "target_user"]
    list_filter = ["action"]
    list_select_related = ["actor", "target_user"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def operator_of(request: HttpRequest) -> User:
    """The administrator behind a request to the admin."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
