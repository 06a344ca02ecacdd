"""Which pages and answers of positioning a client may keep until something on them changes."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts.models import User
from core.conditional import kept_answer, kept_page
from core.templatetags.numbers import ago
from cot.feed import depends_on, feed_at
from cot.hints import dismissed
from cot.selectors import watchlist


def _data() -> object:
    """What every page depends on; nothing is kept before the first report is stored."""
    return depends_on() if feed_at(timezone.now()).newest else None


def _own_list(request: HttpRequest) -> object:
    """The stars of the own list."""
    assert isinstance(request.user, User)
    return watchlist.codes(request.user)


def _wait(request: HttpRequest) -> object:
    """How long it is to the next release."""
    return ago(feed_at(timezone.now()).seconds_to_next)


def _hints(request: HttpRequest) -> object:
    """What somebody put away for good."""
    return dismissed(request)


kept: Final = kept_page(_data)
kept_market: Final = kept_page(_data, _own_list)
# The board counts down to the next release and shows stars and hints: all are part of its tag.
kept_board: Final = kept_page(_data, _wait, _own_list, _hints)
# For `get` of a view; `personal` where the own list shows in the answer.
versioned: Final = method_decorator(kept_answer(depends_on))
personal: Final = method_decorator(kept_answer(depends_on, _own_list))
