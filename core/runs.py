"""One record per run: opened before the work, kept up to date during it, closed however it ends.

A run holds the lock of its own name: whatever its record says, it works while the lock is held, and no longer. So any
other record of that name that still says "running" belongs to a process that was killed.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

from django.utils import timezone

from core.connections import reconnect
from core.locks import INSTANT, Lock, Locked, LockLost, is_free, named_lock
from core.models import JobRun

# A page asks every second or two; writing more often would be for nobody.
SAVE_SECONDS: Final = 1.0
INTERRUPTED: Final = "interrupted"


class Cancelled(Exception):
    """Somebody asked this run to end. Raised by `Run.progress`, between two steps: what is stored stays whole."""


class Run:
    """What a piece of work is given: here it says how far it is, what came of it, and hears that it should end."""

    def __init__(self, record: JobRun | None = None, *, within: Run | None = None) -> None:
        """Without a record nothing is kept and nobody can ask it to end; `within` is told of the progress too."""
        self.record = record
        self.within = within
        self.lock: Lock | None = None
        self.status: str = JobRun.Status.OK
        self.result: Mapping[str, Any] = {}
        self.error = ""
        self._progress: dict[str, Any] = {}
        self._saved: float | None = None

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        """So many of so many, and what was done last; kept at most once a second. Raises Cancelled, LockLost."""
        self.check()
        self._progress = {"done": done, "total": total, "note": note}
        if self.record is not None and not self._keep():
            raise Cancelled
        if self.within is not None:
            self.within.progress(done, total, note)

    def check(self) -> None:
        """Raises LockLost once another run may work beside this one. Also before a commit: what was begun is undone."""
        if self.record is not None and self.lock is not None and not self.lock.held():
            raise LockLost(self.record.name)
        if self.within is not None:
            self.within.check()

    def _keep(self) -> bool:
        """Write the progress if it is time to; whether the run may go on."""
        assert self.record is not None
        wanted = JobRun.objects.filter(pk=self.record.pk, cancel_asked=None)
        if self._saved is not None and time.monotonic() - self._saved < SAVE_SECONDS:
            return wanted.exists()
        self._saved = time.monotonic()
        return bool(wanted.update(progress=self._progress))

    def close(self) -> None:
        if self.record is not None:
            JobRun.objects.filter(pk=self.record.pk).update(
                status=self.status,
                result=dict(self.result),
                error=self.error,
                progress=self._progress,
                finished=timezone.now(),
            )
            self.record.refresh_from_db()


def on_record(name: str, *, trigger: str, options: Mapping[str, Any] | None = None) -> JobRun:
    """The record of a run that somebody asks for now; `working` does it."""
    return JobRun.objects.create(
        name=name,
        key=uuid.uuid4().hex,
        trigger=trigger,
        options=options or {},
        started=timezone.now(),
    )


@contextmanager
def working(record: JobRun, *, within: Run | None = None) -> Iterator[Run]:
    """Hold the lock of the record's name and close the record as the work left it, or as what stopped it says.

    Raises Locked while another run of that name works. A cancelled run ends quietly, its status says so; every other
    exception is recorded and goes on.
    """
    run = Run(record, within=within)
    try:
        with named_lock(record.name, patience=INSTANT) as run.lock:
            close_abandoned(record.name, but=record)
            _reopen(record)
            with _closing(run):
                yield run
    except Exception as error:
        if run.record is not None and run.record.finished is None:  # it never had the lock
            is_locked = isinstance(error, Locked)
            run.status = JobRun.Status.LOCKED if is_locked else JobRun.Status.FAILED
            run.error = str(error)
            run.close()
        raise


def _reopen(record: JobRun) -> None:
    """Between its first line and its lock a run looks like one that was killed, and somebody may have closed it."""
    closed = JobRun.objects.filter(pk=record.pk).exclude(status=JobRun.Status.RUNNING)
    closed.update(status=JobRun.Status.RUNNING, finished=None, error="")


@contextmanager
def _closing(run: Run) -> Iterator[None]:
    try:
        yield
    except Cancelled:
        run.status = JobRun.Status.CANCELLED
    except Locked as error:  # of another run that this one needs
        run.status, run.error = JobRun.Status.LOCKED, str(error)
        raise
    except BaseException as error:
        if isinstance(error, LockLost):
            reconnect()  # what ended the session of the lock ended ours too
        run.status = JobRun.Status.FAILED
        run.error = run.error or f"{type(error).__name__}: {error}"
        raise
    finally:
        run.close()


def close_abandoned(name: str, *, but: JobRun | None = None) -> int:
    """With the lock of `name` in hand: what still says "running" was killed; how many such."""
    left = JobRun.objects.of(name).under_way()
    if but is not None:
        left = left.exclude(pk=but.pk)
    return left.update(status=JobRun.Status.FAILED, finished=timezone.now(), error=INTERRUPTED)


def close_killed() -> int:
    """Close every record that says "running" although nobody holds its lock; how many such."""
    closed = 0
    for name in JobRun.objects.under_way().order_by().values_list("name", flat=True).distinct():
        with suppress(Locked), named_lock(name):
            closed += close_abandoned(name)
    return closed


def was_killed(record: JobRun) -> bool:
    """Whether its record says "running" and its lock says otherwise."""
    return record.status == JobRun.Status.RUNNING and is_free(record.name)


def cancel(name: str) -> JobRun | None:
    """Ask the run of `name` to end, which it does at its next step; None when none is under way.

    The record of a run that was killed is closed instead: its lock is free. One that has not taken its lock yet looks
    the same from here, so it is asked first, and hears it when it begins.
    """
    record = JobRun.objects.of(name).under_way().order_by("started").first()
    if record is None:
        return None
    JobRun.objects.filter(pk=record.pk, cancel_asked=None).update(cancel_asked=timezone.now())
    # with the lock in hand: else a run that begins just now would be closed as abandoned
    with suppress(Locked), named_lock(name):
        return None if close_abandoned(name) else record  # it heard, and ended meanwhile
    return record
