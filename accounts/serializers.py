"""What the account endpoints take and give."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts import zones
from accounts.errors import InvalidTimezone
from accounts.models import (
    Channel,
    Device,
    Language,
    Notice,
    Platform,
    Preferences,
    SignInEvent,
    User,
)
from accounts.names import plain

Data = dict[str, Any]


def code_field(**options: Any) -> serializers.RegexField:
    """Six digits."""
    return serializers.RegexField(r"^[0-9]{6}\Z", write_only=True, **options)


def email_field() -> serializers.CharField:
    """An address as typed; services bring it to its one spelling."""
    return serializers.CharField(max_length=254)


def password_field(**options: Any) -> serializers.CharField:
    """Blanks at either end belong to the password."""
    return serializers.CharField(max_length=1000, trim_whitespace=False, write_only=True, **options)


class RegisterSerializer(serializers.Serializer[Any]):
    email = email_field()
    password = password_field()
    nickname = serializers.CharField(
        max_length=100, required=False, allow_blank=True, validators=[plain]
    )
    username = serializers.CharField(max_length=100, required=False, allow_null=True)
    language = serializers.ChoiceField(choices=Language.choices, required=False)


def request_token_field() -> serializers.CharField:
    """Which request a code belongs to; browsers have it in a cookie."""
    return serializers.CharField(
        max_length=200,
        required=False,
        write_only=True,
        help_text="The token of the request, for clients that keep no cookies.",
    )


class EmailSerializer(serializers.Serializer[Any]):
    email = email_field()
    request_token = request_token_field()


class EmailCodeSerializer(EmailSerializer):
    code = code_field()


class ResetSerializer(EmailCodeSerializer):
    new_password = password_field()


class LoginSerializer(serializers.Serializer[Any]):
    """`login` (e-mail or user name) or `email`, and exactly one of `password`, `otp`."""

    login = serializers.CharField(max_length=254, required=False)
    email = serializers.CharField(max_length=254, required=False)
    password = password_field(required=False)
    otp = code_field(required=False)
    request_token = request_token_field()

    def validate(self, attrs: Data) -> Data:
        login = attrs.get("login") or attrs.get("email")
        required = self.error_messages["required"]
        if not login:
            raise serializers.ValidationError({"login": [required]})
        if ("password" in attrs) == ("otp" in attrs):
            raise serializers.ValidationError({"password": [required]})
        return {
            "login": login,
            "password": attrs.get("password"),
            "otp": attrs.get("otp"),
            "request_token": attrs.get("request_token", ""),
        }


class ProfileSerializer(serializers.ModelSerializer[User]):
    """A person as they see themselves."""

    permissions = serializers.SerializerMethodField()
    is_active = serializers.BooleanField(read_only=True)
    email_verified = serializers.BooleanField(read_only=True)
    mfa_enabled = serializers.BooleanField(read_only=True)

    class Meta:
        model = User
        fields = [
            "id", "email", "username", "nickname", "language", "timezone", "role", "status", "is_active",
            "email_verified", "permissions", "mfa_enabled", "deletion_at", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = [
            *(
                "id",
                "email",
                "username",
                "role",
                "status",
                "deletion_at",
                "created_at",
                "updated_at",
            )
        ]

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.modules)

    def validate_timezone(self, name: str) -> str:
        if name not in zones.names():
            raise InvalidTimezone(details={"timezone": [str(InvalidTimezone.message)]})
        return name


class LeavingSerializer(ProfileSerializer):
    """Who leaves; to a client with tokens, with a new access token."""

    access_token = serializers.CharField(required=False)
    token_type = serializers.ChoiceField(choices=["bearer"], required=False)
    expires_in = serializers.IntegerField(required=False)

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "access_token", "token_type", "expires_in"]


class TokenSerializer(serializers.Serializer[Any]):
    """The answer to every completed sign-in; `refresh_token` only for `X-Client: mobile`."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    user = ProfileSerializer()
    refresh_token = serializers.CharField(required=False)


class ConfirmedSerializer(TokenSerializer):
    """The answer to a confirmed address."""

    password_required = serializers.BooleanField(
        help_text="The account has no password: the code came without its request."
    )


class RefreshedSerializer(serializers.Serializer[Any]):
    """A new access token."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField()
    refresh_token = serializers.CharField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class CodeAskedSerializer(MessageSerializer):
    request_token = serializers.CharField(
        help_text="Send it along with the code; browsers have it in a cookie."
    )


class RegisteredSerializer(CodeAskedSerializer):
    pending_email = serializers.CharField()
    status = serializers.ChoiceField(choices=["unverified", "pending"])


class PendingSerializer(MessageSerializer):
    status = serializers.ChoiceField(choices=["pending"])


class RefreshSerializer(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(required=False, max_length=200, write_only=True)


class LogoutSerializer(RefreshSerializer):
    everywhere = serializers.BooleanField(default=False)


class PasswordSerializer(serializers.Serializer[Any]):
    current_password = password_field()
    new_password = password_field()


class NewPasswordSerializer(MessageSerializer):
    """Says that it was changed; to a client with tokens, with new ones."""

    access_token = serializers.CharField(required=False)
    token_type = serializers.ChoiceField(choices=["bearer"], required=False)
    expires_in = serializers.IntegerField(required=False)
    user = ProfileSerializer(required=False)
    refresh_token = serializers.CharField(required=False)


class AuthStatusSerializer(serializers.Serializer[Any]):
    authenticated = serializers.BooleanField()
    user = ProfileSerializer(allow_null=True)


class TokenCheckSerializer(serializers.Serializer[Any]):
    valid = serializers.BooleanField()
    user = ProfileSerializer(allow_null=True)
    reason = serializers.CharField(allow_null=True)


class SignInSerializer(serializers.Serializer[Any]):
    """One living sign-in."""

    family_id = serializers.UUIDField()
    client = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    network = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField()
    current = serializers.BooleanField()


class NewEmailSerializer(serializers.Serializer[Any]):
    new_email = email_field()


class MailedCodeSerializer(serializers.Serializer[Any]):
    code = code_field()


class EventSerializer(serializers.ModelSerializer[SignInEvent]):
    class Meta:
        model = SignInEvent
        fields = ["kind", "network", "client", "first_at", "last_at", "count"]
        read_only_fields = fields


class ExportSerializer(serializers.Serializer[Any]):
    """Everything kept about a person; each list holds plain objects."""

    exported_at = serializers.DateTimeField()
    profile = serializers.DictField()
    preferences = serializers.ListField(child=serializers.DictField())
    permissions = serializers.ListField(child=serializers.DictField())
    devices = serializers.ListField(child=serializers.DictField())
    sign_ins = serializers.ListField(child=serializers.DictField())
    browsers = serializers.ListField(child=serializers.DictField())
    factors = serializers.ListField(child=serializers.DictField())
    connections = serializers.ListField(child=serializers.DictField())
    events = serializers.ListField(child=serializers.DictField())
    mails = serializers.ListField(child=serializers.DictField())
    changes = serializers.ListField(child=serializers.DictField())
    modules = serializers.DictField(help_text="By the key of the module.")


class PreferencesSerializer(serializers.ModelSerializer[Preferences]):
    """Sizing and notices; money-like fractions are strings."""

    max_position_size = serializers.DecimalField(
        max_digits=3, decimal_places=2, min_value=Decimal("0.01"), max_value=1
    )
    preferred_sectors = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=30
    )

    class Meta:
        model = Preferences
        fields = ["risk_tolerance", "preferred_sectors", "max_position_size", "notify"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return super().get_fields() | {"notify": NotifySerializer()}

    def update(self, instance: Preferences, validated_data: Data) -> Preferences:
        validated_data["notify"] = instance.notify | validated_data.get("notify", {})
        return super().update(instance, validated_data)


class NotifySerializer(serializers.Serializer[Any]):
    """For each kind of notice, the ways it is sent."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            name: serializers.MultipleChoiceField(choices=Channel.choices, required=False)
            for name in Notice.values
        }

    def to_internal_value(self, data: Data) -> Data:
        return {name: sorted(ways) for name, ways in super().to_internal_value(data).items()}

    def to_representation(self, instance: Data) -> Data:
        return {name: sorted(instance.get(name, [])) for name in Notice.values}


class RegisterDeviceSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(min_length=10, max_length=255, write_only=True)
    platform = serializers.ChoiceField(choices=Platform.choices, default=Platform.IOS)


class DeviceSerializer(serializers.ModelSerializer[Device]):
    """A device; of its token only the end."""

    token_end = serializers.CharField(
        read_only=True, help_text="The last six characters of the push token."
    )

    class Meta:
        model = Device
        fields = ["id", "platform", "token_end", "created_at", "last_seen_at"]
        read_only_fields = fields


class MfaVerifySerializer(serializers.Serializer[Any]):
    """The token of `mfa_required` and one of `code`, `credential`."""

    mfa_token = serializers.CharField(max_length=200, write_only=True)
    code = serializers.CharField(max_length=20, required=False, write_only=True)
    credential = serializers.DictField(required=False, write_only=True)

    def validate(self, attrs: Data) -> Data:
        if ("code" in attrs) == ("credential" in attrs):
            raise serializers.ValidationError({"code": [self.error_messages["required"]]})
        return attrs


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20, write_only=True)


class ReauthSerializer(serializers.Serializer[Any]):
    """Exactly one proof; with `credential` goes the `challenge` it answers."""

    password = password_field(required=False)
    code = serializers.CharField(max_length=20, required=False, write_only=True)
    otp = code_field(required=False)
    credential = serializers.DictField(required=False, write_only=True)
    challenge = serializers.CharField(max_length=200, required=False, write_only=True)

    def validate(self, attrs: Data) -> Data:
        given = [name for name in ("password", "code", "otp", "credential") if name in attrs]
        if len(given) != 1:
            raise serializers.ValidationError({"password": [self.error_messages["required"]]})
        (field,) = given
        challenge = attrs.get("challenge", "")
        return {"field": field, "value": attrs[field], "challenge": challenge}


class ProvenSerializer(serializers.Serializer[Any]):
    methods = serializers.ListField(child=serializers.CharField(), help_text="What was proven.")
    expires_in = serializers.IntegerField(help_text="Seconds until the proof is too old.")


class FactorsSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    methods = serializers.ListField(child=serializers.CharField())


class TotpSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField()
    otpauth_uri = serializers.CharField()
    qr_svg = serializers.CharField()


class RecoveryCodesSerializer(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class RenewedSerializer(serializers.Serializer[Any]):
    """New tokens for the sign-in that confirmed a factor; none for a browser session, which goes on."""

    access_token = serializers.CharField(required=False)
    token_type = serializers.ChoiceField(choices=["bearer"], required=False)
    expires_in = serializers.IntegerField(required=False)
    user = ProfileSerializer(required=False)
    refresh_token = serializers.CharField(required=False)


class ConfirmedFactorSerializer(RenewedSerializer):
    recovery_codes = serializers.ListField(
        child=serializers.CharField(),
        help_text="Ten with the first factor, to be kept where no device is needed; else none.",
    )


class QuestionSerializer(serializers.Serializer[Any]):
    """Options for the browser, and the challenge to send back with the answer."""

    challenge = serializers.CharField()
    options = serializers.DictField()


class PasskeyAnswerSerializer(serializers.Serializer[Any]):
    challenge = serializers.CharField(max_length=200, write_only=True)
    credential = serializers.DictField(write_only=True)


class NewPasskeySerializer(PasskeyAnswerSerializer):
    name = serializers.CharField(max_length=100, default="Passkey")


class PasskeySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)


class AddedPasskeySerializer(PasskeySerializer, ConfirmedFactorSerializer):
    """The passkey, with what confirming it brings."""
