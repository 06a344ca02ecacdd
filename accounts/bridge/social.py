"""People who come by Google, GitHub or LinkedIn: who is let in, who is linked, what a new one gets."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from requests import RequestException

from accounts import services
from accounts.bridge import factors
from accounts.errors import LastLoginMethod
from accounts.models import Status, User
from accounts.proofs import codes

PATIENCE, ONE_HOUR = 5, 3600


def refused(error: str) -> HttpResponseRedirect:
    """Back to the sign-in page, which says why."""
    return HttpResponseRedirect(f"{settings.APP_URL}{reverse('account_login')}?error={error}")


class ProviderSession(requests.Session):
    """Waits five seconds for a provider, and asks for its discovery document once an hour only."""

    def request(self, method: Any, url: Any, *args: Any, **options: Any) -> requests.Response:
        options.setdefault("timeout", PATIENCE)
        if not str(url).endswith("/.well-known/openid-configuration"):
            return super().request(method, url, *args, **options)
        key = f"discovery-{hashlib.sha256(str(url).encode()).hexdigest()}"
        if text := cache.get(key):
            kept = requests.Response()
            kept.status_code, kept.raw = 200, io.BytesIO(text.encode())
            return kept
        answer = super().request(method, url, *args, **options)
        if answer.ok:
            cache.set(key, answer.text, ONE_HOUR)
        return answer


class SocialAdapter(DefaultSocialAccountAdapter):
    """allauth's social flows under our linking rule."""

    def get_requests_session(self) -> requests.Session:
        return ProviderSession()

    def on_authentication_error(self, request: HttpRequest, provider: Any, **facts: Any) -> None:
        """A missing or foreign state is one thing, a refusal by the provider another."""
        context = facts.get("extra_context") or {}
        if isinstance(facts.get("exception"), RequestException):
            raise ImmediateHttpResponse(refused("provider_unavailable"))
        raise ImmediateHttpResponse(
            refused("provider_error" if "state" in context else "invalid_state")
        )

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> User:
        """Called before allauth looks for an account of these addresses: none counts that is not vouched for."""
        for address in sociallogin.email_addresses:
            address.verified = vouched(address.verified)
        user: User = super().populate_user(request, sociallogin, data)
        return user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Only with the nonce we asked for, and an address the provider vouches for; then an unconfirmed person is."""
        check_nonce(sociallogin)
        if sociallogin.is_existing or verified_email(sociallogin):
            if sociallogin.is_existing and sociallogin.user.status == Status.UNVERIFIED:
                sociallogin.user = take_over(sociallogin.user)
            return
        raise ImmediateHttpResponse(refused("email_not_verified"))

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """A new person: confirmed by the provider, without password, with the defaults of every sign-up."""
        user: User = sociallogin.user
        user.email = User.objects.canonical(verified_email(sociallogin))
        user.role = settings.DEFAULT_ROLE
        user.status, user.email_verified_at = services.status_after_confirming(), timezone.now()
        made: User = super().save_user(request, sociallogin, form)
        services.grant_modules(made, settings.DEFAULT_PERMISSIONS)
        services.tell_of_confirmation(made)
        return made

    def validate_disconnect(self, account: SocialAccount, accounts: list[SocialAccount]) -> None:
        """The last way in cannot be taken away."""
        if (
            len(accounts) == 1
            and not account.user.has_usable_password()
            and not factors.passkeys(account.user)
        ):
            raise ValidationError(str(LastLoginMethod.message), code=LastLoginMethod.code)


def vouched(verified: object) -> bool:
    """What a provider says of an address counts only as true or "true": "false" is a text that is not empty."""
    return verified is True or verified == "true"


def verified_email(sociallogin: SocialLogin) -> str:
    """The address that the provider says is the person's own; empty when it says so of none."""
    return next(
        (
            str(address.email)
            for address in sociallogin.email_addresses
            if vouched(address.verified)
        ),
        "",
    )


def check_nonce(sociallogin: SocialLogin) -> None:
    """An OpenID Connect token must carry the nonce of this very sign-in."""
    asked = sociallogin.state.get("nonce")
    token = (sociallogin.account.extra_data or {}).get("id_token") or {}
    if asked and token and not constant_time_compare(str(token.get("nonce", "")), asked):
        raise ImmediateHttpResponse(refused("invalid_state"))


@transaction.atomic
def take_over(user: User) -> User:
    """Whoever registered this address never proved it: their password and codes die first."""
    services.forget_unproven_password(user)
    codes.kill(user)
    services.end_sign_ins(user)
    EmailAddress.objects.filter(user=user).update(verified=True)
    services.confirm_email(user)
    user.refresh_from_db()
    return user
