"""ASGI entry point: `uvicorn equilibrium.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equilibrium.settings")
application = get_asgi_application()
