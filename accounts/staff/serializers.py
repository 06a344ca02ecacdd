"""What operators send and see."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import AuditEntry, ModulePermission, Role, User
from accounts.names import plain
from core import modules


class PersonSerializer(serializers.ModelSerializer[User]):
    """A row of the list of people."""

    permissions = serializers.SerializerMethodField()
    is_active = serializers.BooleanField(read_only=True)

    class Meta:
        model = User
        fields = [
            "id",
            "email",
            "username",
            "nickname",
            "role",
            "status",
            "is_active",
            "permissions",
            "created_at",
        ]
        read_only_fields = fields

    def get_permissions(self, user: User) -> list[str]:
        return sorted(row.permission for row in user.module_permissions.all())


class PersonDetailSerializer(PersonSerializer):
    """One person with everything."""

    email_verified = serializers.BooleanField(read_only=True)
    mfa_enabled = serializers.BooleanField(read_only=True)

    class Meta(PersonSerializer.Meta):
        fields = [
            *PersonSerializer.Meta.fields,
            *("language", "timezone", "email_verified", "mfa_enabled", "last_login", "updated_at"),
        ]
        read_only_fields = fields


class PersonUpdateSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    is_active = serializers.BooleanField(required=False)
    nickname = serializers.CharField(
        max_length=100, allow_blank=True, required=False, validators=[plain]
    )


class GrantSerializer(serializers.Serializer[Any]):
    permission = serializers.ChoiceField(choices=modules.grantable())


class PermissionSerializer(serializers.ModelSerializer[ModulePermission]):
    class Meta:
        model = ModulePermission
        fields = ["id", "permission", "granted_at", "granted_by"]
        read_only_fields = fields


class AuditSerializer(serializers.ModelSerializer[AuditEntry]):
    """One audit entry."""

    admin_id = serializers.UUIDField(source="actor_id", allow_null=True)
    admin_email = serializers.EmailField(source="actor.email", default=None, allow_null=True)
    target_user_id = serializers.UUIDField(allow_null=True)
    target_email = serializers.EmailField(source="target_user.email", default=None, allow_null=True)
    metadata = serializers.DictField()

    class Meta:
        model = AuditEntry
        fields = [
            *(
                "id",
                "seq",
                "admin_id",
                "admin_email",
                "action",
                "target_user_id",
                "target_email",
                "metadata",
            ),
            *("request_id", "created_at"),
        ]
        read_only_fields = fields


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    count = serializers.IntegerField()


class StatisticsSerializer(serializers.Serializer[Any]):
    total_users = serializers.IntegerField()
    active_users = serializers.IntegerField()
    inactive_users = serializers.IntegerField()
    verified_users = serializers.IntegerField()
    unverified_users = serializers.IntegerField()
    by_role = serializers.DictField(child=serializers.IntegerField())
    by_permission = serializers.DictField(child=serializers.IntegerField())
    period_from = serializers.DateField()
    period_to = serializers.DateField()
    new_registrations = serializers.IntegerField()
    registrations_by_day = DaySerializer(many=True)
