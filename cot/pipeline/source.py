"""Where the bytes come from: cftc.gov, any other base address, or a folder. One interface for all of them."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Final, Protocol

import httpx

CFTC: Final = "https://www.cftc.gov"
MAX_DOWNLOAD: Final = 200 * 2**20
AT_ONCE: Final = 2
DEMO_MARK: Final = "DEMO"
_JITTER: Final = 0.25
_RETRIED: Final = frozenset({408, 425, 429, *range(500, 600)})
SITE_FOLDERS: Final = ("files/dea/history", "dea/newcot")


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


def open_source(address: str, *, timeout: float, tries: int, backoff: float) -> Source:
    """The source behind an address: http(s) is fetched, everything else is a folder."""
    if address.startswith(("http://", "https://")):
        return WebSource(address, timeout=timeout, tries=tries, backoff=backoff)
    return FolderSource(Path(address))


class FolderSource:
    """A folder laid out like the site. A file's time stamp takes the place of Last-Modified."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SourceDown(f"{folder} is not a folder")
        self.folder = folder
        self.address = str(folder)
        self.is_demo = (folder / DEMO_MARK).exists()

    @property
    def is_site(self) -> bool:
        """False for a folder of loose files, whose kind only their content tells."""
        return any((self.folder / part).is_dir() for part in SITE_FOLDERS)

    def files(self) -> list[Path]:
        """The loose files, in the order of their names."""
        return sorted(
            path
            for path in self.folder.iterdir()
            if path.suffix.lower() in (".txt", ".zip", ".csv")
        )

    def fetch(self, path: str, since: datetime | None = None) -> Answer:
        # `since` is not honoured: reading costs little, and two versions may share one second.
        return read_file(self.folder / path)


def read_file(path: Path) -> Fetched | Missing:
    """A file of this machine as if it had been fetched."""
    try:
        if path.stat().st_size > MAX_DOWNLOAD:
            raise SourceDown(f"{path} is larger than {MAX_DOWNLOAD} bytes")
        content, changed = path.read_bytes(), path.stat().st_mtime
    except (FileNotFoundError, IsADirectoryError):
        return Missing(str(path))
    except OSError as problem:
        raise SourceDown(f"{path}: {problem.strerror}") from problem
    return Fetched(str(path), content, datetime.fromtimestamp(int(changed), UTC), datetime.now(UTC))


class WebSource:
    """The site itself, or a mirror of it: retries with growing pauses, at most two requests at a time."""

    is_demo = False

    def __init__(
        self,
        address: str,
        *,
        timeout: float,
        tries: int,
        backoff: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.address = address.rstrip("/")
        self._client = httpx.Client(
            timeout=timeout,
            follow_redirects=True,
            headers={"User-Agent": "Equilibrium (positions reader)"},
        )
        self._tries = max(tries, 1)
        self._backoff = backoff
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(AT_ONCE)

    def fetch(self, path: str, since: datetime | None = None) -> Answer:
        """The file at this path; `SourceDown` when the server does not give a usable answer in all tries."""
        url = f"{self.address}/{path}"
        problem = ""
        for attempt in range(1, self._tries + 1):
            if attempt > 1:
                self._sleep(pause(self._backoff, attempt - 1))
            try:
                with self._slots:
                    answer = self._ask(url, since)
            except httpx.InvalidURL as error:
                raise SourceDown(f"{url}: {error}") from error
            except httpx.HTTPError as error:
                problem = f"{type(error).__name__}: {error}"
                continue
            if isinstance(answer, int):
                problem = f"HTTP {answer}"
                if answer not in _RETRIED:
                    break
                continue
            return answer
        raise SourceDown(f"{url}: {problem}")

    def _ask(self, url: str, since: datetime | None) -> Answer | int:
        """One request; a plain number is a status that is no answer."""
        headers = (
            {"If-Modified-Since": format_datetime(since.astimezone(UTC), usegmt=True)}
            if since
            else {}
        )
        with self._client.stream("GET", url, headers=headers) as response:
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return NotModified(url)
            if response.status_code in (httpx.codes.NOT_FOUND, httpx.codes.GONE):
                return Missing(url, response.status_code)
            if response.status_code != httpx.codes.OK:
                return response.status_code
            changed = http_date(response.headers.get("Last-Modified"))
            return Fetched(url, _body(response), changed, datetime.now(UTC), response.status_code)


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


def _body(response: httpx.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > MAX_DOWNLOAD:
            raise SourceDown(f"{response.url} is larger than {MAX_DOWNLOAD} bytes")
        parts.append(part)
    return b"".join(parts)


def http_date(header: str | None) -> datetime | None:
    """A Last-Modified header as an instant; None when there is none or it is no date."""
    try:
        return parsedate_to_datetime(header).astimezone(UTC) if header else None
    except ValueError:
        return None


def pause(backoff: float, nth: int) -> float:
    """Seconds before the n-th repetition: backoffⁿ and up to a quarter more, so that clients do not march in step."""
    return float(backoff**nth * (1 + random.uniform(0, _JITTER)))  # noqa: S311 (no secret)
