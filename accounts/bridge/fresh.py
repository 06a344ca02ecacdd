"""A fresh sign-in as the proof of somebody who has neither password nor second factor."""

from __future__ import annotations

import time
from urllib.parse import urlencode

from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.bridge import factors
from accounts.models import User

SECONDS = 300


def require(request: HttpRequest) -> None:
    """Sends a person without password and factor to the sign-in, unless they came in a moment ago."""
    user = request.user
    if not isinstance(user, User) or user.has_usable_password() or factors.methods(user):
        return
    records = get_authentication_records(request, user)
    if records and time.time() - records[-1]["at"] < SECONDS:
        return
    target = f"{reverse('account_login')}?{urlencode({'next': request.path})}"
    logout(request)
    messages.info(request, _("Sign in again, so that it is certainly you who changes this."))
    raise ImmediateHttpResponse(HttpResponseRedirect(target))
