"""`/accounts/…`: the person's own pages, and allauth's in the product's layout."""

from allauth.account import views as account
from allauth.decorators import rate_limit
from allauth.mfa.base import views as mfa
from django.urls import include, path, reverse_lazy
from django.views.generic import RedirectView

from accounts import views
from accounts.limits import uniform_page

count_tries = rate_limit(action="try_code")  # the counter that the API spends from too (accounts §12.1)
to_security = RedirectView.as_view(url=reverse_lazy("accounts:security"))

own = [
    path("profile/", views.profile, name="profile"),
    path("security/", views.security, name="security"),
    path("security/browsers/<int:pk>/end/", views.end_browser, name="end-browser"),
    path("security/sign-ins/<uuid:family_id>/end/", views.end_sign_in, name="end-sign-in"),
    path("security/end-others/", views.end_others, name="end-others"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/devices/<uuid:pk>/remove/", views.remove_device, name="remove-device"),
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
    path("confirm-email/", count_tries(account.email_verification_sent)),
    path("login/code/confirm/", count_tries(account.confirm_login_code)),
    path("password/reset/confirm/", count_tries(account.confirm_password_reset_code)),
    path("2fa/authenticate/", count_tries(mfa.authenticate)),
    # Pages of allauth that take an address: their time tells nothing about it (accounts §5.5).
    path("signup/", uniform_page(account.signup)),
    path("login/code/", uniform_page(account.request_login_code)),
    path("password/reset/", uniform_page(account.password_reset)),
    # Not those of the providers: there is one way to them and one address they answer at (accounts §9).
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("sessions/", include("allauth.usersessions.urls")),
]
