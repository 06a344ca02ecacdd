"""The step of a browser login that allauth does not know: the state of the account."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.stages import LoginStage
from django.http import HttpResponse


class AccountStateStage(LoginStage):
    """Only an active account gets past, whichever way the person came (accounts §3, §15.1)."""

    key = "account_state"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        if self.login.user is None:
            return None, False
        self.login.user.refresh_from_db()
        if self.login.user.is_active:
            return None, True
        return get_adapter().respond_user_inactive(self.request, self.login.user), False
