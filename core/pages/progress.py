"""Work under way as a page shows it: `components/progress.html` asks again every second, and speaks less often.

The poll's address carries when a screen reader was last told, so the server, which keeps nothing of it, can hold its
peace until ten seconds have passed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

SPEAK_SECONDS: Final = 10
LATEST: Final = re.compile(r"[0-9]{1,9}")  # seconds of the work, as the poll's address says them


@dataclass(frozen=True, slots=True)
class Progress:
    """One piece of work: what it is, its numbers and note, how long it runs, and where to POST to cancel it."""

    key: str  # the id of its element
    title: str
    numbers: str
    poll: str  # where it is asked again
    since: datetime  # what is looked for began then or later
    begun: bool = True
    note: str = ""
    aside: str = ""
    done: int = 0
    total: int | None = None
    cancel: str = ""  # "" where this person may not
    cancelling: bool = False


def first(progress: Progress) -> dict[str, Any]:
    """For a page that is loaded: nothing is spoken yet, the first answer to the poll says it."""
    return _shown(progress, None)


def answer(request: HttpRequest, progress: Progress, now: datetime, *, ended: bool) -> HttpResponse:
    """To the poll: the moving part. All of it when the work has just begun; the page anew when it has ended."""
    if progress.begun and request.GET.get("begun") == "0":
        response = render(request, "components/progress.html", {"shown": first(progress)})
        response["HX-Retarget"], response["HX-Reswap"] = f"#{progress.key}", "outerHTML"
    else:
        told = request.GET.get("told", "")
        shown = _told_in_time(progress, now, int(told) if LATEST.fullmatch(told) else None)
        response = render(request, "components/progress_now.html", {"shown": shown})
    if ended:
        response["HX-Refresh"] = "true"
    return response


def _told_in_time(progress: Progress, now: datetime, told: int | None) -> dict[str, Any]:
    """`told` is the second of the work at which a screen reader was told last."""
    seconds = (now - progress.since).total_seconds()
    speaks = told is None or seconds - told >= SPEAK_SECONDS
    return {**_shown(progress, ceil(seconds) if speaks else told), "speaks": speaks}


def _shown(progress: Progress, told: int | None) -> dict[str, Any]:
    asked: dict[str, str | int] = {
        "since": progress.since.isoformat(),
        "begun": int(progress.begun),
    }
    if told is not None:
        asked["told"] = told
    return {"progress": progress, "address": f"{progress.poll}?{urlencode(asked)}"}
