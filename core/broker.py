"""Handing tasks to the broker, which may be away or hang: nobody's request fails or waits for it.

`soon` is for work that a row in the database asks for anyway: a lost message costs a moment, never the work. `ask` is
for a person who wants to know whether their wish was heard.
"""

from __future__ import annotations

import logging
import threading
import time
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, Final

from celery import Task
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from core.connections import release

log = logging.getLogger(__name__)

AWAY: Final = _("Jobs cannot be asked for at the moment: their broker does not answer. Try again.")
REST_SECONDS: Final = 5.0  # after a failure the broker is left alone this long
MOST_WAITING: Final = 1000


def ask(task: Task[Any, Any], **arguments: Any) -> bool:
    """Hands the task over now; False when the broker did not take it within its time-outs."""
    release()
    try:
        task.delay(**arguments)
    except (OperationalError, OSError) as error:
        log.error("The broker did not take %s (%s)", task.name, type(error).__name__)
        return False
    return True


class Messenger:
    """One thread per process that hands tasks over, so that who asks takes the same time whatever the broker does.

    While the broker does not answer, and when too many wait, messages are dropped: their rows are found again.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Context, Task[Any, Any], tuple[Any, ...]]] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._rests_until = 0.0

    def soon(self, task: Task[Any, Any], *arguments: Any) -> None:
        """Asks for the task; never fails, never waits."""
        if time.monotonic() < self._rests_until or self._asked.qsize() >= MOST_WAITING:
            return
        # the context carries the id of the request to the lines of the task
        self._asked.put((copy_context(), task, arguments))
        with self._starting:
            if self._thread is None or not self._thread.is_alive():  # a fork has no threads
                self._thread = threading.Thread(target=self._work, name="broker", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while True:
            context, task, arguments = self._asked.get()
            if time.monotonic() < self._rests_until:
                continue
            try:
                context.run(task.delay, *arguments)
            except Exception as error:
                self._rests_until = time.monotonic() + REST_SECONDS
                log.warning("The broker does not answer (%s); tasks wait", type(error).__name__)


soon: Final = Messenger().soon
