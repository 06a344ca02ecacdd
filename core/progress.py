"""How far a command is: a bar with an estimate at a terminal, a plain line every few seconds where nobody watches."""

from __future__ import annotations

import sys
import time
from typing import Final, Self

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

LINE_SECONDS: Final = 5.0


class Display:
    """`with Display(self.stdout) as display: display.progress(3, 12, "c.zip", part="disagg_fo")`."""

    def __init__(self, out: OutputWrapper) -> None:
        self.out = out
        self.bars = _bars() if out.isatty() else None
        self._tasks: dict[str, TaskID] = {}
        self._written = time.monotonic()

    def __enter__(self) -> Self:
        if self.bars:
            self.bars.start()
        return self

    def __exit__(self, *problem: object) -> None:
        if self.bars:
            self.bars.stop()

    def progress(
        self, done: int, total: int | None = None, note: str = "", *, part: str = ""
    ) -> None:
        """So many of so many; work of several parts has a bar for each."""
        if self.bars:
            if part not in self._tasks:
                self._tasks[part] = self.bars.add_task(part, total=total)
            self.bars.update(self._tasks[part], completed=done, total=total)
        elif time.monotonic() - self._written >= LINE_SECONDS:
            numbers = f"{done:,}" if total is None else f"{done:,} of {total:,}"
            self.line("  ".join(filter(None, [part, numbers, note])))

    def line(self, text: str) -> None:
        """A line that stays, above the bars. Where there are none it is sign of life enough."""
        self._written = time.monotonic()
        if self.bars:
            self.bars.console.print(text, highlight=False, markup=False)
        else:
            self.out.write(text)


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(file=sys.stdout),
    )
