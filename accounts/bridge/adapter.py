"""Where allauth asks us: who may sign in, and what a new account gets."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import services
from accounts.bridge import oauth, reauth
from accounts.errors import TooManyAttempts
from accounts.models import SignInKind, Status, User
from accounts.proofs import events, guesses
from core import error_pages
from core.api import is_api

WRONG = _("E-mail, user name or password is wrong.")
WRONG_CODE = _("The code is wrong.")


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account flows under the rules of account states."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": WRONG,
        "username_password_mismatch": WRONG,
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("The password is wrong."),
        "incorrect_code": WRONG_CODE,
        "too_many_login_attempts": _("Those were five wrong codes. Start again with a new one."),
    }

    def get_client_ip(self, request: HttpRequest) -> str:
        """IPv4 as a socket for both families writes it, ::ffff:192.0.2.1, is IPv4: all of it were one /64."""
        ip = ip_address(super().get_client_ip(request))
        return str(getattr(ip, "ipv4_mapped", None) or ip)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Nothing: `authenticate` counts."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Counts the attempt. Too many: 429 with the wait, as the error body of the API or as a page."""
        login = credentials.get("email") or credentials.get("username") or ""
        try:
            tried = guesses.SignInTry(request, login)
        except TooManyAttempts as error:
            if is_api(request):
                raise
            raise ImmediateHttpResponse(error_pages.error_answer(request, error)) from None
        try:
            user: User | None = super().authenticate(request, **credentials)
        except BaseException:
            tried.give_back()
            raise
        if user is None:
            events.note(request, User.objects.by_login(login), SignInKind.WRONG_PASSWORD)
        else:
            tried.succeeded()
        return user

    def clean_password(self, password: str, user: User | None = None) -> str:
        """Of somebody new, the password may not resemble the user name that the address would give."""
        if user is not None:
            user = User(email=user.email, username=user.username or user.email.partition("@")[0])
        return str(super().clean_password(password, user=user))

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """None until the person chooses one: a name made from the address would tell of it."""

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """People who wait for approval read what happens next; everybody else only that they cannot come in."""
        return redirect("accounts:pending" if user.status == Status.PENDING else "account_inactive")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")

    def set_password(self, user: User, password: str) -> None:
        """Other sign-ins end; the browser in which somebody changes their own password stays."""
        own = self.request.user == user
        services.set_password(
            user, password, keep_session=self.request.session.session_key if own else None
        )

    def pre_login(self, request: HttpRequest, user: User, **hook: Any) -> HttpResponse | None:
        """An unverified person passes on to the confirmation stage; allauth turns away everyone else not active."""
        if user.status == Status.UNVERIFIED:
            return None
        refusal: HttpResponse | None = super().pre_login(request, user, **hook)
        return refusal

    def logout(self, request: HttpRequest) -> None:
        """A provider's answer signs out whoever was there, before its person comes in: an app still gets its code."""
        asked = request.session.get(oauth.ASKED)
        super().logout(request)
        if asked:
            request.session[oauth.ASKED] = asked

    def is_reauthentication_required(self, *, app: str, **facts: Any) -> bool:
        """Never by allauth's own rule: a sign-in is a proof as well, and not every kind is enough."""
        reauth.require_on_page(self.request)
        return False

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """The pages that ask for a proof, the first of which a browser is sent to."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if not isinstance(user, User):
            return ways
        by_password = [way for way in ways if way["id"] == "reauthenticate"]
        if reauth.has_factor(user):
            return [way for way in ways if way not in by_password]
        if settings.EMAIL_PROVIDER == "none":
            return by_password
        url = reverse("account_reauthenticate_by_code")
        return [*by_password, {"id": "code", "description": _("Use a mailed code"), "url": url}]

    def get_login_stages(self) -> list[str]:
        """The account's state is read before the second factor and again after it."""
        return [
            "accounts.bridge.stages.ConfirmationStage",
            "accounts.bridge.stages.AccountStateStage",
            "allauth.mfa.stages.AuthenticateStage",
            "accounts.bridge.stages.UnchangedStage",
        ]
