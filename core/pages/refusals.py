"""What a page does when its address says what it does not understand: it names it, and shows what it shows without."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from core import error_pages
from core.errors import AppError, BadRequest, Invalid

View = Callable[..., HttpResponseBase]


def explains_refusals(view: View) -> View:
    """The page without the words that were refused, a band that names each (`request.not_understood`), 400 or 422.

    A file, which has no place for a band, is refused as a whole; so is an address in which no parameter is to blame.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        refusals: list[AppError] = []
        while True:
            try:
                response = view(request, *args, **kwargs)
            except (BadRequest, Invalid) as refusal:
                refusals.append(refusal)
                left = without(request, refusal)
                if left == request.GET:
                    return refused(request, refusal)
                request.GET = left
                request.not_understood = [explained(each) for each in refusals]  # type: ignore[attr-defined]
                continue
            if not refusals:
                return response
            if not response.headers.get("Content-Type", "").startswith("text/html"):
                return refused(request, refusals[0])
            if response.status_code == 200:
                response.status_code = refusals[0].status
            return response

    return page


def without(request: HttpRequest, refusal: AppError) -> Any:
    """What the address says besides the parameters that the refusal names."""
    left = request.GET.copy()
    for name in refusal.details:
        left.pop(name, None)
    return left


def refused(request: HttpRequest, refusal: AppError) -> HttpResponseBase:
    """The refusal as a page of its own."""
    return error_pages.error_answer(request, refusal, explained(refusal))


def explained(refusal: AppError) -> str:
    """Every wrong parameter by its name and what is wrong with it, else the message of the error."""
    found = [
        f"{name}: {text}"
        for name, texts in refusal.details.items()
        if isinstance(texts, list)
        for text in texts
    ]
    return " ".join(found) or str(refusal.message)
