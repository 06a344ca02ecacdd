"""Counters and computed answers with Redis, with a dead Redis and without one."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from redis import Connection, Redis

from core import cache_backends
from core.cache_backends import DatabaseJson
from core.caching import cached
from core.models import CacheEntry
from core.tests.redis_server import Server

pytestmark = pytest.mark.django_db

DATABASE = "core.cache_backends.DatabaseJson"
VALUES = [1, -5, True, False, "текст", "7", [1, [2.5, None]], {"a": {"b": []}}, 1.5, ""]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not on this machine")
    server = Server(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def redis(server, settings, monkeypatch):
    """Both aliases on a real, empty Redis, spares as in the settings."""
    if server.process.poll() is not None:
        server.start()
    Redis.from_url(server.url).flushall()
    monkeypatch.setattr(cache_backends, "_HEALTH", {})
    settings.CACHES = {
        alias: {
            "BACKEND": "core.cache_backends.GuardedRedis",
            "LOCATION": server.url,
            "KEY_PREFIX": alias,
            "OPTIONS": {"spare": spare},
        }
        for alias, spare in (
            ("default", DATABASE),
            ("data", "django.core.cache.backends.dummy.DummyCache"),
        )
    }
    return server


@pytest.fixture
def database(settings):
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": DATABASE}}
    return caches["default"]


@pytest.fixture(params=["redis", "database"])
def store(request):
    """The alias `default` both ways: they must not differ."""
    request.getfixturevalue(request.param)
    return caches["default"]


@pytest.mark.parametrize("value", VALUES)
def test_a_value_comes_back_as_it_was_put_in(store, value):
    store.set("key", value, 60)
    back = store.get("key")
    assert back == value
    assert type(back) is type(value)


def test_what_is_not_there_is_the_default(store):
    assert store.get("nothing") is None
    assert store.get("nothing", 5) == 5


def test_a_value_ends_with_its_time(store):
    store.set("key", 1, 1)
    store.set("ever", 2, None)
    assert store.get("key") == 1
    time.sleep(1.1)
    assert store.get("key") is None
    assert store.get("ever") == 2


def test_only_the_first_add_counts(store):
    """allauth takes its locks this way."""
    assert store.add("lock", True, 60) is True
    assert store.add("lock", True, 60) is False
    assert store.delete("lock") is True
    assert store.add("lock", True, 60) is True


def test_an_ended_lock_can_be_added_again(store):
    assert store.add("lock", 1, 1)
    time.sleep(1.1)
    assert store.add("lock", 2, 60)
    assert store.get("lock") == 2


def test_counting_touching_and_clearing(store):
    store.set("n", 5, 60)
    assert store.incr("n") == 6
    assert store.get("n") == 6
    assert store.touch("n", 120) is True
    assert store.touch("nothing", 120) is False
    store.clear()
    assert store.get("n") is None


def test_ended_rows_are_swept(database, monkeypatch):
    monkeypatch.setattr(cache_backends.random, "randrange", lambda _n: 0)
    database.set("old", 1, -1)
    database.set("new", 1, 60)
    assert [row.key for row in CacheEntry.objects.all()] == [":1:new"]


def test_a_read_and_a_write_in_the_database_are_one_query_each(database, django_assert_num_queries):
    with django_assert_num_queries(1):
        database.set("key", [1], 60)
    with django_assert_num_queries(1):
        assert database.get("key") == [1]


def test_nothing_is_pickled_in_redis_and_keys_have_an_end(redis):
    caches["default"].set("key", {"a": [1]}, 60)
    cached(["market"], depends_on=["cot"], seconds=600, compute=lambda: {"net": 5})
    client = Redis.from_url(redis.url)
    stored = {key: client.get(key) for key in client.scan_iter()}
    assert sorted(stored.values()) == [b'"{\\"net\\":5}"', b'{"a": [1]}']
    assert all(0 < client.ttl(key) <= 600 for key in stored)


def test_clearing_leaves_what_others_keep_in_the_same_redis(redis):
    """The broker's messages, and the other alias."""
    client = Redis.from_url(redis.url)
    client.set("celery", "a message")
    caches["default"].set("count", 1, 60)
    caches["data"].set("answer", 1, 60)
    caches["data"].clear()
    assert caches["data"].get("answer") is None
    assert (caches["default"].get("count"), client.get("celery")) == (1, b"a message")


def test_a_redis_killed_mid_run_is_never_an_error(redis, caplog):
    """Data is computed, counters go on in the database, one warning a minute."""
    runs = []

    def compute():
        runs.append(1)
        return "value"

    def read():
        return cached(["k"], depends_on=[], seconds=60, compute=compute)

    assert read() == read() == "value"
    assert runs == [1]
    redis.kill()
    with caplog.at_level(logging.WARNING):
        assert read() == read() == "value"
        assert runs == [1, 1, 1]
        caches["default"].set("count", 3, 60)
        assert caches["default"].get("count") == 3
        assert caches["default"].add("lock", 1, 60) is True
        assert caches["default"].add("lock", 1, 60) is False
    assert CacheEntry.objects.count() == 2
    assert (
        len([record for record in caplog.records if "Redis does not answer" in record.message]) == 1
    )


def test_a_dead_redis_costs_no_waiting(redis, monkeypatch):
    redis.kill()
    caches["data"].get("k")
    tried = []
    monkeypatch.setattr(Connection, "connect", tried.append)
    for _ in range(100):
        caches["data"].get("k")
    assert tried == [], "a hundred look-ups, and none of them asks for a connection"


def test_redis_is_used_again_when_it_is_back(redis):
    redis.kill()
    caches["data"].set("k", 1, 60)
    redis.start()
    caches["data"].health.rests_until = 0.0
    caches["data"].set("k", 2, 60)
    assert caches["data"].get("k") == 2


def test_the_api_answers_with_a_dead_redis(redis, client):
    redis.kill()
    assert client.get("/api/v1/nothing").status_code == 404
    assert client.get("/api/schema/").status_code == 200


def in_own_process(database, script):
    """What the product's own process prints, with its database in this file."""
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"import django; django.setup()\nfrom django.core.cache import cache\n{script}",
        ],
        cwd=settings.BASE_DIR,
        env={
            "DB_PATH": str(database),
            "LOG_DIR": str(database.parent),
            "DJANGO_SETTINGS_MODULE": "equilibrium.settings",
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


@pytest.mark.slow
def test_two_processes_share_one_counter(tmp_path):
    """Without Redis too: the second process sees what the first counted."""
    make_table = """
from django.db import connection
from core.models import CacheEntry
with connection.schema_editor() as editor:
    editor.create_model(CacheEntry)
"""
    database = tmp_path / "app.db"
    in_own_process(database, make_table + "cache.set('tries', [1.0, 2.0], 60)")
    assert in_own_process(database, "print(cache.get('tries'))") == "[1.0, 2.0]"


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="needs PostgreSQL: make test-postgres"
)
@pytest.mark.django_db(transaction=True)
def test_a_key_that_many_add_and_give_back_at_once_is_held_by_one_and_fails_for_nobody():
    """Whoever finds it taken is told so, also when it is given back before they can look at it."""
    cache, holding, most = DatabaseJson("", {}), [], []

    def adds_and_gives_back(me):
        for _ in range(40):
            if cache.add("lock", me, 60):
                holding.append(me)
                most.append(len(holding))
                holding.remove(me)
                cache.delete("lock")
        connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(adds_and_gives_back, range(6)))
    assert set(most) == {1}
