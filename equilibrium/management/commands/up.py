"""`manage.py up`: everything on one machine. Prepares what is missing, serves, runs the jobs, stops cleanly."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import IO, Any, cast

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db.models import Max

from accounts import services
from accounts.models import User
from core.commands import HouseCommand
from core.supervisor import Program, run_together
from cot.models import Market, Observation
from equilibrium.backup import scratch
from equilibrium.collected import collect

CFTC = "https://www.cftc.gov"
PROBE_SECONDS = 4
LOCKED = 2  # the exit code of update_cot while another run works
PRINTED = "up.log"
LETTERS_STAY = "accounts.letters.local_mail.LocalMail"
DEMO = "demo: invented, and labelled so on every page"


class Command(HouseCommand):
    help = "Migrates, makes the first administrator, loads data if there is none, serves and runs the jobs."

    user = how = data = ""  # rows of the box
    is_announced = False

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
        self.first_admin()
        own = {"API_PORT": str(port)}  # the address in mails follows it
        if settings.LOCAL:  # elsewhere they are collected with the program
            own["STATIC_ROOT"] = settings.STATIC_ROOT or str(settings.VAR_DIR / "static")
            self.stdout.write("Preparing styles and scripts …")
            collect(Path(own["STATIC_ROOT"]))
        programs = [web(port), worker(), *self.first_data(demo=demo and settings.DEMO_DATA)]
        self.port = port
        announced = once(lambda: answers(settings.API_HOST, port), self.announce)
        with printed() as output:
            if output:
                own["LOG_CONSOLE"] = "false"
            sys.exit(
                run_together(
                    programs,
                    say=self.stderr.write,
                    each_poll=announced,
                    variables=own,
                    output=output,
                )
            )

    def announce(self) -> None:
        """What a person needs to begin, in one box: nothing is written after it but that something went wrong."""
        # a passkey belongs to a name, and mails name the same
        host = "localhost" if settings.API_HOST == "127.0.0.1" else settings.API_HOST
        rows = {"User": self.user, "Password": self.how, "Data": self.data}
        if settings.LOG_DIR:
            rows["Log"] = f"{settings.LOG_DIR}: app.log, and {PRINTED} of what programs print"
        if settings.EMAIL_BACKEND == LETTERS_STAY:
            rows["Mail"] = (
                f"none is sent: letters and their codes are in {PRINTED} and on /staff/mail/"
            )
        title = f"{settings.APP_NAME} is at http://{host}:{self.port}"
        self.stdout.write(f"\n{box(title, rows, 'Ctrl-C stops it.')}\n")
        self.is_announced = True
        self.how = "shown above"

    def first_admin(self) -> None:
        """Make an administrator where there is none, and note how to sign in."""
        if first := User.objects.admins().order_by("created_at").first():
            forgotten = f"; forgotten: manage.py reset_user --email {first.email}"
            self.user = first.email
            self.how = f"the one you have{forgotten if settings.LOCAL else ''}"
        elif settings.ADMIN_PASSWORD or sys.stdin.isatty():
            self.stdout.write(
                "There is no administrator yet. Choose the address and password you will sign in with."
            )
            self.user = self.asked_admin()
            self.how = "that of ADMIN_PASSWORD" if settings.ADMIN_PASSWORD else "as you chose"
        elif settings.LOCAL:
            self.user = settings.ADMIN_EMAIL or "admin@localhost"
            made_up = f"Eq1-{secrets.token_urlsafe(12)}"
            services.create_admin(email=self.user, password=made_up)
            self.how = f"{made_up} (shown this once)"
        else:
            raise CommandError(
                "There is no administrator yet: set ADMIN_EMAIL and ADMIN_PASSWORD, or run create_admin. "
                "Outside ENV=local no password is made up and printed."
            )

    def asked_admin(self) -> str:
        """The address of the administrator that a person, or the environment, names."""
        while not (found := User.objects.admins().first()):
            try:
                call_command("create_admin", interactive=sys.stdin.isatty())
            except CommandError as error:
                if not sys.stdin.isatty():
                    raise
                self.stderr.write(str(error))
        return str(found.email)

    def first_data(self, *, demo: bool) -> list[Program]:
        """What loads the first data beside the web server; nothing when real reports are stored."""
        if (newest := newest_real()) is not None:
            self.data = f"real: the CFTC's reports up to {newest:%-d %b %Y}"
            return []
        if settings.COT_SOURCE_DIR or cftc_answers():
            source = settings.COT_SOURCE_DIR or CFTC
            self.data = f"real: reports from {source}; they load now, and pages fill meanwhile"
            return [
                Program(
                    "first load", command("update_cot"), lambda code: self.loaded(code, demo=demo)
                )
            ]
        self.stdout.write(f"{CFTC} does not answer from here.")
        if Observation.objects.exists():
            self.data = DEMO
            return []
        return [self.demo_data()] if demo else self.no_data(f"{CFTC} does not answer from here")

    def no_data(self, why: str) -> list[Program]:
        self.data = f"none: {why}; `manage.py update_cot` loads reports"
        return []

    def loaded(self, code: int, *, demo: bool) -> Program | None:
        """After the first load: where it brought nothing at all, the demo takes its place."""
        newest, following = newest_real(), None
        if newest is not None:
            gaps = "" if code in (0, LOCKED) else "; not all could be read: see the data page"
            self.data = f"real: the CFTC's reports up to {newest:%-d %b %Y}{gaps}"
        elif code == LOCKED:
            self.data = "real: another process loads the reports, and pages fill meanwhile"
        elif demo and not Observation.objects.exists():
            following = self.demo_data()
        else:
            self.no_data("the first load did not end well, the log says why")
        if code not in (0, LOCKED) and self.is_announced:
            self.announce()
        return following

    def demo_data(self) -> Program:
        self.data = DEMO
        return Program("demo", command("demo"), self.demo_loaded)

    def demo_loaded(self, code: int) -> None:
        if code:
            self.no_data("the demo could not be loaded, the log says why")
            if self.is_announced:
                self.announce()


def newest_real() -> date | None:
    """The newest report that is not of the demo."""
    if not Observation.objects.filter(source_file__is_demo=False).exists():
        return None
    # no demo stands beside real reports; the markets are a thousand rows, the reports a million
    return cast("date | None", Market.objects.aggregate(newest=Max("last_date"))["newest"])


@contextmanager
def printed() -> Iterator[IO[bytes] | None]:
    """The file for what the programs print, emptied at every start; None where logs go to the terminal anyway."""
    if not settings.LOG_DIR:
        yield None
        return
    settings.LOG_DIR.mkdir(parents=True, exist_ok=True)
    with Path(settings.LOG_DIR, PRINTED).open("wb") as file:
        yield file


def box(title: str, rows: Mapping[str, str], end: str) -> str:
    """A frame around a title, rows with a name each, and an end; as wide as its longest line."""
    lines = [title, ""]
    for name, text in rows.items():
        parts = wrap(text, 64, break_long_words=False, break_on_hyphens=False)
        lines += [f"{name if part is parts[0] else '':<10}{part}" for part in parts]
    lines += ["", end]
    width = max(map(len, lines))
    inner = (f"│ {line:<{width}} │" for line in lines)
    return "\n".join([f"╭{'─' * (width + 2)}╮", *inner, f"╰{'─' * (width + 2)}╯"])


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
