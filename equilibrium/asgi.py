"""ASGI entry point: `uvicorn equilibrium.asgi:application`."""

from __future__ import annotations

import os
from typing import Any

import django
from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.http.response import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equilibrium.settings")
# Read by libpq. Only here: no page may keep PostgreSQL busy for longer, while a job may.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=30s")


class Handler(ASGIHandler):
    """Django's own, but a request is handed to a thread once, with all its middleware.

    Every view and middleware of ours is synchronous, while Django would hand most of them over and back one by one, 19
    times a request (`bench/bench_throughput.py`). An answer may still be a stream that an async generator writes.
    """

    _middleware_chain: Any

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)
        self._middleware_chain = sync_to_async(self._middleware_chain)

    async def send_response(self, response: HttpResponseBase, send: Any) -> None:
        """An answer that cannot be written is closed like any other, or its connection would never come back."""
        try:
            await super().send_response(response, send)
        except Exception:
            await sync_to_async(response.close)()
            raise


django.setup(set_prefix=False)
application = Handler()
