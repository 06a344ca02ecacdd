"""`manage.py jobs`: every job with its schedule and last run; `--run NAME` does one now, `--cancel NAME` ends one."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from core import jobs, runs
from core.commands import HouseCommand
from core.models import JobRun


class Command(HouseCommand):
    help = "Lists the jobs, when they are due and how they last went."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--run", metavar="NAME", help="do this job now; exit 2 when it is under way already"
        )
        parser.add_argument(
            "--cancel", metavar="NAME", help="ask the run of this name to end at its next step"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if name := options["run"]:
            self.run_now(name)
        elif name := options["cancel"]:
            self.cancel(name)
        else:
            self.list_all()

    def run_now(self, name: str) -> None:
        try:
            record = jobs.run(
                name,
                key=f"by hand {timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}",
                trigger=JobRun.Trigger.COMMAND,
            )
        except Exception as error:
            raise CommandError(f"{name}: {error}") from error
        self.stdout.write(
            f"{name}: {record.get_status_display()} {dict(record.result) or record.error}"
        )
        if record.status == JobRun.Status.LOCKED:
            sys.exit(2)

    def cancel(self, name: str) -> None:
        if runs.cancel(name) is None:
            raise CommandError(f"{name}: no run is under way.")
        self.stdout.write(f"{name}: asked to end; what is stored by then stays.")

    def list_all(self) -> None:
        last: dict[str, JobRun] = {}
        for run in JobRun.objects.order_by("started"):
            last[run.name] = run
        for row in PeriodicTask.objects.select_related("crontab", "interval").order_by(
            "task", "name"
        ):
            state = "on " if row.enabled else "off"
            ran = last.get(row.task)
            went = (
                f"{ran.started:%Y-%m-%d %H:%M} UTC {ran.get_status_display()}"
                if ran
                else "not run yet"
            )
            self.stdout.write(f"{state} {row.name:<32} {row.crontab or row.interval!s:<45} {went}")
