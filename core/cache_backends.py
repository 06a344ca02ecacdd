"""Where cached values live: Redis that may die without anybody noticing, and the database. JSON only, no pickles."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = logging.getLogger(__name__)

# After a failure Redis is left alone this long: a dead host would cost each request a time-out.
REST_SECONDS: Final = 5.0
WARN_SECONDS: Final = 60.0
SWEEP_ONE_IN: Final = 200


class JsonSerializer:
    """Values as JSON text; whole numbers bare, so that Redis can count them up."""

    def dumps(self, value: Any) -> int | str:
        return value if type(value) is int else json.dumps(value, allow_nan=False)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class Health:
    """What this process knows of one Redis: until when to leave it alone, when it last warned."""

    def __init__(self) -> None:
        self.rests_until = 0.0
        self.warned_at = -WARN_SECONDS

    def failed(self, error: Exception) -> None:
        now = time.monotonic()
        self.rests_until = now + REST_SECONDS
        if now - self.warned_at >= WARN_SECONDS:
            self.warned_at = now
            log.warning("Redis does not answer (%s); going on without it", type(error).__name__)


_HEALTH: Final[dict[str, Health]] = {}
_CLIENTS: Final[dict[str, RedisCacheClient]] = {}


def guarded(name: str) -> Callable[..., Any]:
    """The method `name` of Redis, or of the spare backend while Redis does not answer."""

    def method(self: GuardedRedis, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self.health.rests_until:
            try:
                return getattr(RedisCache, name)(self, *args, **kwargs)
            except (RedisError, OSError) as error:
                self.health.failed(error)
        return getattr(self.spare, name)(*args, **kwargs)

    return method


class GuardedRedis(RedisCache):
    """Redis with a spare (`OPTIONS["spare"]`, a backend's path): a dead Redis is never an error."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = dict(params.get("OPTIONS", {}))
        self.spare: BaseCache = import_string(options.pop("spare"))("", params)
        super().__init__(server, {**params, "OPTIONS": options})
        self.server = server
        self.options = {
            "serializer": JsonSerializer,
            "socket_connect_timeout": 0.5,
            "socket_timeout": 1.0,
            "retry": Retry(NoBackoff(), 0),
            **options,
        }
        self.health = _HEALTH.setdefault(server, Health())

    @property
    def _cache(self) -> RedisCacheClient:
        # Shared by all threads: Django makes a cache object per request under ASGI, and each would open a connection.
        if self.server not in _CLIENTS:
            _CLIENTS[self.server] = RedisCacheClient([self.server], **self.options)
        return _CLIENTS[self.server]

    def ping(self) -> None:
        """Raises when Redis itself does not answer, whatever the spare can do."""
        self._cache.get_client().ping()

    add = guarded("add")
    get = guarded("get")
    set = guarded("set")
    touch = guarded("touch")
    delete = guarded("delete")
    get_many = guarded("get_many")
    has_key = guarded("has_key")
    incr = guarded("incr")
    set_many = guarded("set_many")
    delete_many = guarded("delete_many")

    def clear(self) -> None:
        """Forget what this alias keeps, in Redis and in the spare; the broker's messages in the same Redis stay."""
        self.spare.clear()
        with suppress(RedisError, OSError):
            client = self._cache.get_client(write=True)
            keys = list(client.scan_iter(match=self.make_key("*"), count=1000))
            for start in range(0, len(keys), 1000):
                client.unlink(*keys[start : start + 1000])


class DatabaseJson(BaseCache):
    """Counters shared by all processes without Redis, one statement per call; old rows are swept now and then."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        text = (
            self._live().filter(pk=self._key(key, version)).values_list("value", flat=True).first()
        )
        return default if text is None else json.loads(text)

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        rows = self._rows()
        rows.bulk_create(
            [
                rows.model(
                    self._key(key, version),
                    json.dumps(value, allow_nan=False),
                    self._expiry(timeout),
                )
            ],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["value", "expires"],
        )
        if random.randrange(SWEEP_ONE_IN) == 0:  # noqa: S311  (no secret hangs on it)
            rows.filter(expires__lte=timezone.now()).delete()

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Compare-and-set: of all processes that add one key at once, one is told True."""
        name = self._key(key, version)
        fields = {"value": json.dumps(value, allow_nan=False), "expires": self._expiry(timeout)}
        try:
            with transaction.atomic():
                self._rows().filter(pk=name, expires__lte=timezone.now()).delete()
                return bool(self._rows().get_or_create(pk=name, defaults=fields)[1])
        except IntegrityError:  # somebody else's, given back before it could be read
            return False

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        rows = self._live().filter(pk=self._key(key, version))
        return bool(rows.update(expires=self._expiry(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._rows().filter(pk=self._key(key, version)).delete()[0])

    def clear(self) -> None:
        self._rows().all().delete()

    def _key(self, key: str, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)

    def _expiry(self, timeout: Any) -> datetime | None:
        end = self.get_backend_timeout(timeout)
        return None if end is None else datetime.fromtimestamp(end, UTC)

    @staticmethod
    def _rows() -> Any:
        # The settings name this module, so it is read before the models can be.
        from core.models import CacheEntry  # noqa: PLC0415

        return CacheEntry.objects

    def _live(self) -> Any:
        return self._rows().filter(Q(expires=None) | Q(expires__gt=timezone.now()))
