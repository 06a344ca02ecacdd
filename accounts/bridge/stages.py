"""The steps of a sign-in on the pages that allauth lacks: the state of the account, before and after the factors."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.proofs import gate
from core.errors import AppError


def turned_away(request: HttpRequest, user: User) -> HttpResponse | None:
    """Where somebody goes whose account may not come in; nothing for everybody else."""
    try:
        gate.check(user)
    except AppError:
        answer: HttpResponse = get_adapter().respond_user_inactive(request, user)
        return answer
    return None


class AccountStateStage(LoginStage):
    """Only an active account gets past, whichever way the person came."""

    key = "account_state"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if self.login.user is None:
            return None, False
        user, proven = self.login.user, self.login.user.token_version
        user.refresh_from_db()
        if user.token_version != proven:  # the password was changed while it was compared
            return redirect("account_login"), False
        self.state["token_version"] = proven
        refusal = turned_away(self.request, user)
        return refusal, refusal is None


class UnchangedStage(LoginStage):
    """After the second factor: a sign-in under way ends with all others.

    Between the factors the account may have been disabled, or its password changed because somebody else knew it.
    """

    key = "account_unchanged"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None:
            return None, False
        if refusal := turned_away(self.request, user):
            return refusal, False
        if user.token_version != self.controller.get_stage(AccountStateStage.key).state.get(
            "token_version"
        ):
            return redirect("account_login"), False
        return None, True
