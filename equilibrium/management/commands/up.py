"""`manage.py up`: everything on one machine. Prepares what is missing, serves, runs the jobs, stops cleanly."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from accounts import services
from accounts.models import User
from core.commands import HouseCommand
from core.supervisor import Program, run_together
from cot.models import Observation
from equilibrium.backup import scratch

CFTC = "https://www.cftc.gov"
PROBE_SECONDS = 4
LOCKED = 2  # the exit code of update_cot while another run works


class Command(HouseCommand):
    help = "Migrates, makes the first administrator, loads data if there is none, serves and runs the jobs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.API_PORT)
        parser.add_argument(
            "--no-demo", action="store_false", dest="demo", help="never load the labelled demo data"
        )

    def handle(self, *args: Any, port: int, demo: bool, **options: Any) -> None:
        sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        refuse_busy_port(settings.API_HOST, port)
        self.stdout.write("Preparing the database …")
        scratch.clear(Path(settings.VAR_DIR), scratch.RESTORING)
        call_command("migrate", verbosity=0, interactive=False)
        login = self.first_admin()
        programs = [web(port), worker(), *self.first_data(demo=demo and settings.DEMO_DATA)]
        announced = once(
            lambda: answers(settings.API_HOST, port), lambda: self.announce(port, login)
        )
        # the address in mails follows the port
        own = {"API_PORT": str(port)}
        sys.exit(run_together(programs, say=self.stderr.write, each_poll=announced, variables=own))

    def announce(self, port: int, login: str) -> None:
        # a passkey belongs to a name, and mails name the same
        host = "localhost" if settings.API_HOST == "127.0.0.1" else settings.API_HOST
        address = self.style.SUCCESS(f"{settings.APP_NAME} is at http://{host}:{port}")
        self.stdout.write(f"\n{address}\n{login}\nCtrl-C stops it.\n\n")

    def first_admin(self) -> str:
        """Make an administrator where there is none; what to tell the person at the terminal."""
        if User.objects.admins().exists():
            return "Sign in with your account."
        if settings.ADMIN_PASSWORD or sys.stdin.isatty():
            self.stdout.write(
                "There is no administrator yet. Choose the address and password you will sign in with."
            )
            return self.asked_admin()
        if not settings.LOCAL:
            raise CommandError(
                "There is no administrator yet: set ADMIN_EMAIL and ADMIN_PASSWORD, or run create_admin. "
                "Outside ENV=local no password is made up and printed."
            )
        email, password = (
            settings.ADMIN_EMAIL or "admin@localhost",
            f"Eq1-{secrets.token_urlsafe(12)}",
        )
        services.create_admin(email=email, password=password)
        return f"Sign in as {email} with the password {password} (shown this once; change it in your profile)."

    def asked_admin(self) -> str:
        while not User.objects.admins().exists():
            try:
                call_command("create_admin", interactive=sys.stdin.isatty())
            except CommandError as error:
                if not sys.stdin.isatty():
                    raise
                self.stderr.write(str(error))
        return "Sign in with the address and password you chose."

    def first_data(self, *, demo: bool) -> list[Program]:
        """What loads the first data beside the web server; nothing when real reports are stored."""
        real = Observation.objects.filter(source_file__is_demo=False)
        if real.exists():
            return []
        if settings.COT_SOURCE_DIR or cftc_answers():
            self.stdout.write(
                f"Loading {settings.COT_YEARS} years of reports; pages fill while it runs."
            )
            return [
                Program(
                    "first load", command("update_cot"), lambda code: self.loaded(code, demo=demo)
                )
            ]
        self.stdout.write(f"{CFTC} does not answer from here.")
        return self.demo_data() if demo and not Observation.objects.exists() else []

    def loaded(self, code: int, *, demo: bool) -> Program | None:
        """After the first load: where it brought nothing at all, the demo takes its place."""
        if code == 0:
            self.stdout.write("First load: done.")
            return None
        if code == LOCKED:
            self.stdout.write(
                "Another process is loading the reports already; pages fill while it runs."
            )
            return None
        self.stderr.write(
            "The first load did not end well (see above); `manage.py update_cot` repeats it."
        )
        return self.demo_data()[0] if demo and not Observation.objects.exists() else None

    def demo_data(self) -> list[Program]:
        self.stdout.write("Loading demo data. It is invented and labelled so on every page.")
        return [Program("demo", command("demo"), self.demo_loaded)]

    def demo_loaded(self, code: int) -> None:
        self.stdout.write(
            "Demo data: done." if code == 0 else "The demo could not be loaded (see above)."
        )


def command(*words: str) -> list[str]:
    return [sys.executable, "manage.py", *words]


def web(port: int) -> Program:
    return Program("The web server", command("run_server", "--port", str(port)))


def worker() -> Program:
    """One worker with two threads; the beat runs inside it unless the scheduler is switched off."""
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    beat = ["-B"] if settings.SCHEDULER_ENABLED else []
    celery = [sys.executable, "-m", "celery", "-q", "-A", "equilibrium", "worker"]
    return Program("The worker", [*celery, *beat, "-P", "threads", "-c", "2", *quiet])


def refuse_busy_port(host: str, port: int) -> None:
    """A clear message now rather than a stack trace later."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"{host}:{port} cannot be used: {error.strerror}. Choose another port: make run PORT={port + 1}"
            ) from None


def answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def once(ready: Callable[[], bool], do: Callable[[], None]) -> Callable[[], None]:
    """Something to call again and again that does its work the first time it is ready."""
    waiting = [do]

    def check() -> None:
        if waiting and ready():
            waiting.pop()()

    return check


def cftc_answers() -> bool:
    """Whether the CFTC's site can be reached; any answer of its own counts."""
    try:
        return httpx.head(CFTC, timeout=PROBE_SECONDS, follow_redirects=True).status_code < 500
    except httpx.HTTPError:
        return False
