"""Work in the background, one step ahead of whoever uses it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def one_ahead(make: Callable[[Given], Made], of: Iterable[Given], *, thread: str) -> Generator[Made]:
    """What is made of each, in order; the next one is being made while the caller works on the last.

    Not two: each may hold a file's text and numbers in memory. Close it to end the thread before all is used.
    """
    with ThreadPoolExecutor(1, thread_name_prefix=thread) as pool:
        waiting: deque[Future[Made]] = deque()
        for each in of:
            waiting.append(pool.submit(make, each))
            if len(waiting) > 1:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
