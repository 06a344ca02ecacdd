"""The steps of a sign-in on the pages: the address is confirmed, the account open, before and after the factors."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from allauth.account.utils import passthrough_next_redirect_url
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.bridge import signin
from accounts.models import Status, User
from accounts.proofs import gate
from core import error_pages
from core.errors import AppError, Limited


def turned_away(request: HttpRequest, user: User) -> HttpResponse | None:
    """Where somebody goes whose account may not come in; nothing for everybody else."""
    try:
        gate.check(user)
    except AppError:
        answer: HttpResponse = get_adapter().respond_user_inactive(request, user)
        return answer
    return None


class ConfirmationStage(LoginStage):
    """Who knows the password of a sign-up goes on to the page that takes its code, which is mailed now."""

    key = "confirmation"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user = self.login.user
        if user is None:
            # an address that a provider does not vouch for, and that belongs to somebody
            return redirect("account_login"), False
        if user.status != Status.UNVERIFIED:
            return None, True
        try:
            signin.mail_confirmation(self.request, user)
        except Limited as refusal:
            return error_pages.error_answer(self.request, refusal), False
        confirmation = reverse("account_email_verification_sent")
        return redirect(passthrough_next_redirect_url(self.request, confirmation, "next")), False


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
