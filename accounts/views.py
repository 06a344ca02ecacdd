"""A person's own pages: profile, security, notices, waiting for approval."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page as DjangoPage
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import address, export, leaving, selectors, services
from accounts.bridge import factors, limits, oauth, reauth
from accounts.forms import MailedCodeForm, NewAddressForm, NoticesForm, PreferencesForm, ProfileForm
from accounts.language import remember_language
from accounts.letters.mail import required as mail_required
from accounts.models import Channel, Client, Preferences, User
from accounts.proofs import refresh
from accounts.proofs.clients import label_of, network_of
from core import error_pages
from core.errors import AppError, Limited

ROWS = 10


def person_of(request: HttpRequest) -> User:
    """The person behind a page that `login_required` has let through."""
    assert isinstance(request.user, User)
    return request.user


def preferences_for(request: HttpRequest) -> Preferences:
    """What a form shows or changes; the row is made when it is first sent, by one of two sendings at once."""
    user = person_of(request)
    if request.method == "POST":
        return Preferences.objects.get_or_create(user=user)[0]
    return selectors.preferences_of(user)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Nickname, language, time zone, preferences."""
    user = person_of(request)
    form = ProfileForm(request.POST or None, instance=user, prefix="profile")
    preferences = PreferencesForm(
        request.POST or None, instance=preferences_for(request), prefix="preferences"
    )
    if request.method == "POST" and form.is_valid() and preferences.is_valid():
        form.save()
        preferences.save()
        messages.success(request, _("Saved."))
        return remember_language(redirect("accounts:profile"), user)
    context = {"form": form, "preferences": preferences, "tab": "profile"}
    return render(request, "accounts/profile.html", context)


@login_required
def security(request: HttpRequest) -> HttpResponse:
    """Password, second factors, connections, and where the person is signed in."""
    user = person_of(request)
    own = factors.rows(user, *Authenticator.Type.values)
    context = {
        "tab": "security",
        "types": set(own.values_list("type", flat=True)),
        "passkeys": factors.passkeys(user),
        "connections": SocialAccount.objects.filter(user=user),
        "providers": oauth.providers(),
        "places": paged(request, "places", places(user)),
        "events": paged(request, "events", selectors.events(user)),
    }
    return render(request, "accounts/security.html", context)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser or an app in which the person is signed in, and the address that ends it."""

    label: str
    client: str
    network: str
    since: datetime
    last_seen: datetime
    current: bool
    end: str


def places(user: User) -> list[SignedIn]:
    """The one they look from first, then last seen first."""
    browsers = [
        SignedIn(
            label_of(row.user_agent), Client.BROWSER, network_of(row.ip), row.created_at,
            row.last_seen_at, row.is_current(), reverse("accounts:end-browser", args=[row.pk]),
        )
        for row in UserSession.objects.purge_and_list(user)
    ]  # fmt: skip
    apps = [
        SignedIn(
            row.label, row.client, row.network, row.created_at,
            row.last_used_at, False, reverse("accounts:end-sign-in", args=[row.family_id]),
        )
        for row in selectors.sign_ins(user)
    ]  # fmt: skip
    newest = sorted(browsers + apps, key=lambda place: place.last_seen, reverse=True)
    return sorted(newest, key=lambda place: not place.current)


def paged(request: HttpRequest, name: str, rows: Sequence[Any] | QuerySet[Any]) -> DjangoPage[Any]:
    """One page of a list of several on a page."""
    return Paginator(rows, ROWS).get_page(request.GET.get(name))


@login_required
@require_POST
def end_browser(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends one browser session of the person."""
    get_object_or_404(UserSession, user=person_of(request), pk=pk).end()
    messages.success(request, _("The sign-in has ended."))
    return redirect("accounts:security")


@login_required
@require_POST
def end_sign_in(request: HttpRequest, family_id: uuid.UUID) -> HttpResponse:
    """Ends one sign-in of an app."""
    user = person_of(request)
    get_object_or_404(user.refresh_tokens.live(timezone.now()), family_id=family_id)
    refresh.end_families(user, [family_id])
    messages.success(request, _("The sign-in has ended."))
    return redirect("accounts:security")


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Ends every sign-in but this one, access tokens included."""
    user = person_of(request)
    services.sign_out_everywhere(user, keep_session=request.session.session_key)
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    messages.success(request, _("All other sign-ins have ended."))
    return redirect("accounts:security")


@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """Which events reach the person by which way; their devices."""
    user = person_of(request)
    preferences = preferences_for(request)
    form = NoticesForm(request.POST or None, preferences=preferences)
    if request.method == "POST" and form.is_valid():
        preferences.notify |= form.cleaned_data
        preferences.save()
        messages.success(request, _("Saved."))
        return redirect("accounts:notifications")
    context = {
        "tab": "notifications",
        "form": form,
        "ways": Channel.choices,
        "devices": user.devices.order_by("-last_seen_at"),
    }
    return render(request, "accounts/notifications.html", context)


@login_required
@require_POST
def remove_device(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """No more push messages to it."""
    get_object_or_404(person_of(request).devices, pk=pk).delete()
    messages.success(request, _("The device was removed."))
    return redirect("accounts:notifications")


@login_required
@mail_required
@reauth.required
def change_email(request: HttpRequest) -> HttpResponse:
    """Another address is asked for; the code goes to it."""
    form = NewAddressForm(request.POST or None)
    if form.is_valid():
        try:
            limits.spend(request, "confirm_email")
            address.ask(request, person_of(request), form.cleaned_data["new_email"])
        except Limited as refusal:
            return error_pages.error_answer(request, refusal)
        return redirect("accounts:confirm-new-email")
    return render(request, "accounts/change_email.html", {"tab": "security", "form": form})


@login_required
@reauth.required
def confirm_new_email(request: HttpRequest) -> HttpResponse:
    """The code that was mailed to the new address makes it the account's."""
    form = MailedCodeForm(request.POST or None)
    if form.is_valid():
        try:
            limits.spend(request, "try_code")
            address.confirm(person_of(request), form.cleaned_data["code"])
        except Limited as refusal:
            return error_pages.error_answer(request, refusal)
        except AppError as refusal:
            form.add_error("code", str(refusal.message))
        else:
            messages.success(request, _("Your address was changed."))
            return redirect("accounts:security")
    return render(request, "accounts/confirm_new_email.html", {"tab": "security", "form": form})


@login_required
@reauth.required
def leave(request: HttpRequest) -> HttpResponse:
    """What leaving means, and the button that asks for it."""
    if request.method == "POST":
        try:
            leaver = leaving.plan(
                person_of(request), keep_family=None, keep_session=request.session.session_key
            )
        except AppError as refusal:
            messages.error(request, str(refusal.message))
        else:
            request.session[HASH_SESSION_KEY] = leaver.get_session_auth_hash()
        return redirect("accounts:leave")
    return render(request, "accounts/leave.html", {"tab": "security", "days": leaving.GRACE.days})


@login_required
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """The account stays after all."""
    leaving.keep(person_of(request))
    messages.success(request, _("Your account stays."))
    return redirect("accounts:security")


@login_required
def own_data(request: HttpRequest) -> HttpResponse:
    """Everything kept about the person, as a file."""
    answer = JsonResponse(export.of(person_of(request)), json_dumps_params={"indent": 1})
    answer["Content-Disposition"] = 'attachment; filename="account.json"'
    return answer


@login_required
@require_POST
def connect(request: HttpRequest, provider: str) -> HttpResponse:
    """To a provider whose account shall sign the person in from now on.

    By POST alone, with its CSRF token: a link from elsewhere would add a way in that they never asked for.
    """
    return oauth.to_provider(request, provider, "connect")


def pending(request: HttpRequest) -> HttpResponse:
    """What somebody reads who waits for approval."""
    return render(request, "accounts/pending.html")


@login_required
def oauth_ticket(request: HttpRequest) -> HttpResponse:
    """The end of a provider sign-in for an app: the browser session becomes a one-use code."""
    return oauth.hand_over(request, person_of(request))


def oauth_complete(request: HttpRequest) -> HttpResponse:
    """Where an app reads its one-use code off the address; a person who lands here reads what to do."""
    return render(request, "accounts/oauth_complete.html")
