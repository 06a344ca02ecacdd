"""Fetch, parse and examine in the background while the last file is being stored; no database here."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cot.pipeline import identities, json_rows, parsing, recognition
from cot.pipeline.folder import read_file
from cot.pipeline.identities import Examination
from cot.pipeline.plan import Request
from cot.pipeline.report_table import Rejection, ReportTable
from cot.pipeline.source import Answer, Fetched, Source, SourceDown
from cot.variants import Variant

GIVE_UP_AFTER: Final = (
    2  # files of a variant for which the server gave no answer: it is down, not short of one file
)


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The bytes are those we have stored."""


@dataclass(frozen=True, slots=True)
class Obtained:
    """What became of a request before the database is asked: a table, or why there is none."""

    request: Request
    variant: Variant | None
    answer: Answer | None
    result: ReportTable | Unchanged | Rejection | SourceDown | None
    member: str
    sha256: str
    seconds: float
    examination: Examination | None = None


def obtain_all(
    requests: Iterable[Request], source: Source | None, candidates: Sequence[Variant]
) -> Generator[Obtained]:
    """Every request's outcome in order, the next one made while the caller stores the last.

    Not two: each may hold a file's text and numbers in memory. Close it to end the thread before all is used.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="cot-fetch") as pool:
        waiting: deque[Future[Obtained]] = deque()
        for request in requests:
            waiting.append(pool.submit(obtain, request, source, candidates))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def weekly_last(
    found: Iterable[Obtained], at_sight: Callable[[Obtained], None]
) -> Iterator[Obtained]:
    """Files in the order in which they are stored: the weekly one is seen first, because it tells when its week was
    published, and comes after the archives that may hold the same rows. Ends early when the server is down.
    """
    weekly: Obtained | None = None
    failures = 0
    for obtained in found:
        failures += isinstance(obtained.result, SourceDown)
        if obtained.request.kind == "weekly":
            weekly = obtained
            at_sight(obtained)
        else:
            yield obtained
        del obtained  # or three files would be in memory while the next is fetched
        if failures == GIVE_UP_AFTER:
            break
    if weekly:
        yield weekly


def obtain(request: Request, source: Source | None, candidates: Sequence[Variant]) -> Obtained:
    """Fetch one file; parse and examine it when its content is new. Failures are part of the answer."""
    start = time.monotonic()

    def done(
        answer: Answer | None,
        result: ReportTable | Unchanged | Rejection | SourceDown | None,
        *,
        variant: Variant | None = request.variant,
        member: str = "",
        sha256: str = "",
        examination: Examination | None = None,
    ) -> Obtained:
        return Obtained(
            request, variant, answer, result, member, sha256, time.monotonic() - start, examination
        )

    try:
        answer = (
            source.fetch(request.path, request.since) if source else read_file(Path(request.path))
        )
    except SourceDown as problem:
        return done(None, problem)
    if not isinstance(answer, Fetched):
        return done(answer, None)
    digest = hashlib.sha256(answer.content).hexdigest()
    if digest == request.known:
        return done(answer, Unchanged(), sha256=digest)
    try:
        member, content = _unpacked(request, answer)
        text = parsing.as_text(content)
        variant = request.variant or recognition.recognise(text, [request.path, member], candidates)
        table = parsing.parse(text, variant, omits_nulls=json_rows.is_json(content))
        table = replace(table, text=lambda: parsing.as_text(_unpacked(request, answer)[1]))
        del text, content
        _refuse_other_year(request, table)
        examination = identities.examine(table, today=answer.fetched_at.date())
    except Rejection as problem:
        return done(answer, problem, sha256=digest)
    return done(
        answer, table, variant=variant, member=member, sha256=digest, examination=examination
    )


def _unpacked(request: Request, answer: Fetched) -> tuple[str, bytes]:
    is_archive = request.path.lower().endswith(".zip")
    return parsing.unpack(answer.content, is_archive=is_archive, is_bulk=request.kind == "bulk")


def _refuse_other_year(request: Request, table: ReportTable) -> None:
    """An archive in which no row is of its year is another year's archive, and its own year would stay empty."""
    if request.year is None or not len(table):
        return
    years = set(table.dates.astype("datetime64[Y]").astype(int) + 1970)
    if request.year not in years:
        raise Rejection("wrong_year", asked=request.year, found=sorted(int(year) for year in years))
