"""Where allauth asks us: who may sign in, and what a new account gets."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponse

from accounts.models import Status, User


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account flows under the rules of account states (accounts §3)."""

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
