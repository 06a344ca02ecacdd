"""What the account endpoints take and give (accounts §7)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User


class LoginSerializer(serializers.Serializer[Any]):
    """`login` (e-mail or user name) or `email`, and a password."""

    login = serializers.CharField(max_length=254, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        login = attrs.get("login") or attrs.get("email")
        if not login:
            raise serializers.ValidationError({"login": self.error_messages["required"]})
        return {"login": login, "password": attrs["password"]}


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A person as they see themselves (accounts §7.2)."""

    permissions = serializers.SerializerMethodField()
    is_active = serializers.BooleanField(read_only=True)
    email_verified = serializers.BooleanField(read_only=True)
    mfa_enabled = serializers.BooleanField(read_only=True)

    class Meta:
        model = User
        fields = [
            "id", "email", "username", "nickname", "language", "timezone", "role", "status", "is_active",
            "email_verified", "permissions", "mfa_enabled", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["id", "email", "username", "role", "status", "created_at", "updated_at"]

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.modules)


class TokenSerializer(serializers.Serializer[Any]):
    """The answer to every completed sign-in."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    user = ProfileSerializer()
