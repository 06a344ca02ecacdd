"""Signing in by a provider: the start, and the one-use code that stands for a finished sign-in."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
import time
from base64 import urlsafe_b64encode
from datetime import timedelta

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess, Provider
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from requests import RequestException

from accounts.bridge import reauth
from accounts.bridge.social import refused
from accounts.errors import InvalidCode
from accounts.models import LoginTicket, Proof, User
from accounts.proofs import gate
from accounts.proofs.challenges import digest

LIFE = timedelta(seconds=60)
log = logging.getLogger(__name__)
ASKED = "accounts_oauth_ticket_asked"


def providers() -> list[str]:
    """Providers whose id and secret are both set."""
    return sorted(name for name, keys in settings.OAUTH_KEYS.items() if all(keys))


def to_provider(
    request: HttpRequest, name: str, mode: str, *, redirect_uri: str = "", challenge: str = ""
) -> HttpResponseRedirect:
    """To the provider, with state, nonce and PKCE; back to the sign-in page when it is not configured or away.

    An app (`mode=token`) names the S256 challenge whose verifier it keeps, and where its code is sent. `mode=connect`
    adds a way into the account of who is signed in: the caller has seen that they asked for it themselves.
    """
    if mode == "token" and not is_askable(redirect_uri, challenge):
        return refused("invalid_request")
    if name not in providers():
        return refused("provider_unavailable")
    try:
        provider: Provider = get_adapter(request).get_provider(request, name)
    except SocialApp.DoesNotExist:
        return refused("provider_unavailable")
    process = AuthProcess.CONNECT if mode == "connect" else AuthProcess.LOGIN
    pages = {"token": reverse("accounts:oauth-ticket"), "connect": reverse("accounts:security")}
    asked = {"redirect_uri": redirect_uri, "challenge": challenge, "at": time.time()}
    request.session[ASKED] = asked if mode == "token" else None
    nonce = secrets.token_urlsafe(16)
    params = provider.get_auth_params() | ({} if name == "github" else {"nonce": nonce})
    try:
        answer: HttpResponseRedirect = provider.redirect(
            request, process, next_url=pages.get(mode, "/"), auth_params=params, nonce=nonce
        )
    except (RequestException, KeyError, ValueError):  # away, or its discovery document is no such
        log.warning("The sign-in provider %s does not answer", name, exc_info=True)
        return refused("provider_unavailable")
    return answer


def is_askable(redirect_uri: str, challenge: str) -> bool:
    """Whether an app may ask so: a listed address or our own page, and a SHA-256 as PKCE writes it."""
    listed = not redirect_uri or redirect_uri in settings.OAUTH_APP_REDIRECTS
    return listed and re.fullmatch(r"[A-Za-z0-9_-]{43}", challenge) is not None


def hand_over(request: HttpRequest, user: User) -> HttpResponse:
    """Swaps a finished browser sign-in (second factor included) for a one-use code; no token stands in an address.

    Only for a sign-in that was begun with `mode=token` and came back from the provider since: links from elsewhere must
    not sign a browser out, and a session that somebody stole is no fresh proof.
    """
    asked = request.session.pop(ASKED, None)
    proven = reauth.proven_since(request, user, asked["at"]) if asked else set()
    if Proof.PROVIDER not in proven:
        return HttpResponseRedirect(reverse("accounts:security"))
    code = secrets.token_urlsafe(32)
    proof = Proof.FACTOR if Proof.FACTOR in proven else Proof.PROVIDER
    LoginTicket.objects.create(
        user=user,
        code_hash=digest(code),
        challenge=asked["challenge"],
        proof=proof,
        expires_at=timezone.now() + LIFE,
    )
    logout(request)
    page = asked["redirect_uri"] or f"{settings.APP_URL}{reverse('accounts:oauth-complete')}"
    answer = HttpResponse(status=302)  # an app's address may have a scheme of its own
    answer["Location"] = f"{page}{'&' if '?' in page else '?'}code={code}"
    return answer


def redeem_ticket(code: str, code_verifier: str) -> LoginTicket:
    """The ticket of a one-use code, whose person may come in; another verifier than its app's uses the code up.

    Raises InvalidCode, InactiveAccount.
    """
    live = LoginTicket.objects.filter(
        code_hash=digest(code), used_at=None, expires_at__gt=timezone.now()
    )
    ticket = live.select_related("user").first()
    if ticket is None or not live.filter(pk=ticket.pk).update(used_at=timezone.now()):
        raise InvalidCode
    made = urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest()).rstrip(b"=").decode()
    if not constant_time_compare(made, ticket.challenge):
        raise InvalidCode
    gate.check(ticket.user)
    return ticket
