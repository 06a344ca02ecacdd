"""Signing up, confirming, signing in by a mailed code, choosing a new password, proving oneself again."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.mixins import NextRedirectMixin, RedirectAuthenticatedUserMixin
from allauth.account.utils import perform_login
from allauth.account.views import BaseReauthenticateView
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.generic import FormView

from accounts import services
from accounts.bridge import forms, pending_codes, reauth, signin
from accounts.errors import InvalidCode
from accounts.models import Proof, Purpose, Status, User
from accounts.proofs import codes, guesses
from core import error_pages
from core.errors import AppError, Limited

PROVEN = "accounts_reset"  # who may choose a new password in this browser, until when, of which token version


class SignUp(RedirectAuthenticatedUserMixin, NextRedirectMixin, FormView):
    """An account is asked for; the code that is mailed confirms it, whoever's the address is."""

    form_class = forms.SignUp
    template_name = "account/signup.html"

    def form_valid(self, form: forms.SignUp) -> HttpResponse:
        chosen = form.cleaned_data
        try:
            token = signin.register_within_limits(
                self.request,
                email=chosen["email"],
                password=chosen["password1"],
                nickname=chosen["nickname"],
                username=chosen["username"],
                language=get_language() or "en",
            )
        except Limited as refusal:
            return error_pages.error_answer(self.request, refusal)
        except AppError as refusal:
            form.refuse(refusal)
            return self.form_invalid(form)
        email = User.objects.canonical(chosen["email"])
        pending_codes.note(self.request, Purpose.VERIFY, email, token)
        return redirect(self.passthrough_next_url(reverse("account_email_verification_sent")))


class AskForCode(NextRedirectMixin, FormView):
    """The address that a code is mailed to; an unconfirmed person gets one that confirms it, too."""

    form_class = forms.Address
    purpose: Purpose
    action: str
    after: str

    def form_valid(self, form: forms.Address) -> HttpResponse:
        try:
            ask_for_code(self.request, form.cleaned_data["email"], self.purpose, self.action)
        except Limited as refusal:
            return error_pages.error_answer(self.request, refusal)
        return redirect(self.passthrough_next_url(reverse(self.after)))


def ask_for_code(request: HttpRequest, email: str, purpose: Purpose, action: str) -> None:
    """This browser waits for a code from now on. Raises Limited."""
    email = User.objects.canonical(email)
    held = pending_codes.tokens(request, purpose, Purpose.VERIFY)
    token = signin.request_code(request, email=email, purpose=purpose, action=action, tokens=held)
    pending_codes.note(request, purpose, email, token)


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

    form_class = forms.MailedCode
    purpose: Purpose
    before: str

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.asked = pending_codes.of(request, self.purpose)
        if self.asked is None and self.before:
            return redirect(self.passthrough_next_url(reverse(self.before)))
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        email = self.asked["email"] if self.asked else ""
        shown: dict[str, Any] = super().get_context_data(**context, email=email)
        return shown

    def form_valid(self, form: Form) -> HttpResponse:
        asked = self.asked_with(form)
        code, token = form.cleaned_data["code"], asked["token"]
        try:
            row = signin.redeem(
                self.request, asked["email"], self.purpose, code, token, also=Purpose.VERIFY
            )
            user = signin.confirmed(row, token=token)
        except InvalidCode:
            if codes.is_spent(token):
                return self.spent(form)
            form.add_error("code", get_adapter().error_messages["incorrect_code"])
            return self.form_invalid(form)
        pending_codes.forget(self.request, self.purpose)
        return self.go_on(user)

    def asked_with(self, form: Form) -> pending_codes.Asked:
        """Whose code it is said to be."""
        assert self.asked is not None
        return self.asked

    def spent(self, form: Form) -> HttpResponse:
        """After the fifth wrong code."""
        pending_codes.forget(self.request, self.purpose)
        messages.error(self.request, get_adapter().error_messages["too_many_login_attempts"])
        return redirect(self.passthrough_next_url(reverse(self.before)))

    def go_on(self, user: User) -> HttpResponse:
        """What the right code opens."""
        raise NotImplementedError


class SignInByCode(RedirectAuthenticatedUserMixin, TakeCode):
    """The code signs in whoever can read the mailbox, up to the second factor."""

    purpose, before = Purpose.LOGIN, "account_request_login_code"
    template_name = "account/confirm_login_code.html"

    def go_on(self, user: User) -> HttpResponse:
        reauth.note(self.request, user, Proof.CODE)
        answer: HttpResponse = perform_login(
            self.request, user, redirect_url=self.onward(user), email=user.email
        )
        return answer

    def onward(self, user: User) -> str | None:
        """Where somebody goes who is in."""
        url: str | None = self.get_next_url()
        return url


class ConfirmEmail(SignInByCode):
    """The code that proves an address signs in, too; a device that has not asked for it names the address.

    It can be mailed again. Only the browser of the sign-up brings the password along, so it keeps its request.
    """

    purpose, before = Purpose.VERIFY, ""
    template_name = "account/confirm_email.html"

    def get_form_class(self) -> type[Form]:
        return forms.MailedCode if self.asked else forms.AddressAndCode

    def get_form(self, form_class: type[Form] | None = None) -> Form:
        form: Form = super().get_form(form_class)
        form.fields["code"].required = not self.again
        return form

    @property
    def again(self) -> bool:
        """Whether the code is to be mailed again."""
        return self.request.POST.get("action") == "resend"

    def asked_with(self, form: Form) -> pending_codes.Asked:
        if self.asked:
            return self.asked
        email = User.objects.canonical(form.cleaned_data["email"])
        return pending_codes.Asked(email=email, token="")

    def form_valid(self, form: Form) -> HttpResponse:
        if not self.again:
            return super().form_valid(form)
        try:
            email = self.asked_with(form)["email"]
            ask_for_code(self.request, email, self.purpose, "confirm_email")
        except Limited as refusal:
            return error_pages.error_answer(self.request, refusal)
        messages.success(self.request, _("If the address is yours, a code is on its way."))
        return redirect(self.passthrough_next_url(self.request.path))

    def spent(self, form: Form) -> HttpResponse:
        form.add_error("code", get_adapter().error_messages["too_many_login_attempts"])
        return self.form_invalid(form)

    def go_on(self, user: User) -> HttpResponse:
        messages.success(self.request, _("Your address is confirmed."))
        return super().go_on(user)

    def onward(self, user: User) -> str | None:
        if not user.has_usable_password():
            return reverse("account_set_password")
        return super().onward(user)


class ResetByCode(TakeCode):
    """The code lets this browser choose a new password within ten minutes."""

    purpose, before = Purpose.RESET, "account_reset_password"
    template_name = "account/confirm_password_reset_code.html"

    def go_on(self, user: User) -> HttpResponse:
        until = time.time() + Purpose.RESET.life.total_seconds()
        self.request.session[PROVEN] = [str(user.pk), user.token_version, until]
        return redirect(self.passthrough_next_url(reverse("account_complete_password_reset")))


class ChooseNewPassword(NextRedirectMixin, FormView):
    """After the right code, unless the sign-ins of the account have ended since."""

    form_class = forms.ResetPassword
    template_name = "account/password_reset_from_key.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        pk, version, until = request.session.get(PROVEN, (None, 0, 0))
        alive = User.objects.filter(pk=pk, token_version=version).exclude(status=Status.DISABLED)
        self.user = alive.first() if time.time() < until else None
        if self.user is None:
            return self.start_again()
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        return dict(super().get_form_kwargs(), user=self.user)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        assert self.user is not None
        shown: dict[str, Any] = super().get_context_data(**context, email=self.user.email)
        return shown

    def form_valid(self, form: forms.ResetPassword) -> HttpResponse:
        assert self.user is not None
        password, version = form.cleaned_data["password1"], self.user.token_version
        del self.request.session[PROVEN]
        if not services.reset_password(self.user, password, version=version):
            return self.start_again()
        guesses.sign_ins(self.request, self.user).clear()
        return redirect(self.passthrough_next_url(reverse("account_password_reset_completed")))

    def start_again(self) -> HttpResponse:
        """The code is worth nothing any more."""
        return redirect(self.passthrough_next_url(reverse("account_reset_password")))


class ReauthenticateByCode(LoginRequiredMixin, BaseReauthenticateView):
    """A code mailed on request, for everybody without a second factor."""

    form_class = forms.MailedProof
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

    def form_valid(self, form: forms.MailedProof) -> HttpResponse:
        reauth.note(self.request, self.person, Proof.CODE)
        answer: HttpResponse = super().form_valid(form)
        return answer
