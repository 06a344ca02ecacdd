"""The API of the CFTC's Public Reporting Environment: a data set for each variant, of which a year is read as one file.

It answers in pages, and nothing holds a data set still while they are read: rows are counted before and after, and a
year that changed meanwhile is read again. Paging: https://dev.socrata.com/docs/paging
"""

from __future__ import annotations

import csv
import time
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote_plus

from cot.pipeline import columns
from cot.pipeline.source import (
    MAX_DOWNLOAD,
    SLOWEST,
    Answer,
    Fetched,
    Missing,
    NotModified,
    SourceDown,
    WebSource,
)
from cot.variants import Variant

PAGE: Final = 5_000  # rows, about seven megabytes
READINGS: Final = 3
_LEGIBLE: Final = "':,"  # in an address as they are: it is shown, and kept in the list of files
_DATE: Final = "report_date_as_yyyy_mm_dd"
_ORDER: Final = f"{_DATE},cftc_contract_market_code,:id"  # without one, pages may overlap


def year_path(variant: Variant, year: int) -> str:
    """Where the rows of a year are. As CSV: it has every column, where JSON leaves out what is null."""
    span = f"{_DATE} between '{year}-01-01T00:00:00.000' and '{year}-12-31T00:00:00.000'"
    return f"{variant.dataset}.csv?$where={quote_plus(span, safe=_LEGIBLE)}"


class PortalSource:
    """The API behind a base address. All requests for a year share the time of one file, and its largest size."""

    is_demo = False

    def __init__(self, web: WebSource) -> None:
        self.address = web.address
        self._web = web

    def fetch(self, path: str, since: datetime | None = None) -> Answer:
        """The rows at this path as one CSV text; `Missing` when there is none.

        `SourceDown` when it cannot be had whole: a part of a year would pass for the year.
        """
        reading = _Reading(self._web, path)
        problem = ""
        for nth in range(READINGS):
            if nth:
                self._web.rest(nth)
            try:
                return reading.whole(since)
            except _Changed as change:
                problem = str(change)
        raise SourceDown(f"{reading.url}: {problem}, {READINGS} times")


class _Changed(Exception):
    """The pages do not belong together: the data set changed between them."""


class _Reading:
    """What has been asked for one path, and the time and size it took."""

    def __init__(self, web: WebSource, path: str) -> None:
        self.url = f"{web.address}/{path}"
        self._web = web
        self._path = path
        self._start = time.monotonic()
        self._size = 0

    def whole(self, since: datetime | None) -> Answer:
        counted = self._ask("$select=count(*)", since)
        if isinstance(counted, NotModified):
            return counted
        total = self._number(counted) if isinstance(counted, Fetched) else 0
        if isinstance(counted, Missing) or not total:
            return Missing(self.url, counted.http_status)
        header, parts, rows = b"", [], 0
        while rows < total:
            page = self._page(rows)
            names, _, body = page.content.partition(b"\n")
            here = sum(not line.isspace() for line in body.splitlines())
            if not here:
                raise _Changed(f"the rows end after {rows} of {total}")
            if (header or names) != names or page.last_modified != counted.last_modified:
                raise _Changed("it changed while it was read")
            header = names
            parts.append(body.removesuffix(b"\n") + b"\n")
            rows += here
        after = self._number(self._must("$select=count(*)"))
        if {rows, after} != {total}:
            raise _Changed(f"{rows} rows came where {total} were counted before and {after} after")
        return Fetched(
            self.url,
            b"".join([header, b"\n", *parts]),
            counted.last_modified,
            datetime.now(UTC),
            counted.http_status,
        )

    def _page(self, offset: int) -> Fetched:
        page = self._must(
            f"$order={quote_plus(_ORDER, safe=_LEGIBLE)}&$limit={PAGE}&$offset={offset}"
        )
        if columns.CODE.encode() not in page.content.partition(b"\n")[0].lower():
            raise SourceDown(f"{page.url}: no rows of a report but {page.content[:40]!r}")
        return page

    def _number(self, answer: Fetched) -> int:
        """The count in a table of one column and one row."""
        lines = [line for line in csv.reader(answer.content.decode("latin-1").splitlines()) if line]
        match lines:
            case [[_], [number]] if number.isdecimal():
                return int(number)
        raise SourceDown(f"{answer.url}: no count of rows but {answer.content[:40]!r}")

    def _must(self, query: str) -> Fetched:
        answer = self._ask(query)
        if not isinstance(answer, Fetched):
            raise SourceDown(f"{answer.url}: not there")
        return answer

    def _ask(self, query: str, since: datetime | None = None) -> Answer:
        ends = self._start + self._web.timeout + self._size / SLOWEST
        answer = self._web.fetch(f"{self._path}&{query}", since, ends=ends)
        if isinstance(answer, Fetched):
            self._size += len(answer.content)
            if self._size > MAX_DOWNLOAD:
                raise SourceDown(f"{answer.url}: its pages are larger than {MAX_DOWNLOAD} bytes")
        return answer
