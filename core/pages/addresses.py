"""Addresses of pages: where a form came from, and the present one with something changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme


def came_from(request: HttpRequest) -> str:
    """The page of this site the form was sent from; the landing page when there is none."""
    # A form says where it stands; without it the browser does, if its owner lets it.
    target = request.POST.get("next") or request.headers.get("referer", "")
    if url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return "/"


class Address:
    """The query of a page. Every link is the present address with something changed; defaults are left out."""

    def __init__(self, query: QueryDict, defaults: Mapping[str, str]) -> None:
        self.query = query
        self.defaults = defaults

    def to(self, **changes: str | Sequence[str] | None) -> str:
        query = self.query.copy()
        for name, value in changes.items():
            query.setlist(name, [value] if isinstance(value, str) else list(value or ()))
        for name, values in list(query.lists()):
            if not any(values) or values == [self.defaults.get(name)]:
                del query[name]
        return f"?{query.urlencode()}"
