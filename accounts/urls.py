"""`/accounts/…`: the person's own pages, and allauth's in the product's layout."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView

from accounts import views
from accounts.bridge import forms as forms
from accounts.bridge.limits import code_page, limited, mailed_again, uniform_page
from accounts.bridge.pages import ReauthenticateByCode
from accounts.bridge.pending_codes import live_code_only
from accounts.letters.mail import required
from accounts.models import Purpose

confirmation = live_code_only(Purpose.VERIFY)(account.email_verification_sent)
new_password = live_code_only(Purpose.RESET)(
    account.CompletePasswordResetView.as_view(form_class=forms.ResetPassword)
)
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
    path("oauth/ticket/", views.oauth_ticket, name="oauth-ticket"),
    path("oauth/complete/", views.oauth_complete, name="oauth-complete"),
]

urlpatterns = [
    path("", include((own, "accounts"))),
    # Pages of allauth that ours replace; one address per account cannot be changed or removed.
    path("email/", to_security),
    path("2fa/", to_security),
    path("2fa/webauthn/", to_security),
    path("sessions/", to_security),
    # Pages of allauth that take a code, under one counter of tries.
    path(
        "confirm-email/",
        required(limited("confirm_email", of=mailed_again)(code_page(confirmation))),
    ),
    path(
        "login/code/confirm/", code_page(live_code_only(Purpose.LOGIN)(account.confirm_login_code))
    ),
    path(
        "password/reset/confirm/",
        code_page(live_code_only(Purpose.RESET)(account.confirm_password_reset_code)),
    ),
    path(
        "2fa/authenticate/",
        code_page(mfa.AuthenticateView.as_view(webauthn_form_class=forms.PasskeyFactor)),
    ),
    # Pages of allauth that take an address: their time tells nothing about it.
    path("signup/", required(limited("signup", "confirm_email")(uniform_page(account.signup)))),
    path(
        "login/code/",
        required(limited("request_login_code")(uniform_page(account.request_login_code))),
    ),
    path(
        "password/reset/", required(limited("reset_password")(uniform_page(account.password_reset)))
    ),
    # The others with a form: our words and our limits.
    path("login/", limited("login")(account.LoginView.as_view(form_class=forms.SignInByPassword))),
    path(
        "reauthenticate/", again(account.ReauthenticateView.as_view(form_class=forms.PasswordAgain))
    ),
    path(
        "reauthenticate/code/",
        required(again(ReauthenticateByCode.as_view())),
        name="account_reauthenticate_by_code",
    ),
    path(
        "password/change/",
        passwords(account.PasswordChangeView.as_view(form_class=forms.ChangePassword)),
    ),
    path(
        "password/set/", passwords(account.PasswordSetView.as_view(form_class=forms.FirstPassword))
    ),
    path("password/reset/complete/", limited("reset_password_from_key")(new_password)),
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
    # Not those of the providers: there is one way to them and one address they answer at.
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
