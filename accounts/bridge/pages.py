"""Pages that allauth lacks or has with a code of its own: signing in by a mailed code, proving oneself again."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.utils import perform_login
from allauth.account.views import BaseReauthenticateView
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts import services
from accounts.bridge import pending_codes, reauth, signin
from accounts.bridge.forms import Address, MailedCode, MailedProof, ResetPassword
from accounts.errors import InvalidCode
from accounts.models import Proof, Purpose, Status, User
from accounts.proofs import codes, guesses
from core import error_pages
from core.errors import Limited

ASKED = "accounts_asked"  # per purpose the address and token of what this browser has asked for
PROVEN = "accounts_reset"  # who may choose a new password in this browser, until when, of which token version


class AskForCode(NextRedirectMixin, FormView):
    """The address that a code is mailed to; an unconfirmed person gets one that confirms it, too."""

    form_class = Address
    purpose: Purpose
    action: str
    after: str

    def form_valid(self, form: Address) -> HttpResponse:
        email = User.objects.canonical(form.cleaned_data["email"])
        asked = self.request.session.get(ASKED, {})
        held = asked.get(self.purpose, {}).get("token", "")
        try:
            token = signin.request_code(
                self.request,
                email=email,
                purpose=self.purpose,
                action=self.action,
                tokens=dict.fromkeys(Purpose, held),
            )
        except Limited as refusal:
            return error_pages.error_answer(self.request, refusal)
        self.request.session[ASKED] = asked | {self.purpose: {"email": email, "token": token}}
        return redirect(self.passthrough_next_url(reverse(self.after)))


class AskForLoginCode(RedirectAuthenticatedUserMixin, AskForCode):
    """Instead of a password."""

    purpose, action = Purpose.LOGIN, "request_login_code"
    after, template_name = "account_confirm_login_code", "account/request_login_code.html"


class AskForReset(AskForCode):
    """For whoever has lost the password, or never had one."""

    purpose, action = Purpose.RESET, "reset_password"
    after, template_name = "account_confirm_password_reset_code", "account/password_reset.html"


class TakeCode(NextRedirectMixin, FormView):
    """The code that this browser has asked for; five wrong ones lead back to where it did."""

    form_class = MailedCode
    purpose: Purpose
    before: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.asked: dict[str, str] = request.session.get(ASKED, {}).get(self.purpose, {})
        if not self.asked:
            return redirect(self.passthrough_next_url(reverse(self.before)))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        more = {"email": self.asked["email"], "cancel_url": reverse("account_login")}
        shown: dict[str, Any] = super().get_context_data(**context, **more)
        return shown | {"verify_form": shown["form"]}

    def form_valid(self, form: MailedCode) -> HttpResponse:
        try:
            user = self._proven(form.cleaned_data["code"])
        except InvalidCode:
            return self._refused(form)
        self._forget()
        return self.go_on(user)

    def go_on(self, user: User) -> HttpResponse:
        """What the right code opens."""
        raise NotImplementedError

    def _proven(self, code: str) -> User:
        """The person whose code this is; an unconfirmed one is confirmed by it. Raises InvalidCode."""
        email, token = self.asked["email"], self.asked["token"]
        try:
            return signin.person_of(signin.redeem(self.request, email, self.purpose, code, token))
        except InvalidCode:
            row = signin.redeem(self.request, email, Purpose.VERIFY, code, token)
        chosen = pending_codes.remembered(self.request, email) or row
        if not services.confirm_email(signin.person_of(row), chosen=chosen):
            raise InvalidCode
        user: User = User.objects.get(pk=row.user_id)
        return user

    def _refused(self, form: MailedCode) -> HttpResponse:
        words = get_adapter().error_messages
        if codes.is_spent(self.asked["token"]):
            self._forget()
            messages.error(self.request, words["too_many_login_attempts"])
            return redirect(self.passthrough_next_url(reverse(self.before)))
        form.add_error("code", words["incorrect_code"])
        return self.form_invalid(form)

    def _forget(self) -> None:
        del self.request.session[ASKED][self.purpose]
        self.request.session.modified = True


class SignInByCode(TakeCode):
    """The code signs in whoever can read the mailbox, up to the second factor."""

    purpose, before = Purpose.LOGIN, "account_request_login_code"
    template_name = "account/confirm_login_code.html"

    def go_on(self, user: User) -> HttpResponse:
        reauth.note(self.request, user, Proof.CODE)
        answer: HttpResponse = perform_login(
            self.request, user, redirect_url=self.get_next_url(), email=user.email
        )
        return answer


class ResetByCode(TakeCode):
    """The code lets this browser choose a new password within ten minutes."""

    purpose, before = Purpose.RESET, "account_reset_password"
    template_name = "account/confirm_password_reset_code.html"

    def go_on(self, user: User) -> HttpResponse:
        until = time.time() + codes.LIFE[Purpose.RESET].total_seconds()
        self.request.session[PROVEN] = [str(user.pk), user.token_version, until]
        return redirect(self.passthrough_next_url(reverse("account_complete_password_reset")))


class ChooseNewPassword(NextRedirectMixin, FormView):
    """After the right code, unless the sign-ins of the account have ended since."""

    form_class = ResetPassword
    template_name = "account/password_reset_from_key.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pk, version, until = request.session.get(PROVEN, (None, 0, 0))
        alive = User.objects.filter(pk=pk, token_version=version).exclude(status=Status.DISABLED)
        self.user = alive.first() if time.time() < until else None
        if self.user is None:
            return redirect(self.passthrough_next_url(reverse("account_reset_password")))
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return dict(super().get_form_kwargs(), user=self.user)

    def form_valid(self, form: ResetPassword) -> HttpResponse:
        assert self.user is not None
        services.set_password(self.user, form.cleaned_data["password1"])
        guesses.sign_ins(self.request, self.user).clear()
        del self.request.session[PROVEN]
        return redirect(self.passthrough_next_url(reverse("account_password_reset_completed")))


class ReauthenticateByCode(LoginRequiredMixin, BaseReauthenticateView):
    """A code mailed on request, for everybody without a second factor."""

    form_class = MailedProof
    template_name = "account/reauthenticate_by_code.html"

    @property
    def person(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.POST.get("action") != "mail":
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        user = self.person
        reauth.mail_code(request, user)
        messages.success(request, _("A code is on its way to your address."))
        empty = self.form_class(user=user)
        page: HttpResponse = self.render_to_response(self.get_context_data(form=empty))
        return page

    def get_form_kwargs(self) -> dict[str, Any]:
        return dict(super().get_form_kwargs(), user=self.person)

    def form_valid(self, form: MailedProof) -> HttpResponse:
        reauth.note(self.request, self.person, Proof.CODE)
        answer: HttpResponse = super().form_valid(form)
        return answer
