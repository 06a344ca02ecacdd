"""Fetch, parse and examine in the background while the last file is being stored; no database here."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cot.pipeline import identities, parsing, recognition, scratch, store
from cot.pipeline.ahead import one_ahead
from cot.pipeline.identities import Examination
from cot.pipeline.parsing import Rejection, ReportTable
from cot.pipeline.plan import Request
from cot.pipeline.source import Answer, Fetched, Source, SourceDown, read_file
from cot.variants import Variant


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
    staged: Path | None = None


def obtain_all(
    requests: Iterable[Request], source: Source | None, candidates: Sequence[Variant], folder: Path | None
) -> Generator[Obtained]:
    """Every request's outcome in order, the next one made while the caller stores the last."""
    return one_ahead(lambda request: obtain(request, source, candidates, folder), requests, thread="cot-fetch")


def obtain(
    request: Request, source: Source | None, candidates: Sequence[Variant], folder: Path | None = None
) -> Obtained:
    """Fetch one file; parse and examine it when its content is new. Failures are part of the answer.

    With a folder, the rows of a large file that is likely to be new are staged in it.
    """
    start = time.monotonic()

    def done(
        answer: Answer | None,
        result: ReportTable | Unchanged | Rejection | SourceDown | None,
        *,
        variant: Variant | None = request.variant,
        member: str = "",
        sha256: str = "",
        examination: Examination | None = None,
        staged: Path | None = None,
    ) -> Obtained:
        return Obtained(request, variant, answer, result, member, sha256, time.monotonic() - start, examination, staged)

    try:
        answer = source.fetch(request.path, request.since) if source else read_file(Path(request.path))
    except SourceDown as problem:
        return done(None, problem)
    if not isinstance(answer, Fetched):
        return done(answer, None)
    digest = hashlib.sha256(answer.content).hexdigest()
    if digest == request.known:
        return done(answer, Unchanged(), sha256=digest)
    try:
        member, text = _text(request, answer)
        variant = request.variant or recognition.recognise(text, [request.path, member], candidates)
        table = replace(parsing.parse(text, variant), text=lambda: _text(request, answer)[1])
        del text
        _refuse_other_year(request, table)
        examination = identities.examine(table, today=answer.fetched_at.date())
    except Rejection as problem:
        return done(answer, problem, sha256=digest)
    staged = scratch.write(folder, store.pieces(table)) if folder and _may_be_new(request, table, examination) else None
    return done(answer, table, variant=variant, member=member, sha256=digest, examination=examination, staged=staged)


def _may_be_new(request: Request, table: ReportTable, examination: Examination) -> bool:
    """Whether to expect that every row of a large file goes in: the first in its place, and it breaks no identity."""
    return len(table) >= scratch.ENOUGH and not request.known and not examination.own


def _text(request: Request, answer: Fetched) -> tuple[str, bytes]:
    is_archive = request.path.lower().endswith(".zip")
    member, content = parsing.unpack(answer.content, is_archive=is_archive, is_bulk=request.kind == "bulk")
    return member, parsing.as_text(content)


def _refuse_other_year(request: Request, table: ReportTable) -> None:
    """An archive in which no row is of its year is another year's archive, and its own year would stay empty."""
    if request.year is None or not len(table):
        return
    years = set(table.dates.astype("datetime64[Y]").astype(int) + 1970)
    if request.year not in years:
        raise Rejection("wrong_year", asked=request.year, found=sorted(int(year) for year in years))
