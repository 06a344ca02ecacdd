"""Where allauth asks us: who may sign in, and what a new account gets."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from accounts import limits, services
from accounts.models import Status, User


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account flows under the rules of account states (accounts §3)."""

    def login_key(self, login: str) -> str:
        """The counter of failed logins: one per person, by e-mail or user name, on pages and API (accounts §12)."""
        user = User.objects.by_login(login)
        return str(user.pk) if user else User.objects.canonical(login)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return self.login_key(credentials.get("email") or credentials.get("username") or "")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Success forgets the failures of this account."""
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            key = self._get_login_attempts_cache_key(request, **credentials)
            limits.forgive(request, "login_failed", key=key)
        return user

    def set_password(self, user: User, password: str) -> None:
        """Other sign-ins end; the browser in which somebody changes their own password stays (accounts §6.10)."""
        own = self.request.user == user
        services.set_password(user, password, keep_session=self.request.session.session_key if own else None)

    def pre_login(self, request: HttpRequest, user: User, **hook: Any) -> HttpResponse | None:
        """An unverified person passes on to the confirmation stage; allauth turns away everyone else not active."""
        if user.status == Status.UNVERIFIED:
            return None
        refusal: HttpResponse | None = super().pre_login(request, user, **hook)
        return refusal

    def get_login_stages(self) -> list[str]:
        """After the address is confirmed and before the second factor, the account's state is read afresh."""
        stages: list[str] = super().get_login_stages()
        after = stages.index("allauth.account.stages.EmailVerificationStage") + 1
        return [*stages[:after], "accounts.stages.AccountStateStage", *stages[after:]]
