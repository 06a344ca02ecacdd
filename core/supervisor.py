"""Runs the parts of the product side by side in one terminal: when one that should stay ends, all end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import IO

POLL_SECONDS = 0.2
GRACE_SECONDS = 25  # a web server finishes its requests within 20 s


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """A command to run. With `finished` it is expected to end: it gets the exit code and may name what runs next."""

    name: str
    argv: Sequence[str]
    finished: Callable[[int], Program | None] | None = None


class Terminated(BaseException):
    """Someone sent SIGTERM."""


def run_together(
    programs: Sequence[Program],
    *,
    say: Callable[[str], None],
    each_poll: Callable[[], None],
    variables: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> int:
    """Until one program that should stay ends (1), Ctrl-C (130) or SIGTERM (0); whatever still runs is stopped.

    Each gets our environment, in which `variables` take the place of what stands there, and prints to `output`, or
    where we do.
    """
    start = partial(_start, environment=os.environ | (variables or {}), output=output)
    # Set both: a shell that starts us in the background would have Ctrl-C ignored, by us and by all we start.
    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, _terminate),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    running: dict[Program, subprocess.Popen[bytes]] = {}
    try:
        for program in programs:
            running[program] = start(program)
        ended = _wait(running, each_poll, start)
        say(f"{ended.name} stopped with exit code {running[ended].returncode}; stopping the rest.")
        return 1
    except KeyboardInterrupt:
        return 130
    except Terminated:
        return 0
    finally:
        # Whoever stops us may say so twice, `timeout` and make do: the second time must not end the stopping.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _stop(running)
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise Terminated


def _start(
    program: Program, *, environment: Mapping[str, str], output: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    # A session of its own, so that Ctrl-C reaches only us and each child is stopped once, in order.
    return subprocess.Popen(  # noqa: S603 our own commands
        program.argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env=environment,
    )


def _wait(
    running: dict[Program, subprocess.Popen[bytes]],
    each_poll: Callable[[], None],
    start: Callable[[Program], subprocess.Popen[bytes]],
) -> Program:
    """The first program to end that should have stayed."""
    while True:
        for program in [p for p, child in running.items() if child.poll() is not None]:
            if program.finished is None:
                return program
            code = running.pop(program).returncode
            if following := program.finished(code):
                running[following] = start(following)
        each_poll()
        time.sleep(POLL_SECONDS)


def _stop(running: dict[Program, subprocess.Popen[bytes]]) -> None:
    for program, child in running.items():
        # A command that is at work ends cleanly on Ctrl-C; a server on SIGTERM.
        child.send_signal(signal.SIGINT if program.finished else signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for child in running.values():
        try:
            child.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
