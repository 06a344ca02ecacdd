"""What docs/adding-a-module.md has one add to `equilibrium/settings.py`."""

from equilibrium.settings import *  # noqa: F403

INSTALLED_APPS += ["tests.notes"]  # noqa: F405
ROOT_URLCONF = "tests.notes.site"
