"""Servers that are slow, dead, endless or go round in circles: what a run does with them."""

from __future__ import annotations

import gzip
import shutil
import ssl
import subprocess
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cot.pipeline import source
from cot.pipeline.source import Fetched, SourceDown, WebSource, retry_after


class Handler(BaseHTTPRequestHandler):
    """Answers each path with the test's own function."""

    answers: dict[str, Callable[[Handler], None]] = {}
    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path)
        with suppress(BrokenPipeError, ConnectionResetError):
            self.answers[self.path](self)

    def head(self, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Handler.answers, Handler.asked = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def web(address: str, *, timeout: float = 1, tries: int = 3, **more) -> WebSource:
    return WebSource(address, timeout=timeout, tries=tries, backoff=0, **more)


def drips(handler: Handler) -> None:
    handler.head(Content_Length="1000")
    for _ in range(100):
        handler.wfile.write(b"a")
        handler.wfile.flush()
        time.sleep(0.1)


def test_a_file_that_drips_is_ended_by_its_time_and_two_in_a_row_end_the_site(server: str):
    Handler.answers = {f"/{name}": drips for name in "abc"}
    site = web(server)
    began = time.monotonic()
    for name in "abc":
        with pytest.raises(SourceDown):
            site.fetch(name)
    assert Handler.asked == ["/a", "/b"], "a drip is not tried again, and a dead site not asked"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "begins_with", [b"", b"HTTP/1.1 200 OK\r\nX-Long: "], ids=["status", "header"]
)
def test_a_file_whose_headers_drip_is_ended_by_the_same_time(server: str, begins_with: bytes):
    """Each byte comes well within httpx's own time-out."""

    def drips_headers(handler: Handler) -> None:
        handler.wfile.write(begins_with)
        for _ in range(100):
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.1)

    Handler.answers = {f"/{name}": drips_headers for name in "abc"}
    site = web(server)
    began = time.monotonic()
    for name in "abc":
        with pytest.raises(SourceDown):
            site.fetch(name)
    assert Handler.asked == ["/a", "/b"], "a drip is not tried again, and a dead site not asked"
    assert time.monotonic() - began < 5


def test_headers_that_drip_over_tls_are_ended_too(tmp_path: Path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    made = [*command.split(), "-keyout", str(key), "-out", str(certificate)]
    if shutil.which("openssl") is None or subprocess.run(made, capture_output=True).returncode:
        pytest.skip("needs openssl")

    def drips_headers(handler: Handler) -> None:
        for _ in range(100):
            handler.wfile.write(b"a")
            time.sleep(0.1)

    Handler.answers = {"/a": drips_headers}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    began = time.monotonic()
    with pytest.raises(SourceDown, match="in all this time"):
        web(f"https://localhost:{server.server_port}").fetch("a")
    assert time.monotonic() - began < 5
    server.shutdown()
    server.server_close()


def test_a_slow_line_that_brings_enough_has_longer(server: str):
    def slow(handler: Handler) -> None:
        handler.head(Content_Length="600000")
        for _ in range(6):
            handler.wfile.write(b"a" * 100_000)
            time.sleep(0.3)

    Handler.answers = {"/a": slow}
    answer = web(server).fetch("a")
    assert isinstance(answer, Fetched)
    assert len(answer.content) == 600_000


def test_a_site_that_takes_no_connection_is_tried_once_a_run(server: str):
    pauses: list[float] = []
    site = web("http://127.0.0.1:1", sleep=pauses.append)
    for _ in range(6):
        with pytest.raises(SourceDown):
            site.fetch("a")
    assert len(pauses) == 2, "three tries for the first file, none for the others"


def test_a_server_error_of_one_file_is_not_the_end_of_the_site(server: str):
    Handler.answers = {"/a": lambda h: h.head(503), "/b": lambda h: h.head(404)}
    site = web(server)
    for _ in range(3):
        with pytest.raises(SourceDown, match="HTTP 503"):
            site.fetch("a")
    site.fetch("b")
    assert Handler.asked.count("/a") == 9


def test_a_run_ends_though_each_file_is_in_time(server: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(source, "RUN_SECONDS", 0.0)
    with pytest.raises(SourceDown, match="the run has taken"):
        web(server).fetch("a")
    assert Handler.asked == []


def test_the_pause_a_server_asks_for_is_kept(server: str):
    busy = [True]

    def answer(handler: Handler) -> None:
        if busy and busy.pop():
            handler.head(429, Retry_After="2")
        else:
            handler.head(Content_Length="0")

    pauses: list[float] = []
    Handler.answers = {"/a": answer}
    web(server, timeout=5, sleep=pauses.append).fetch("a")
    assert 1.5 < max(pauses) <= 2


def test_a_server_that_asks_for_an_hour_is_left_alone_for_the_run(server: str):
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    Handler.answers = {"/a": lambda h: h.head(503, Retry_After=later)}
    site = web(server)
    for name in "ab":
        with pytest.raises(SourceDown):
            site.fetch(name)
    assert Handler.asked == ["/a"]


def test_redirects_end_after_five(server: str):
    Handler.answers = {
        f"/{n}": lambda h: h.head(302, Location=f"/{int(h.path[1:]) + 1}") for n in range(20)
    }
    with pytest.raises(SourceDown, match="5 redirects"):
        web(server).fetch("0")
    assert Handler.asked == [f"/{n}" for n in range(6)], "and it is not tried again"
    Handler.answers["/5"] = lambda h: h.head(Content_Length="0")
    assert isinstance(web(server).fetch("0"), Fetched)


def endless(handler: Handler) -> None:
    handler.head()
    while True:
        handler.wfile.write(b"a" * 2**20)


def bomb(handler: Handler) -> None:
    """A quarter of a gigabyte in a quarter of a megabyte."""
    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(b"\0" * 2**20) for _ in range(256)) + packer.flush()
    handler.head(Content_Encoding="gzip", Content_Length=str(len(packed)))
    handler.wfile.write(packed)


def endless_redirect(handler: Handler) -> None:
    handler.send_response(302)
    handler.send_header("Location", "/endless")
    handler.end_headers()
    while True:
        handler.wfile.write(b"a" * 2**20)


@pytest.mark.parametrize("answer", [endless, bomb, endless_redirect])
def test_a_huge_body_or_a_bomb_stays_under_150_megabytes(
    server: str, answer: Callable[[Handler], None]
):
    Handler.answers = {"/a": answer, "/endless": endless}
    site = web(server, timeout=20)
    tracemalloc.start()
    try:
        with pytest.raises(SourceDown, match="larger than"):
            site.fetch("a")
        assert tracemalloc.get_traced_memory()[1] < 150 * 2**20
    finally:
        tracemalloc.stop()


def test_what_a_server_packs_is_unpacked(server: str):
    packed = gzip.compress(b"text")
    Handler.answers = {"/a": lambda h: (h.head(Content_Encoding="gzip"), h.wfile.write(packed))}
    answer = web(server).fetch("a")
    assert isinstance(answer, Fetched)
    assert answer.content == b"text"


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"text")[:-9], gzip.compress(b"a") + gzip.compress(b"b"), b"\x1f\x8bnothing"],
    ids=["cut short", "two members", "no gzip at all"],
)
def test_what_is_packed_badly_is_never_taken_in_part(server: str, packed: bytes):
    Handler.answers = {"/a": lambda h: (h.head(Content_Encoding="gzip"), h.wfile.write(packed))}
    with pytest.raises(SourceDown):
        web(server).fetch("a")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 0), ("", 0), ("7", 7), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)],
)
def test_how_long_a_server_asks_to_be_left_alone(header: str | None, seconds: float):
    assert retry_after(header) == seconds
