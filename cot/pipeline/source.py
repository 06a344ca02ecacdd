"""Where the bytes come from: one interface for all sources, and cftc.gov or a mirror of it as one."""

from __future__ import annotations

import random
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final, Protocol

import httpx

CFTC: Final = "https://www.cftc.gov"
MAX_DOWNLOAD: Final = 64 * 2**20  # twice that is in memory for a moment
SLOWEST: Final = 20_000  # bytes a second: a file has its time-out, and as much longer as its bytes take at this pace
RUN_SECONDS: Final = 3600.0
CONNECT_SECONDS: Final = 10.0
MOST_REDIRECTS: Final = 5
SILENT_FILES: Final = 2  # in a row: the site is dead, not short of one file
_JITTER: Final = 0.25
_RETRIED: Final = frozenset({408, 425, 429, *range(500, 600)})


class SourceDown(Exception):
    """No answer we can use after all tries; the data we have stays as it is."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes of one file, when its publisher changed it last, and when we read it."""

    url: str
    content: bytes
    last_modified: datetime | None
    fetched_at: datetime
    http_status: int | None = None


@dataclass(frozen=True, slots=True)
class NotModified:
    """The file is the one we already have (304)."""

    url: str


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no such file (404)."""

    url: str
    http_status: int | None = None


Answer = Fetched | NotModified | Missing


class Source(Protocol):
    """Anything that answers for a path of the CFTC's site. `since` asks for the file only if it is newer."""

    address: str
    is_demo: bool

    def fetch(self, path: str, since: datetime | None = None) -> Answer: ...


class Slow(httpx.HTTPError):
    """The file did not come within its time."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A status that is no answer, and how long the server asks to be left alone."""

    status: int
    wait: float = 0.0


class WebSource:
    """The site itself, or a mirror of it, for one run: retries with growing pauses, one request after the other.

    A file has its time over all its tries, and so has the run. A site that takes no connection, or lets two files in a
    row run out of time, is dead for the rest of the run; one that names a time to come back is not asked before.
    """

    is_demo = False

    def __init__(
        self,
        address: str,
        *,
        timeout: float,
        tries: int,
        backoff: float,
        sleep: Callable[[float], None] = time.sleep,
        own_headers: Mapping[str, str] | None = None,
    ) -> None:
        self.address = address.rstrip("/")
        self.timeout = timeout
        self._own_headers = dict(own_headers or {})  # for this site's eyes alone
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
            # what a server packs all the same is unpacked in bounds; redirects are followed without their bodies
            headers={
                "User-Agent": "Equilibrium (positions reader)",
                "Accept-Encoding": "identity",
            },
            # each request has a connection of its own, so that it can be hung up
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._run_ends = time.monotonic() + RUN_SECONDS
        self._not_before = 0.0
        self._silent = 0
        self._dead = ""
        self._tries = max(tries, 1)
        self._backoff = backoff
        self._sleep = sleep

    def fetch(
        self, path: str, since: datetime | None = None, *, ends: float | None = None
    ) -> Answer:
        """The file at this path; `SourceDown` when the server does not give a usable answer in all tries.

        A file that comes in pieces gives each of them the instant at which the whole has to be there.
        """
        url = f"{self.address}/{path}"
        start = time.monotonic()
        ends = min(start + self.timeout if ends is None else ends, self._run_ends)
        self._refuse_in_vain(url, start)
        if start >= ends:
            raise SourceDown(f"{url}: not asked, the file has taken its time")
        problem, unreachable = "", False
        for attempt in range(1, self._tries + 1):
            if attempt > 1:
                wait = max(pause(self._backoff, attempt - 1), self._not_before - time.monotonic())
                if time.monotonic() + wait >= ends:
                    break
                self._sleep(wait)
            try:
                answer = self._ask(url, since, ends)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
                raise SourceDown(f"{url}: {error}") from error
            except httpx.HTTPError as error:
                problem = f"{type(error).__name__}: {error}"
                unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                if isinstance(error, Slow | httpx.TimeoutException):
                    self._silent += not unreachable
                    break
                continue
            self._silent = 0
            unreachable = False
            if isinstance(answer, Refused):
                problem = f"HTTP {answer.status}"
                self._not_before = max(self._not_before, time.monotonic() + answer.wait)
                if answer.status not in _RETRIED:
                    break
                continue
            return answer
        if unreachable or self._silent >= SILENT_FILES:
            self._dead = problem
        raise SourceDown(f"{url}: {problem}")

    def rest(self, nth: int) -> None:
        """The pause before something is asked for once more."""
        self._sleep(pause(self._backoff, nth))

    def _refuse_in_vain(self, url: str, now: float) -> None:
        """Nothing is asked of a site that is dead, asked to be left alone for long, or had its time."""
        if self._dead:
            raise SourceDown(f"{url}: not asked, the site did not answer before ({self._dead})")
        if now >= self._run_ends:
            raise SourceDown(f"{url}: not asked, the run has taken {RUN_SECONDS:.0f} s")
        wait = self._not_before - now
        if wait >= self.timeout:
            raise SourceDown(f"{url}: not asked, the site asks to wait another {wait:.0f} s")
        if wait > 0:
            self._sleep(wait)

    def _ask(self, url: str, since: datetime | None, ends: float) -> Answer | Refused:
        """One request and the redirects it leads to."""
        headers = (
            {"If-Modified-Since": format_datetime(since.astimezone(UTC), usegmt=True)}
            if since
            else {}
        )
        request = self._client.build_request("GET", url, headers=headers | self._own_headers)
        home = request.url
        for _hop in range(MOST_REDIRECTS + 1):
            with _hung_up_at(ends) as trace:
                request.extensions["trace"] = trace
                response = self._client.send(request, stream=True)
            with closing(response):
                if response.next_request is None:
                    return _answer(url, response, ends)
                request = response.next_request
            if (request.url.scheme, request.url.netloc) != (home.scheme, home.netloc):
                for name in self._own_headers:
                    request.headers.pop(name, None)
            if time.monotonic() >= ends:
                raise Slow("redirects without end")
        raise httpx.TooManyRedirects(f"more than {MOST_REDIRECTS} redirects", request=request)


Trace = Callable[[str, Mapping[str, Any]], None]


@contextmanager
def _hung_up_at(ends: float) -> Iterator[Trace]:
    """A trace for one request, whose connection is shut at that time. Raises Slow.

    httpx's own time-out begins anew with every byte: a server that drips its headers would be waited for without end.
    """
    connections: list[socket.socket] = []

    def hang_up() -> None:
        for connection in connections:
            with suppress(OSError):  # it has ended by itself
                # not the method of a TLS connection, which another thread is reading from
                socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def trace(event: str, info: Mapping[str, Any]) -> None:
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            connections.append(info["return_value"].get_extra_info("socket"))
            if time.monotonic() >= ends:  # rung already
                hang_up()

    alarm = threading.Timer(max(0.0, ends - time.monotonic()), hang_up)
    alarm.daemon = True
    alarm.start()
    try:
        yield trace
    except httpx.HTTPError as problem:
        if time.monotonic() >= ends:
            raise Slow("no answer in all this time") from problem
        raise
    finally:
        alarm.cancel()


class Requested(Protocol):
    """A file to ask for."""

    @property
    def path(self) -> str: ...

    @property
    def since(self) -> datetime | None: ...


class Prefetched:
    """A source that was asked for everything beforehand, for who must not wait while the answers are used."""

    def __init__(self, source: Source, requests: Iterable[Requested], give_up_after: int) -> None:
        self.address = source.address
        self.is_demo = source.is_demo
        self._answers: dict[str, Answer | SourceDown] = {}
        down: list[SourceDown] = []
        for request in requests:
            if len(down) == give_up_after:
                self._answers[request.path] = down[-1]
                continue
            try:
                self._answers[request.path] = source.fetch(request.path, request.since)
            except SourceDown as problem:
                down.append(problem)
                self._answers[request.path] = problem

    def fetch(self, path: str, since: datetime | None = None) -> Answer:
        answer = self._answers[path]
        if isinstance(answer, SourceDown):
            raise answer
        return answer


def _answer(url: str, response: httpx.Response, ends: float) -> Answer | Refused:
    match response.status_code:
        case httpx.codes.NOT_MODIFIED:
            return NotModified(url)
        case httpx.codes.NOT_FOUND | httpx.codes.GONE as status:
            return Missing(url, status)
        case httpx.codes.OK as status:
            changed = http_date(response.headers.get("Last-Modified"))
            return Fetched(url, _body(response, ends), changed, datetime.now(UTC), status)
        case status:
            return Refused(status, retry_after(response.headers.get("Retry-After")))


def _body(response: httpx.Response, ends: float) -> bytes:
    """The content, unpacked in bounds: a few bytes may be the packed form of gigabytes. Raises Slow, SourceDown."""
    packed = response.headers.get("Content-Encoding", "identity").lower()
    if packed not in ("identity", "gzip", "x-gzip"):
        raise SourceDown(f"{response.url} comes packed as {packed}")
    inflate = None if packed == "identity" else zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    size = 0
    try:
        for raw in response.iter_raw():
            part = inflate.decompress(raw, MAX_DOWNLOAD + 1 - size) if inflate else raw
            size += len(part)
            if size > MAX_DOWNLOAD:
                raise SourceDown(f"{response.url} is larger than {MAX_DOWNLOAD} bytes")
            if time.monotonic() > ends + size / SLOWEST:
                raise Slow(f"{size} bytes in all this time")
            if inflate and inflate.unused_data:
                raise SourceDown(f"{response.url} goes on after the end of its packed content")
            parts.append(part)
    except zlib.error as error:
        raise SourceDown(f"{response.url} is damaged: {error}") from error
    if inflate and not inflate.eof:
        raise httpx.RemoteProtocolError("the packed content ends in the middle")
    return b"".join(parts)


def retry_after(header: str | None) -> float:
    """The seconds a server asks to be left alone, given as a number or a date; 0 when it says nothing."""
    if header and header.strip().isdecimal():
        return float(header)
    at = http_date(header)
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at else 0.0


def http_date(header: str | None) -> datetime | None:
    """A Last-Modified header as an instant; None when there is none or it is no date."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None


def pause(backoff: float, nth: int) -> float:
    """Seconds before the n-th repetition: backoffⁿ and up to a quarter more, so that clients do not march in step."""
    return float(backoff**nth * (1 + random.uniform(0, _JITTER)))  # noqa: S311 (no secret)
