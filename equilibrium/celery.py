"""The Celery application: `celery -A equilibrium worker`, `celery -A equilibrium beat`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "equilibrium.settings")

app = Celery("equilibrium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
