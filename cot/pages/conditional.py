"""Which pages a browser may keep until something on them changes (cot §17.2)."""

from __future__ import annotations

from typing import Final

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import User
from core.appearance import Appearance
from core.conditional import etag, unless_unchanged
from core.templatetags.numbers import ago
from cot import feed
from cot.selectors import watchlist


def _tag(request: HttpRequest, *more: object) -> str | None:
    """What the shell shows and what the page shows; none while there is a message to be seen once, or no data.

    The forms of a page carry a token that only the CSRF cookie it was made with fits: a new sign-in is a new page.
    """
    if feed.feed_at(timezone.now()).newest is None or len(get_messages(request)):
        return None
    address = request.get_full_path(), request.headers.get("HX-Request")
    look = get_language(), Appearance.of(request), request.META.get("CSRF_COOKIE")
    return etag(feed.depends_on(), address, look, _person(request), *more)


def _person(request: HttpRequest) -> tuple[object, ...]:
    """Whose name is in the head, and what they may do."""
    user = request.user
    return (user.pk, str(user), user.email, user.role, sorted(user.modules)) if isinstance(user, User) else ()


def _page_tag(request: HttpRequest, *_args: object, **_path: object) -> str | None:
    return _tag(request)


def _board_tag(request: HttpRequest) -> str | None:
    """The board shows the stars of the own list and how long it is to the next release."""
    assert isinstance(request.user, User)
    wait = ago(feed.feed_at(timezone.now()).seconds_to_next)
    return _tag(request, wait, watchlist.codes(request.user))


def _market_tag(request: HttpRequest, *_args: object, **_path: object) -> str | None:
    """A page of a market shows whether the market is on the own list."""
    assert isinstance(request.user, User)
    return _tag(request, watchlist.codes(request.user))


kept: Final = unless_unchanged(_page_tag)
kept_market: Final = unless_unchanged(_market_tag)
kept_board: Final = unless_unchanged(_board_tag)
