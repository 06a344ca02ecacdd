"""What a page says when its address asks for something that does not exist: which parameter, and why."""

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
    """A word the address may not say is answered as the API answers it: 400 or 422, here as a page in the shell."""

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (BadRequest, Invalid) as refusal:
            return error_pages.error_answer(request, refusal, explained(refusal))

    return page


def explained(refusal: AppError) -> str:
    """Every wrong parameter by its name, else the message of the error."""
    found = [
        f"{name}: {text}"
        for name, texts in refusal.details.items()
        if isinstance(texts, list)
        for text in texts
    ]
    return " ".join(found) or str(refusal.message)
