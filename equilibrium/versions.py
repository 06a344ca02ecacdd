"""The numbers behind every cache key: raised by whoever changes data, read by whoever caches (platform §7.1).

A version lives in the database, so new data shows at once in every process, with or without Redis.
"""

from __future__ import annotations

from django.db.models import F

from equilibrium.models import DataVersion


def numbers(*names: str) -> dict[str, int]:
    """The current number of each name in one query; 0 for data that was never written."""
    found = dict(DataVersion.objects.filter(name__in=names).values_list("name", "number"))
    return {name: found.get(name, 0) for name in names}


def bump(name: str) -> None:
    """Raise the number of `name` by one. Call it inside the writer's transaction: both show, or neither."""
    DataVersion.objects.get_or_create(name=name)
    DataVersion.objects.filter(name=name).update(number=F("number") + 1)
