"""What allauth tells us."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from accounts import services
from accounts.bridge import pending_codes, reauth
from accounts.language import remember_language
from accounts.letters import mail
from accounts.models import Proof, SignInKind, User
from accounts.proofs import events, known_browsers
from accounts.proofs.clients import network_of, place_of


@receiver(email_confirmed)
def on_email_confirmed(
    email_address: EmailAddress, request: HttpRequest | None = None, **_: Any
) -> None:
    """allauth has seen the right code: the account's state follows, with the credentials of this browser's sign-up."""
    user = email_address.user
    if request is not None:
        reauth.note(request, user, Proof.CODE)
    services.confirm_email(user, chosen=pending_codes.remembered(request, user.email))


@receiver(user_logged_in)
def on_signed_in(
    request: HttpRequest, user: User, response: HttpResponse | None = None, **_: Any
) -> None:
    """The language of the profile is the language of the pages; a new network is told by mail."""
    if response is not None:
        remember_language(response, user)
        known_browsers.remember(request, response, user)
    events.note(request, user, SignInKind.SIGNED_IN)
    place = place_of(request)
    earlier = UserSession.objects.filter(user=user).exclude(session_key=request.session.session_key)
    networks = {network_of(ip) for ip in earlier.values_list("ip", flat=True)}
    if networks and place.network not in networks:
        mail.send("new_network", user, label=place.label, network=place.network)


@receiver(authenticator_added)
def on_factor_added(
    request: HttpRequest, user: User, authenticator: Authenticator, **_: Any
) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        reauth.factor_confirmed(request, user)


@receiver([authenticator_added, authenticator_removed, authenticator_reset])
def on_factor_changed(user: User, **_: Any) -> None:
    mail.send("mfa_changed", user)
