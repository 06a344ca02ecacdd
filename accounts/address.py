"""Another e-mail address of an account: proven by a code to the new one, told to the old one."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import services, upkeep
from accounts.errors import EmailTaken, InvalidCode, WrongMailedCode
from accounts.letters import mail
from accounts.models import EmailRequest, Purpose, Status, User
from accounts.proofs import codes, guesses


def ask(request: HttpRequest, user: User, new_email: str) -> None:
    """Mails a code to the new address. Raises InvalidEmail.

    Of an address that belongs to somebody only they learn, by mail, that it was tried.
    """
    email = services.check_email(new_email)
    if not guesses.may_mail(request, email, Purpose.EMAIL):
        return
    owner = User.objects.filter(email=email).exclude(status=Status.UNVERIFIED).first()
    asked = codes.ask(email, Purpose.EMAIL, user=user, network=guesses.network(request))
    if owner is None:
        mail.send("code_email", user, to=email, code=asked.code)
    elif owner != user:
        mail.send("account_exists", owner)


def confirm(user: User, code: str) -> User:
    """The newest address asked for becomes the account's; codes mailed to the old one die, and it is told.

    Raises WrongMailedCode, TooManyAttempts, EmailTaken.
    """
    with guesses.counted(guesses.new_addresses(user), WrongMailedCode):
        email = _proven(user, code)
    try:
        return _move(user, email)
    except IntegrityError:
        raise EmailTaken from None


def _proven(user: User, code: str) -> str:
    mine = EmailRequest.objects.filter(user=user, purpose=Purpose.EMAIL, used_at=None)
    newest = mine.order_by("-created_at").first()
    if newest is None:
        raise WrongMailedCode
    try:
        return codes.redeem(newest.email, Purpose.EMAIL, code, user=user).email
    except InvalidCode:
        raise WrongMailedCode from None


@transaction.atomic
def _move(user: User, email: str) -> User:
    user = User.objects.locked().get(pk=user.pk)
    previous = user.email
    # Whoever signed up with the address and never proved it does not own it.
    for stranger in User.objects.filter(email=email, status=Status.UNVERIFIED):
        upkeep.erase(stranger)  # the audit log may speak of them
    user.email, user.email_verified_at = email, timezone.now()
    user.save(update_fields=["email", "email_verified_at", "updated_at"])
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    codes.kill(user)
    mail.send("email_changed", user, to=previous, email=email)
    return user
