"""allauth's forms of signing in, where ours differ: six large digits, and a code for people not confirmed yet."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.core import context
from allauth.mfa.base import forms as mfa
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.models import Status, User

SIX_DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}


class CodeField:
    """The field `code` in large figures, filled in by the browser or phone where it can."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = dict(SIX_DIGITS)


class ConfirmEmail(CodeField, account.ConfirmEmailVerificationCodeForm):
    """The code that proves an address."""


class ConfirmLogin(CodeField, account.ConfirmLoginCodeForm):
    """The code that signs in."""


class ConfirmReset(CodeField, account.ConfirmPasswordResetCodeForm):
    """The code that lets choose a new password."""


class SecondFactor(CodeField, mfa.AuthenticateForm):
    """A code of the app, or a recovery code."""


class FreshProof(CodeField, mfa.ReauthenticateForm):
    """The same before a sensitive change."""


class NewApp(CodeField, ActivateTOTPForm):
    """The first code of a new authenticator app."""


class NewPasskey(AddWebAuthnForm):
    """A passkey that is enough by itself, unless its owner wants it as a second factor only."""

    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without a password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for your fingerprint, face or PIN."),
    )


class AskForLoginCode(account.RequestLoginCodeForm):
    """An unconfirmed person gets a code too: it confirms the address and signs in (accounts §5.5)."""

    _user: User | None

    def clean_email(self) -> str:
        email = User.objects.canonical(self.cleaned_data["email"])
        try:
            super().clean_email()
        except forms.ValidationError:  # the one reason allauth has: asked too often
            limits.refuse_page(context.request, "request_login_code", key=email)
        self._user = self._user or unconfirmed(email)
        return email


class AskForReset(account.ResetPasswordForm):
    """An unconfirmed person gets a code too: it confirms the address and lets choose a password (accounts §5.5)."""

    users: list[User]

    def clean_email(self) -> str:
        email: str = super().clean_email()
        self.users = self.users or [person for person in [unconfirmed(email)] if person]
        return email


def unconfirmed(email: str) -> User | None:
    """The person who signed up with this address and has not proven it."""
    person: User | None = User.objects.filter(email=User.objects.canonical(email), status=Status.UNVERIFIED).first()
    return person
