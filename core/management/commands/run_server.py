"""`manage.py run_server`: the web server alone."""

from __future__ import annotations

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import CommandParser

from core.commands import HouseCommand


class Command(HouseCommand):
    help = "Serves pages and API; jobs run in a worker of their own (see `up`)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.API_HOST)
        parser.add_argument("--port", type=int, default=settings.API_PORT)
        parser.add_argument("--reload", action="store_true", help="start again on every saved file")

    def handle(self, *args: Any, **options: Any) -> None:
        uvicorn.run(
            "equilibrium.asgi:application",
            host=options["host"],
            port=options["port"],
            reload=options["reload"],
            lifespan="off",
            access_log=False,  # every request is logged once, with its id, by our own middleware
            log_level="warning",
            proxy_headers=False,  # TRUSTED_PROXIES decides whom we believe
            timeout_graceful_shutdown=20,
        )
