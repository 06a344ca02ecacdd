"""Every mail the product sends: subject, text and where its button leads. Apps add theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Purpose


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail. Lines may name what the sender gives (`%(code)s` stands alone in its own large line)."""

    subject: Promise
    lines: tuple[Promise, ...]
    life: timedelta | None = None  # of the code it shows
    rest: timedelta | None = None  # as long it does not go to the same person again
    button: Promise | None = None
    page: str = ""  # the URL name the button opens

    @property
    def shows_code(self) -> bool:
        return self.life is not None


def add(name: str, letter: Letter) -> None:
    """A letter of another app, which says it in its own words."""
    LETTERS[name] = letter


# Asked for where a letter would tell who has an account: the same row and task, and nobody reads it.
NOBODY = "nobody"
NOT_YOU = _(
    "If this was not you, change your password and end all other sign-ins under “Security”."
)
IGNORE = _(
    "If you did not ask for this, you can ignore this mail; nobody gets in without the code."
)

LETTERS: Final[dict[str, Letter]] = {
    "code_verify": Letter(
        _("Confirm your e-mail address"),
        (_("Enter this code to confirm your address. It works once, for ten minutes."), IGNORE),
        life=Purpose.VERIFY.life,
    ),
    "code_login": Letter(
        _("Your sign-in code"),
        (_("Enter this code to sign in. It works once, for five minutes."), IGNORE),
        life=Purpose.LOGIN.life,
    ),
    "code_reset": Letter(
        _("Reset your password"),
        (_("Enter this code to choose a new password. It works once, for ten minutes."), IGNORE),
        life=Purpose.RESET.life,
    ),
    "code_reauth": Letter(
        _("Your code to confirm a change"),
        (
            _(
                "Somebody signed in to your account wants to change it. "
                "Enter this code to confirm that it is you. It works once, for ten minutes."
            ),
            NOT_YOU,
        ),
        life=Purpose.REAUTH.life,
    ),
    "code_email": Letter(
        _("Confirm your new e-mail address"),
        (
            _(
                "Enter this code to make this the address of your account. It works for ten minutes."
            ),
            IGNORE,
        ),
        life=Purpose.EMAIL.life,
    ),
    "email_changed": Letter(
        _("Your e-mail address was changed"),
        (
            _(
                "Your account has another address from now on: %(email)s. This one signs in no more."
            ),
            _("If this was not you, write to an administrator at once."),
        ),
    ),
    "deletion_planned": Letter(
        _("Your account will be removed"),
        (
            _(
                "You asked for your account to be removed. That happens on %(day)s, with everything it holds. "
                "Until then you can sign in and keep it."
            ),
            NOT_YOU,
        ),
        button=_("Keep the account"),
        page="accounts:profile",
    ),
    "deletion_called_off": Letter(
        _("Your account stays"),
        (_("It is not going to be removed any more."),),
    ),
    "account_exists": Letter(
        _("You already have an account"),
        (
            _(
                "Somebody, perhaps you, tried to sign up with this address. It already has an account."
            ),
            _("Sign in, or reset the password if you have forgotten it."),
        ),
        rest=timedelta(days=1),
        button=_("Sign in"),
        page="account_login",
    ),
    "welcome": Letter(
        _("Welcome"),
        (_("Your address is confirmed and your account is ready."),),
        button=_("Open the product"),
        page="landing",
    ),
    "signup": Letter(
        _("New sign-up"), (_("%(name)s has signed up and confirmed the e-mail address."),)
    ),
    "signup_awaits_approval": Letter(
        _("A sign-up awaits approval"),
        (_("%(name)s has confirmed the e-mail address and waits for your approval."),),
        button=_("Open the queue"),
        page="staff:approvals",
    ),
    "approved": Letter(
        _("Your account is approved"),
        (_("An administrator has approved your account. You can sign in now."),),
        button=_("Sign in"),
        page="account_login",
    ),
    "disabled": Letter(
        _("Your account was disabled"),
        (_("An administrator has disabled your account. All sign-ins have ended."),),
    ),
    "password_changed": Letter(
        _("Your password was changed"),
        (
            _("The password of your account was just changed and other sign-ins have ended."),
            NOT_YOU,
        ),
    ),
    "mfa_changed": Letter(
        _("Your second factor was changed"),
        (
            _(
                "An authenticator app, passkey or recovery codes of your account were added, removed or reset."
            ),
            NOT_YOU,
        ),
    ),
    "refresh_reuse": Letter(
        _("A sign-in was ended"),
        (
            _(
                "A key of your sign-in at %(label)s, %(network)s came a second time: somebody may hold a copy "
                "of it. That sign-in has ended; sign in again there."
            ),
            NOT_YOU,
        ),
    ),
    "guesses": Letter(
        _("Somebody guesses your password"),
        (
            _(
                "There were many sign-ins with a wrong password. For an hour your password works only "
                "where you have signed in before; a mailed code or a passkey works everywhere."
            ),
        ),
    ),
    "new_network": Letter(
        _("New sign-in"),
        (
            _(
                "Your account was used from a network we have not seen before: %(label)s, %(network)s."
            ),
            NOT_YOU,
        ),
    ),
}
