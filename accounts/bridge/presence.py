"""When a browser session was last used, for the page on which its owner sees where they are signed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

GetResponse = Callable[[HttpRequest], HttpResponseBase]

NOTED_EVERY: Final = timedelta(minutes=10)


def last_seen(get_response: GetResponse) -> GetResponse:
    """Notes it every ten minutes at most: allauth's own way writes with every request."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        session = request.session
        # a page that did not look who is there belongs to nobody
        if session.accessed and SESSION_KEY in session and session.session_key:
            _note(session.session_key)
        return response

    return middleware


def _note(session_key: str) -> None:
    if caches["data"].add(f"seen-{session_key}", 1, NOTED_EVERY.total_seconds()):
        now = timezone.now()
        stale = UserSession.objects.filter(
            session_key=session_key, last_seen_at__lt=now - NOTED_EVERY
        )
        stale.update(last_seen_at=now)
