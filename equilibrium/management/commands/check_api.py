"""`manage.py check_api`: does the API of a running installation answer?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from core import modules
from core.commands import HouseCommand

SECONDS: Final = 20
OWN_ACCOUNT: Final = "/api/v1/auth/me"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one question brought: the status, or why there is none, and how long it took."""

    question: str
    ok: bool
    said: str
    seconds: float


class Command(HouseCommand):
    help = (
        "Asks a running installation for health, schema, a sign-in and one read of every module;"
        " exit 1 when one fails."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=settings.BACKEND_URL)
        parser.add_argument(
            "--email", default=settings.ADMIN_EMAIL, help="who signs in; ADMIN_EMAIL by default"
        )
        parser.add_argument("--password", help="ADMIN_PASSWORD by default")

    def handle(
        self, *args: Any, url: str, email: str, password: str | None, **options: Any
    ) -> None:
        password = password or settings.ADMIN_PASSWORD
        if not (email and password):
            raise CommandError(
                "Who signs in? Give --email and --password, or set ADMIN_EMAIL and ADMIN_PASSWORD."
            )
        answers = []
        with httpx.Client(base_url=url, timeout=SECONDS) as client:
            for answer in ask(client, email, password):
                answers.append(answer)
                mark = self.style.SUCCESS("ok    ") if answer.ok else self.style.ERROR("failed")
                self.stdout.write(
                    f"{mark} {answer.question:<12} {answer.said:<40} {answer.seconds * 1000:6.0f} ms"
                )
        if not all(answer.ok for answer in answers):
            sys.exit(1)


def ask(client: httpx.Client, email: str, password: str) -> Iterator[Answer]:
    """Every question in turn; what needs a token is asked only when the sign-in gave one."""
    yield _question(client, "health", "GET", "/health/")
    yield _question(client, "schema", "GET", "/api/schema/")
    credentials = {"email": email, "password": password}
    signed_in = _question(client, "sign-in", "POST", "/api/v1/auth/login", json=credentials)
    yield signed_in
    if signed_in.ok:
        yield _question(client, "own account", "GET", OWN_ACCOUNT)
        for module in modules.registered():
            for path in module.api_reads:
                yield _question(client, str(module.title).lower(), "GET", path)


def _question(client: httpx.Client, name: str, method: str, path: str, **body: Any) -> Answer:
    start = time.perf_counter()
    try:
        response = client.request(method, path, **body)
    except httpx.HTTPError as problem:
        return Answer(
            name, False, f"{type(problem).__name__}: {problem}"[:80], time.perf_counter() - start
        )
    seconds = time.perf_counter() - start
    if name == "sign-in" and response.is_success:
        client.headers["Authorization"] = f"Bearer {response.json()['access_token']}"
    return Answer(name, response.is_success, f"{response.status_code} {path}", seconds)
