"""The web server's side of the product: one hand-over to a thread, and streams that need none."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from django.core.signals import request_finished
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from equilibrium.asgi import Handler


def where(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"thread": threading.get_native_id()})


def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def events() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield b"data: %d %d\n\n" % (number, threading.get_native_id())

    return StreamingHttpResponse(events(), content_type="text/event-stream")


def unwritable(request: HttpRequest) -> HttpResponse:
    response = HttpResponse()
    response.set_cookie("name", "\u0410")
    return response


urlpatterns = [
    path("where/", where),
    path("stream/", stream),
    path("unwritable/", unwritable),
]


@pytest.fixture(autouse=True)
def these_addresses(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


def ask(address: str) -> tuple[httpx.Response, int]:
    """The answer, and how often the loop handed something to a thread for it."""

    async def asked() -> tuple[httpx.Response, int]:
        loop = asyncio.get_running_loop()
        hand_over, handed = loop.run_in_executor, []

        def counted(executor: Any, call: Any, *args: Any) -> Any:
            handed.append(call)
            return hand_over(executor, call, *args)

        loop.run_in_executor = counted  # type: ignore[method-assign]
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(Handler()), base_url="http://localhost"
        ) as client:
            answer = await client.get(address, headers={"Accept-Encoding": "identity"})
            return answer, len(handed)

    return asyncio.run(asked())


def test_a_request_is_handed_to_a_thread_once_with_all_its_middleware():
    answer, handed = ask("/where/")
    assert answer.status_code == 200
    assert answer.json()["thread"] != threading.get_native_id()
    assert handed <= 3, "the start, the request itself, the end"
    assert "Content-Security-Policy" in answer.headers


def test_a_stream_is_written_by_the_loop_and_keeps_no_thread():
    answer, handed = ask("/stream/")
    loop = threading.get_native_id()
    assert answer.text == "".join(f"data: {number} {loop}\n\n" for number in range(3))
    assert handed <= 3


def test_an_answer_that_cannot_be_written_ends_its_request():
    """Connections come back at the end of a request; of one that never ends, the pool is one short for good."""
    ends: list[object] = []

    def ended(sender: object, **_: object) -> None:
        ends.append(sender)

    request_finished.connect(ended)
    try:
        with pytest.raises(UnicodeEncodeError):
            ask("/unwritable/")
    finally:
        request_finished.disconnect(ended)
    assert ends == [Handler]
