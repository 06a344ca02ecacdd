"""A server that answers like the API of the CFTC's Public Reporting Environment, with faults on demand."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

Record = dict[str, str]
MOST_ROWS = 1_000  # of an answer to a request that names no limit


@dataclass
class Portal:
    """What is published: the rows of each data set, since when, and what goes wrong with the n-th request."""

    rows: dict[str, list[Record]] = field(default_factory=dict)
    modified: datetime = datetime(2025, 6, 6, 19, 30, tzinfo=UTC)
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    faults: list[Callable[[Handler], bool] | None] = field(default_factory=list)
    at_most: int = 50_000  # rows of one answer, whatever is asked for

    @property
    def pages(self) -> list[dict[str, str]]:
        return [query for query in self.asked if "$offset" in query]


class Handler(BaseHTTPRequestHandler):
    """One request: `/resource/<data set>.csv` with a filter, and either a count or one page of rows in an order."""

    portal: Portal

    def do_GET(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.portal.asked.append(query | {"path": parts.path})
        self.portal.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = self.portal.faults.pop(0) if self.portal.faults else None
        with suppress(BrokenPipeError, ConnectionResetError):
            if not (fault and fault(self)):
                self.answer(parts.path, query)

    def answer(self, path: str, query: dict[str, str]) -> None:
        match = re.fullmatch(r"/resource/(\w{4}-\w{4})\.csv", path)
        if not match or match[1] not in self.portal.rows:
            self.say(404, b'{"error": true, "message": "Not found"}')
            return
        since = self.headers["If-Modified-Since"]
        if since and parsedate_to_datetime(since) >= self.portal.modified:
            self.say(304, b"")
            return
        rows = [row for row in self.portal.rows[match[1]] if _fits(row, query["$where"])]
        if query.get("$select") == "count(*)":
            self.say(200, f'"count"\n"{len(rows)}"\n'.encode())
        elif "$order" not in query:
            self.say(400, json.dumps({"message": "pages without an order overlap"}).encode())
        else:
            self.say(200, self.page(match[1], rows, query))

    def page(self, dataset: str, rows: list[Record], query: dict[str, str]) -> bytes:
        order = [name for name in query["$order"].split(",") if not name.startswith(":")]
        rows = sorted(rows, key=lambda row: [row[name] for name in order])
        start, most = int(query.get("$offset", 0)), int(query.get("$limit", MOST_ROWS))
        out = io.StringIO()
        names = [*self.portal.rows[dataset][0]]
        writer = csv.DictWriter(out, names, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[start : start + min(most, self.portal.at_most)])
        return out.getvalue().encode()

    def say(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        told = {"Last-Modified": format_datetime(self.portal.modified, usegmt=True)}
        for name, value in (told | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


def _fits(row: Record, where: str) -> bool:
    name, low, high = re.fullmatch(r"(\w+) between '(.+)' and '(.+)'", where).groups()
    return low <= row[name] <= high
