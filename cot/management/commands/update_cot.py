"""Download, check and store the CFTC's reports."""

from __future__ import annotations

import json
import logging
import re
import sys
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, Final

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.commands import HouseCommand
from core.models import JobRun
from core.progress import Display
from cot.api import static_json
from cot.pipeline import update
from cot.pipeline.plan import Options
from cot.pipeline.summary import FileDone, Started, Summary
from cot.variants import REPORTS, VARIANTS

FIRST_YEAR: Final = 1986
EXIT: Final = {JobRun.Status.OK: 0, JobRun.Status.LOCKED: 2}


def years(text: str) -> tuple[int, ...]:
    """ "2021" or "2006-2026" as years; ValueError for anything else."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    if not match:
        raise ValueError(text)
    first, last = int(match[1]), int(match[2] or match[1])
    if not FIRST_YEAR <= first <= last <= FIRST_YEAR + 200:
        raise ValueError(text)
    return tuple(range(first, last + 1))


def log_file(path: str) -> str:
    """A file that can be written to; ArgumentTypeError says why it cannot."""
    try:
        with open(path, "a", encoding="utf-8"):
            return path
    except OSError as problem:
        raise ArgumentTypeError(f"{path}: {problem.strerror}") from problem


class Command(HouseCommand):
    help = "Download, check and store the CFTC's reports; a second run over the same files changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source",
            default="",
            help="folder or base address in place of cftc.gov; https://publicreporting.cftc.gov, or any"
            " address that ends in /resource, is the API of the Public Reporting Environment",
        )
        parser.add_argument(
            "--file", action="append", default=[], dest="files", help="one file (repeatable)"
        )
        parser.add_argument("--type", action="append", choices=list(REPORTS), dest="types")
        parser.add_argument("--subtype", action="append", choices=["fo", "co"], dest="subtypes")
        parser.add_argument("--years", type=years, help="2021 or 2006-2026")
        parser.add_argument(
            "--force", action="store_true", help="ask for everything again; writes only differences"
        )
        parser.add_argument("--no-prices", action="store_false", dest="prices")
        parser.add_argument("--no-export", action="store_false", dest="export")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, write nothing"
        )
        parser.add_argument("--json", action="store_true", help="print only the summary object")
        parser.add_argument("--verbose", action="store_true")
        parser.add_argument("--log-file", type=log_file)

    def handle(self, **given: Any) -> None:
        quiet = given["json"]
        if quiet:
            _logs_to_stderr()
        _log_to(given["log_file"], verbose=given["verbose"] or given["verbosity"] > 1)
        with nullcontext(None) if quiet else Display(self.stdout) as display:
            summary = update.run(
                options=_options(given),
                on_progress=_Shown(display) if display else None,
                publish=static_json.publish if given["export"] else None,
            )
        if quiet:
            self.stdout.write(json.dumps(summary.as_dict()))
        else:
            self.report(summary)
        if code := EXIT.get(JobRun.Status(summary.status), 1):
            sys.exit(code)

    def report(self, summary: Summary) -> None:
        """What a person wants to know: rows per variant, what failed, how it ended."""
        for key, counts in summary.variants.items():
            self.stdout.write(
                f"{key}: {counts.rows} rows, {counts.inserted} new, {counts.updated} changed, "
                f"{counts.unchanged} unchanged, {counts.quarantined} set aside"
            )
            if counts.error:
                self.stderr.write(f"{key}: {counts.error}")
        if summary.status == JobRun.Status.LOCKED:
            self.stderr.write(_("Another update is running."))
        if summary.error:
            self.stderr.write(summary.error)
        self.stdout.write(f"{summary.status} in {summary.seconds:.1f} s")


def _options(given: dict[str, Any]) -> Options:
    chosen = tuple(
        variant
        for variant in VARIANTS.values()
        if variant.type in (given["types"] or REPORTS)
        and variant.subtype in (given["subtypes"] or ("fo", "co"))
    )
    return Options(
        variants=chosen,
        years=given["years"],
        source=given["source"],
        files=tuple(given["files"]),
        force=given["force"],
        prices=given["prices"],
        dry_run=given["dry_run"],
    )


def _logs_to_stderr() -> None:
    """With --json nothing but the summary may stand on standard output."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is sys.stdout:
            handler.setStream(sys.stderr)


def _log_to(path: str | None, *, verbose: bool) -> None:
    logger = logging.getLogger("cot")
    if verbose:
        logger.setLevel(logging.DEBUG)
    if path:
        handler = logging.FileHandler(path, encoding="utf-8")
        handler.setLevel(logging.DEBUG)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)


class _Shown:
    """What the pipeline tells, on a display: a bar for each variant, a line for each file."""

    def __init__(self, display: Display) -> None:
        self.display = display
        self.totals: Mapping[str, int] = {}
        self.done: Counter[str] = Counter()

    def __call__(self, event: Started | FileDone) -> None:
        if isinstance(event, Started):
            self.totals = {part: total for part, total in event.totals.items() if total}
            for part, total in self.totals.items():
                self.display.progress(0, total, part=part)
            return
        part = event.variant if event.variant in self.totals else "files"
        self.done[part] += 1
        line = f"{event.path}  {event.status}  {event.rows} rows  {event.seconds:.2f} s  {event.reason}"
        self.display.line(line.rstrip())
        self.display.progress(self.done[part], self.totals.get(part), part=part)
