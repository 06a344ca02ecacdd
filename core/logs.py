"""How log lines look, where they go, and what never stands in them."""

from __future__ import annotations

import logging
import re
import sys
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Final

import filelock
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SECRET_NAMES: Final = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api_?key|\bcode\b|otp", re.I
)
# What may stand inside a message or a trace: each is replaced wherever it occurs.
SCRUBBED: Final = (
    (
        re.compile(r"\b([A-Za-z0-9])[A-Za-z0-9._%+-]*@([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"),
        r"\1***@\2",
    ),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "[token]"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 [token]"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), r"\1:[secret]@"),
    (
        re.compile(
            r"(?i)([\w-]*(?:password|secret|token|api_?key|sessionid|csrf\w*)[\w-]*[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;]+"
        ),
        r"\1[secret]",
    ),
    (re.compile(r"(?i)\b((?:code|otp)[\"']?\s*(?:[=:]|is)\s*[\"']?)\d{4,8}\b"), r"\1[code]"),
)


def scrub(text: str) -> str:
    """The text without e-mail addresses, tokens, passwords and codes."""
    for pattern, instead in SCRUBBED:
        text = pattern.sub(instead, text)
    return text


def scrubber(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor on every line: no value leaves with a secret in it."""
    return {name: _clean(name, value) for name, value in event.items()}


FIRST: Final = (
    "time",
    "level",
    "message",
    "request_id",
    "method",
    "path",
    "status",
    "latency_ms",
    "user_id",
)


def fields_in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """structlog processor: what one looks for first stands first."""
    return {name: event[name] for name in FIRST if name in event} | dict(event)


def _clean(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name) and value is not None:
        return "[secret]"
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {key: _clean(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", inner) for inner in value]
    return value if isinstance(value, int | float | bool | None) else scrub(str(value))


# Lines of structlog and of the standard library pass the same way.
SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.format_exc_info,
]


FILE_BYTES: Final = 10 * 1024 * 1024
KEPT_FILES: Final = 5


class TurnedFile(WatchedFileHandler):
    """One file for all processes: whoever finds it full turns it, the others follow by its inode.

    A file that cannot be written costs its lines and one sentence on standard error, never the work that logs.
    """

    def __init__(self, filename: str, *, size: int = FILE_BYTES, kept: int = KEPT_FILES) -> None:
        super().__init__(filename, delay=True, encoding="utf-8")
        self.path, self.size, self.kept = Path(filename), size, kept
        self.is_failing = False

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._turn_when_full()
            super().emit(record)
        except OSError:
            self.handleError(record)

    def flush(self) -> None:
        super().flush()
        self.is_failing = False  # what was written ends a failure: the next one is told again

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        problem = sys.exception()
        if not isinstance(problem, OSError):
            super().handleError(record)
        elif not self.is_failing:
            self.is_failing = True
            sys.stderr.write(f"{self.path} is not written: {problem.strerror}\n")

    def _open(self) -> Any:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

    def _turn_when_full(self) -> None:
        if not self._is_full():
            return
        with filelock.FileLock(self.path.with_suffix(".lock")):
            if not self._is_full():  # another process came first
                return
            for number in range(self.kept - 1, 0, -1):
                if (older := self._numbered(number)).exists():
                    older.replace(self._numbered(number + 1))
            self.path.replace(self._numbered(1))

    def _is_full(self) -> bool:
        try:
            return self.path.stat().st_size >= self.size
        except FileNotFoundError:  # not begun, or another process turns it at this moment
            return False

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def configure(
    *, level: str, folder: Path | None, readable: bool, console: bool = True
) -> dict[str, Any]:
    """Django's LOGGING: JSON lines to standard output, coloured text where `readable`; to `app.log` in `folder` too.

    Without `console` to the file alone, where there is one.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    file = {}
    if folder:
        name = str(folder / "app.log")
        file = {"file": {"()": TurnedFile, "filename": name, "formatter": "json"}}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": _formatter(structlog.processors.JSONRenderer(ensure_ascii=False)),
            "console": _formatter(
                structlog.dev.ConsoleRenderer(event_key="message", timestamp_key="time")
            ),
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "console" if readable else "json",
            },
            **file,
        },
        "root": {
            "handlers": [*(["console"] if console or not file else []), *file],
            "level": level,
        },
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # Our own line says status and path of each request; these two repeat it, with the query string.
            "django.request": {"level": "ERROR"},
            "uvicorn.access": {"handlers": [], "level": "WARNING", "propagate": False},
            "httpx": {"level": "WARNING"},
        },
    }


def _formatter(renderer: Processor) -> dict[str, Any]:
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.EventRenamer("message"),
            scrubber,
            fields_in_order,
            renderer,
        ],
    }
