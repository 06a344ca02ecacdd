"""Signing in by a provider: the start, and the one-use code that stands for a finished sign-in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess, Provider
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from accounts.bridge import reauth
from accounts.bridge.social import refused
from accounts.errors import InvalidCode
from accounts.models import LoginTicket, Proof, User
from accounts.proofs import gate
from accounts.proofs.challenges import digest

LIFE = timedelta(seconds=60)
ASKED = "accounts_oauth_ticket_asked"


def providers() -> list[str]:
    """Providers whose id and secret are both set."""
    return sorted(name for name, keys in settings.OAUTH_KEYS.items() if all(keys))


def to_provider(request: HttpRequest, name: str, mode: str) -> HttpResponseRedirect:
    """To the provider, with state, nonce and PKCE; back to the sign-in page when it is not configured."""
    if name not in providers():
        return refused("provider_unavailable")
    try:
        provider: Provider = get_adapter(request).get_provider(request, name)
    except SocialApp.DoesNotExist:
        return refused("provider_unavailable")
    process = AuthProcess.CONNECT if mode == "connect" else AuthProcess.LOGIN
    pages = {"token": reverse("accounts:oauth-ticket"), "connect": reverse("accounts:security")}
    request.session[ASKED] = mode == "token"
    nonce = secrets.token_urlsafe(16)
    params = provider.get_auth_params() | ({} if name == "github" else {"nonce": nonce})
    answer: HttpResponseRedirect = provider.redirect(
        request, process, next_url=pages.get(mode, "/"), auth_params=params, nonce=nonce
    )
    return answer


def hand_over(request: HttpRequest, user: User) -> HttpResponseRedirect:
    """Swaps a finished browser sign-in (second factor included) for a one-use code; no token stands in an address.

    Only for a sign-in that was begun with `mode=token`: a link from elsewhere must not sign a browser out.
    """
    if not request.session.pop(ASKED, False):
        return HttpResponseRedirect(reverse("accounts:security"))
    code = secrets.token_urlsafe(32)
    proof = Proof.FACTOR if reauth.signed_in_with_factor(request, user) else Proof.PROVIDER
    LoginTicket.objects.create(
        user=user, code_hash=digest(code), proof=proof, expires_at=timezone.now() + LIFE
    )
    logout(request)
    return HttpResponseRedirect(
        f"{settings.APP_URL}{reverse('accounts:oauth-complete')}?code={code}"
    )


def redeem_ticket(code: str) -> LoginTicket:
    """The ticket of a one-use code, whose person may come in. Raises InvalidCode, InactiveAccount."""
    live = LoginTicket.objects.filter(
        code_hash=digest(code), used_at=None, expires_at__gt=timezone.now()
    )
    ticket = live.select_related("user").first()
    if ticket is None or not live.filter(pk=ticket.pk).update(used_at=timezone.now()):
        raise InvalidCode
    gate.check(ticket.user)
    return ticket
