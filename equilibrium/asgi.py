"""ASGI entry point: `uvicorn equilibrium.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equilibrium.settings")
# Read by libpq. Only here: no page may keep PostgreSQL busy for longer, while a job may.
os.environ.setdefault("PGOPTIONS", "-c statement_timeout=30s")
application = get_asgi_application()
