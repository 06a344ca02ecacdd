"""`/api/v1/…` of people: sign-in, own account, second factors, devices."""

from django.urls import path

from accounts.api import factors, leaving, oauth, own, people, signin

urlpatterns = [
    path("auth/register", signin.RegisterView.as_view(), name="api-auth-register"),
    path("auth/verify-email", signin.VerifyEmailView.as_view(), name="api-auth-verify-email"),
    path(
        "auth/resend-verification",
        signin.ResendVerificationView.as_view(),
        name="api-auth-resend-verification",
    ),
    path("auth/login", signin.LoginView.as_view(), name="api-auth-login"),
    path("auth/request-otp", signin.RequestOtpView.as_view(), name="api-auth-request-otp"),
    path("auth/mfa/verify", signin.MfaVerifyView.as_view(), name="api-auth-mfa-verify"),
    path(
        "auth/passkey/options", signin.PasskeyOptionsView.as_view(), name="api-auth-passkey-options"
    ),
    path("auth/passkey/login", signin.PasskeyLoginView.as_view(), name="api-auth-passkey-login"),
    path("auth/password/reset", signin.PasswordResetView.as_view(), name="api-auth-password-reset"),
    path(
        "auth/password/reset/confirm",
        signin.PasswordResetConfirmView.as_view(),
        name="api-auth-password-reset-confirm",
    ),
    path("auth/refresh", signin.RefreshView.as_view(), name="api-auth-refresh"),
    path("auth/logout", signin.LogoutView.as_view(), name="api-auth-logout"),
    path("auth/status", signin.AuthStatusView.as_view(), name="api-auth-status"),
    path("auth/verify-token", signin.VerifyTokenView.as_view(), name="api-auth-verify-token"),
    path("auth/oauth/providers", oauth.ProvidersView.as_view(), name="api-oauth-providers"),
    path("auth/oauth/exchange", oauth.ExchangeView.as_view(), name="api-oauth-exchange"),
    # Under the names by which allauth finds the address that providers send people back to.
    path(
        "auth/oauth/github/callback",
        oauth.callback,
        {"provider_id": "github"},
        name="github_callback",
    ),
    path("auth/oauth/<slug:provider_id>/callback", oauth.callback, name="openid_connect_callback"),
    path("auth/oauth/<slug:provider>", oauth.StartView.as_view(), name="api-oauth-start"),
    path("auth/me", own.MeView.as_view(), name="api-auth-me"),
    path("auth/me/email", leaving.EmailView.as_view(), name="api-auth-me-email"),
    path(
        "auth/me/email/confirm",
        leaving.EmailConfirmView.as_view(),
        name="api-auth-me-email-confirm",
    ),
    path("auth/me/keep", leaving.KeepView.as_view(), name="api-auth-me-keep"),
    path("auth/me/events", leaving.EventsView.as_view(), name="api-auth-me-events"),
    path("auth/me/export", leaving.ExportView.as_view(), name="api-auth-me-export"),
    path("auth/me/password", own.PasswordView.as_view(), name="api-auth-me-password"),
    path("auth/me/preferences", own.PreferencesView.as_view(), name="api-auth-me-preferences"),
    path("auth/sign-ins", own.SignInsView.as_view(), name="api-auth-sign-ins"),
    path("auth/sign-ins/<uuid:family_id>", own.SignInView.as_view(), name="api-auth-sign-in"),
    path("auth/reauth", factors.ReauthView.as_view(), name="api-auth-reauth"),
    path("auth/reauth/code", factors.ReauthCodeView.as_view(), name="api-auth-reauth-code"),
    path("auth/mfa", factors.FactorsView.as_view(), name="api-auth-mfa"),
    path("auth/mfa/totp", factors.TotpView.as_view(), name="api-auth-mfa-totp"),
    path(
        "auth/mfa/totp/confirm", factors.TotpConfirmView.as_view(), name="api-auth-mfa-totp-confirm"
    ),
    path(
        "auth/mfa/recovery-codes",
        factors.RecoveryCodesView.as_view(),
        name="api-auth-mfa-recovery-codes",
    ),
    path("auth/mfa/passkeys", factors.PasskeysView.as_view(), name="api-auth-mfa-passkeys"),
    path(
        "auth/mfa/passkeys/options",
        factors.NewPasskeyOptionsView.as_view(),
        name="api-auth-mfa-passkey-options",
    ),
    path("auth/mfa/passkeys/<int:pk>", factors.PasskeyView.as_view(), name="api-auth-mfa-passkey"),
    path("register-device", own.RegisterDeviceView.as_view(), name="api-register-device"),
    path("devices", own.DevicesView.as_view(), name="api-devices"),
    path("users", people.PeopleView.as_view(), name="api-users"),
    path("users/<uuid:pk>", people.PersonView.as_view(), name="api-user"),
    path(
        "users/<uuid:pk>/permissions", people.PermissionsView.as_view(), name="api-user-permissions"
    ),
    path(
        "users/<uuid:pk>/permissions/<slug:permission>",
        people.PermissionView.as_view(),
        name="api-user-permission",
    ),
    path("users/<uuid:pk>/mfa/reset", people.MfaResetView.as_view(), name="api-user-mfa-reset"),
    path("admin/pending-users", people.PendingView.as_view(), name="api-pending-users"),
    path("admin/approve/<uuid:pk>", people.ApproveView.as_view(), name="api-approve"),
    path("admin/audit-logs", people.AuditView.as_view(), name="api-audit-logs"),
    path("admin/stats", people.StatisticsView.as_view(), name="api-stats"),
    path("devices/<uuid:pk>", own.DeviceView.as_view(), name="api-device"),
]
