"""Which answers of the API a client may keep until something changes (cot §17.2)."""

from __future__ import annotations

from typing import Final

from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from rest_framework.request import Request

from accounts.models import User
from core.conditional import etag, unless_unchanged
from cot import feed
from cot.selectors import watchlist


def _tag(request: Request, **_path: str) -> str:
    return etag(*_parts(request))


def _personal_tag(request: Request, **_path: str) -> str:
    assert isinstance(request.user, User)
    return etag(*_parts(request), watchlist.codes(request.user))


def _parts(request: Request) -> tuple[object, ...]:
    return feed.depends_on(), request.get_full_path(), get_language(), request.user.pk


# For `get` of a view; `personal` where the own list shows in the answer.
versioned: Final = method_decorator(unless_unchanged(_tag))
personal: Final = method_decorator(unless_unchanged(_personal_tag))
