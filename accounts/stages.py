"""The steps of a sign-in on the pages that allauth lacks: the state of the account, before and after the factors."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect


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
        if user.is_active:
            return None, True
        return get_adapter().respond_user_inactive(self.request, user), False


class UnchangedStage(LoginStage):
    """After the second factor: a sign-in under way ends with all others.

    Between the factors the account may have been disabled, or its password changed because somebody else knew it.
    """

    key = "account_unchanged"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None:
            return None, False
        if not user.is_active:
            return get_adapter().respond_user_inactive(self.request, user), False
        if user.token_version != self.controller.get_stage(AccountStateStage.key).state.get(
            "token_version"
        ):
            return redirect("account_login"), False
        return None, True
