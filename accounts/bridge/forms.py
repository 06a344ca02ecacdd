"""allauth's forms of signing in under the product's words, counters and rules."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.internal.flows.add import validate_can_add_authenticator
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth as passkeys
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.bridge import factors, limits, reauth
from accounts.errors import WrongProof
from accounts.models import SignInKind, User
from accounts.names import plain
from accounts.proofs import events, guesses
from core import error_pages
from core.errors import AppError, Limited

SIX_DIGITS = {"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
PASSWORD_RULES = _(
    "8 to 128 characters with an upper-case letter, a lower-case letter and a digit; "
    "nothing common and nothing like your address."
)
LABELS = {
    "code": _("Code"),
    "email": _("E-mail"),
    "login": _("E-mail or user name"),
    "name": _("Name"),
    "oldpassword": _("Current password"),
    "password": _("Password"),
    "password1": _("New password"),
    "password2": _("New password again"),
    "remember": _("Stay signed in on this device"),
    "username": _("User name (optional)"),
}


class OurWords:
    """allauth's fields under one set of names, without placeholders that only repeat them."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
        if "password1" in self.fields:
            self.fields["password1"].help_text = PASSWORD_RULES


class CodeField(OurWords):
    """The field `code` in large figures, filled in by the browser or phone where it can."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs = dict(SIX_DIGITS)


# ---- Sign-up


class SignUp(OurWords, forms.Form):
    """A new account; the rules are those of the service."""

    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password1 = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    nickname = forms.CharField(
        label=_("Nickname (optional)"),
        max_length=100,
        required=False,
        validators=[plain],
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    username = forms.CharField(
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].label = LABELS["password"]

    def refuse(self, refusal: AppError) -> None:
        """Says at its field why the service refused the sign-up."""
        field, reasons = next(iter(refusal.details.items()), ("username", [str(refusal.message)]))
        self.add_error("password1" if field == "password" else field, reasons)


# ---- Password


class SignInByPassword(OurWords, account.LoginForm):
    """E-mail or user name, and the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs = {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class ChangePassword(OurWords, account.ChangePasswordForm):
    """The current password is guessed at as little here as at the sign-in."""

    def clean_oldpassword(self) -> str:
        room = guesses.proofs(self.user)
        with limits.counting_on_page(context.request, room, failure=forms.ValidationError):
            return str(super().clean_oldpassword())


class FirstPassword(OurWords, account.SetPasswordForm):
    """The password of somebody who came by another way, a moment ago."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reauth.require_on_page(context.request)


class ResetPassword(OurWords, account.ResetPasswordKeyForm):
    """The new password after the right code."""


class PasswordAgain(OurWords, account.ReauthenticateForm):
    """The password before a sensitive change."""


class MailedProof(CodeField, forms.Form):
    """The mailed code before a sensitive change."""

    code = forms.CharField(max_length=6)
    cleaned_data: dict[str, Any]

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"]).strip()
        try:
            reauth.check(self.user, "otp", code)
        except WrongProof:
            raise get_adapter().validation_error("incorrect_code") from None
        except Limited as refusal:
            answer = error_pages.error_answer(context.request, refusal)
            raise ImmediateHttpResponse(answer) from None
        return code


# ---- Codes by mail


class Address(OurWords, forms.Form):
    """Where a code is mailed to."""

    email = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "email"}))


class MailedCode(CodeField, forms.Form):
    """The six digits."""

    code = forms.CharField(max_length=6)


class AddressAndCode(CodeField, Address):
    """The code of a request that another browser has made."""

    code = forms.CharField(max_length=6)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["code"].widget.attrs["autofocus"]
        self.fields["email"].widget.attrs["autofocus"] = True


# ---- Second factors


class FactorCode(CodeField):
    """A code of the app, or a recovery code: used up under a lock, guesses counted as over the API."""

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        room = guesses.factors(self.user)
        with limits.counting_on_page(context.request, room, failure=forms.ValidationError):
            self.authenticator = factors.use_code(self.user, code)
            if self.authenticator is None:
                events.note(context.request, self.user, SignInKind.WRONG_CODE)
                raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class SecondFactor(FactorCode, mfa.AuthenticateForm):
    """The step after the password or the mailed code."""

    def methods(self) -> list[str]:
        """What this person can answer with; the page offers nothing else."""
        return factors.methods(self.user)


class FreshProof(FactorCode, mfa.ReauthenticateForm):
    """The same before a sensitive change."""


class ConfirmApp(CodeField, ActivateTOTPForm):
    """The first code of a new authenticator app."""

    def clean_code(self) -> str:
        validate_can_add_authenticator(self.user)
        code = str(self.cleaned_data["code"])
        if not factors.fits_new_app(self.user, self.secret, code):
            raise get_mfa_adapter().validation_error("incorrect_code")
        return code


class NewPasskey(OurWords, webauthn.AddWebAuthnForm):
    """A passkey that is enough by itself, unless its owner wants it as a second factor only."""

    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without a password"),
        required=False,
        initial=True,
        help_text=_("The device then asks for your fingerprint, face or PIN."),
    )


class RenamedPasskey(OurWords, webauthn.EditWebAuthnForm):
    """Another name for a passkey."""


class PasskeyAnswer:
    """What a passkey has signed cannot be guessed, so nothing is counted.

    allauth counts it, and forgets the failures of the whole IP when it is right: an own passkey would buy guesses.
    """

    user: User
    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        credential = self.cleaned_data["credential"]
        passkeys.parse_authentication_response(credential)
        return passkeys.complete_authentication(self.user, credential)


class PasskeyFactor(PasskeyAnswer, webauthn.AuthenticateWebAuthnForm):
    """A passkey as the second factor of a sign-in."""


class PasskeyProof(PasskeyAnswer, webauthn.ReauthenticateWebAuthnForm):
    """A passkey before a sensitive change."""
