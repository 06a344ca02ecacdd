"""What a new person is shown once on the board: first to pick markets, then how to read a row.

What somebody dismissed is kept like their look, in a cookie of their browser; a list of their own answers the first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal

from django.http import HttpRequest, HttpResponse

Hint = Literal["markets", "row"]
HINTS: Final[tuple[Hint, ...]] = ("markets", "row")
COOKIE: Final = "hints"
YEAR: Final = 365 * 24 * 3600


def dismissed(request: HttpRequest) -> list[Hint]:
    """The hints this browser was told not to show again; what else stands in the cookie is nothing."""
    told = request.COOKIES.get(COOKIE, "").split(".")
    return [hint for hint in HINTS if hint in told]


def hint_for(request: HttpRequest, watched: Collection[str]) -> Hint | None:
    """The one hint to show: to pick markets, where there is none on the list."""
    gone = dismissed(request)
    if not watched and "markets" not in gone:
        return "markets"
    return None if "row" in gone else "row"


def dismiss(request: HttpRequest, response: HttpResponse, hint: Hint) -> None:
    kept = ".".join(each for each in HINTS if each == hint or each in dismissed(request))
    response.set_cookie(
        COOKIE,
        kept,
        max_age=YEAR,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
