"""`/accounts/…`: the person's own pages, and allauth's in the product's layout."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView

from accounts import views
from accounts.bridge import forms
from accounts.bridge.limits import limited, spending
from accounts.bridge.pages import (
    AskForLoginCode,
    AskForReset,
    ChooseNewPassword,
    ConfirmEmail,
    ReauthenticateByCode,
    ResetByCode,
    SignInByCode,
    SignUp,
)
from accounts.letters.mail import required

again, passwords = limited("reauthenticate"), limited("change_password")
to_security = RedirectView.as_view(url=reverse_lazy("accounts:security"))

own = [
    path("profile/", views.profile, name="profile"),
    path("security/", views.security, name="security"),
    path("security/browsers/<int:pk>/end/", views.end_browser, name="end-browser"),
    path("security/sign-ins/<uuid:family_id>/end/", views.end_sign_in, name="end-sign-in"),
    path("security/end-others/", views.end_others, name="end-others"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/devices/<uuid:pk>/remove/", views.remove_device, name="remove-device"),
    path("email/change/", views.change_email, name="change-email"),
    path("email/confirm/", views.confirm_new_email, name="confirm-new-email"),
    path("leave/", views.leave, name="leave"),
    path("keep/", views.keep, name="keep"),
    path("data/", views.own_data, name="own-data"),
    path("pending/", views.pending, name="pending"),
    path("connections/<slug:provider>/connect/", views.connect, name="connect"),
    path("oauth/ticket/", views.oauth_ticket, name="oauth-ticket"),
    path("oauth/complete/", views.oauth_complete, name="oauth-complete"),
]

urlpatterns = [
    path("", include((own, "accounts"))),
    # Pages of allauth that ours replace; one address per account cannot be changed or removed.
    path("email/", to_security, name="account_email"),
    path("2fa/", to_security),
    path("2fa/webauthn/", to_security),
    path("sessions/", to_security),
    # Signing up, signing in and choosing a new password by a mailed code.
    path("signup/", required(SignUp.as_view()), name="account_signup"),
    path(
        "confirm-email/",
        required(spending("try_code")(ConfirmEmail.as_view())),
        name="account_email_verification_sent",
    ),
    path("login/code/", required(AskForLoginCode.as_view()), name="account_request_login_code"),
    path(
        "login/code/confirm/",
        spending("try_code")(SignInByCode.as_view()),
        name="account_confirm_login_code",
    ),
    path("password/reset/", required(AskForReset.as_view()), name="account_reset_password"),
    path(
        "password/reset/confirm/",
        spending("try_code")(ResetByCode.as_view()),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/complete/",
        ChooseNewPassword.as_view(),
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    # Pages of allauth with a form: our words and our limits.
    path(
        "2fa/authenticate/",
        spending("try_code")(mfa.AuthenticateView.as_view(webauthn_form_class=forms.PasskeyFactor)),
    ),
    path(
        "login/",
        limited("login")(account.LoginView.as_view(form_class=forms.SignInByPassword)),
        name="account_login",
    ),
    path(
        "reauthenticate/",
        again(account.ReauthenticateView.as_view(form_class=forms.PasswordAgain)),
        name="account_reauthenticate",
    ),
    path(
        "reauthenticate/code/",
        required(again(ReauthenticateByCode.as_view())),
        name="account_reauthenticate_by_code",
    ),
    path(
        "password/change/",
        passwords(account.PasswordChangeView.as_view(form_class=forms.ChangePassword)),
        name="account_change_password",
    ),
    path(
        "password/set/",
        passwords(account.PasswordSetView.as_view(form_class=forms.FirstPassword)),
        name="account_set_password",
    ),
    path("2fa/reauthenticate/", again(mfa.reauthenticate)),
    path(
        "2fa/webauthn/reauthenticate/",
        again(webauthn.ReauthenticateWebAuthnView.as_view(form_class=forms.PasskeyProof)),
    ),
    path(
        "2fa/webauthn/login/", limited("webauthn_login", app="allauth.mfa")(webauthn.login_webauthn)
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/edit/",
        webauthn.EditWebAuthnView.as_view(form_class=forms.RenamedPasskey),
    ),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    # Not those of the providers: there is one way to them and one address they answer at.
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
