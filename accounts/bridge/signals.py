"""What allauth tells us."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import user_logged_in
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

from accounts.bridge import reauth
from accounts.language import remember_language
from accounts.letters import mail
from accounts.models import SignInKind, User
from accounts.proofs import events, known_browsers
from accounts.proofs.clients import network_of, place_of


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
