"""What operators see of people in the Django admin; sign-in runs through allauth (accounts §1)."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from accounts.models import ModulePermission, User

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


class ModulePermissionInline(admin.TabularInline):
    model = ModulePermission
    fk_name = "user"
    extra = 0
    readonly_fields = ["granted_at", "granted_by"]


@admin.register(User)
class UserAdmin(admin.ModelAdmin):
    """Reading and searching; changes of role and status come with the operators' services."""

    list_display = ["email", "nickname", "role", "status", "created_at", "last_login"]
    list_filter = ["role", "status", "module_permissions__permission"]
    search_fields = ["email", "username", "nickname"]
    ordering = ["email"]
    readonly_fields = [
        "email",
        "username",
        "nickname",
        "language",
        "timezone",
        "role",
        "status",
        "last_login",
        "created_at",
    ]
    inlines = [ModulePermissionInline]
