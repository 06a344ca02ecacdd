"""`manage.py createsuperuser`: what `create_admin` does, under the name that Django's own command has."""

from __future__ import annotations

from accounts.management.commands.create_admin import Command

__all__ = ["Command"]
