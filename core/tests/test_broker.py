"""Handing tasks to a broker that may be away."""

from __future__ import annotations

import threading
from contextlib import suppress
from queue import Empty

import pytest
from django.db import connection, transaction
from kombu import Connection
from kombu.exceptions import OperationalError

from core import broker, connections
from core.broker import Messenger


class Task:
    """Stands in for a Celery task; `away` makes its broker fail."""

    name = "task"

    def __init__(self):
        self.away, self.taken, self.asked = False, [], threading.Event()

    def delay(self, *arguments, **named):
        self.asked.set()
        if self.away:
            raise OperationalError
        self.taken.append(arguments or named)


@pytest.fixture
def task():
    return Task()


def said(task):
    assert task.asked.wait(5)
    task.asked.clear()


def test_a_task_is_handed_over_beside_who_asked(task):
    Messenger().soon(task, "a")
    said(task)
    assert task.taken == [("a",)]


def test_a_broker_that_failed_is_left_alone_for_a_while(task):
    messenger, task.away = Messenger(), True
    messenger.soon(task, "a")
    said(task)
    while not messenger._rests_until:
        pass
    for _ in range(100):
        messenger.soon(task, "b")
    assert not task.asked.wait(0.1)
    messenger._rests_until, task.away = 0.0, False
    messenger.soon(task, "c")
    said(task)
    assert task.taken == [("c",)]


def test_a_worker_never_sees_a_message_before_it_is_whole(tmp_path):
    options = {
        "data_folder_in": str(tmp_path),
        "data_folder_out": str(tmp_path),
        "control_folder": str(tmp_path),
    }
    payload = {"body": "x" * 100_000}
    with (
        Connection(
            "filesystem://", transport="core.file_broker:Transport", transport_options=options
        ) as there,
        Connection(
            "filesystem://", transport="core.file_broker:Transport", transport_options=options
        ) as here,
    ):
        writing, reading = there.channel(), here.channel()
        writer = threading.Thread(
            target=lambda: [writing._put("night", payload) for _ in range(200)]
        )
        writer.start()
        found = []
        while writer.is_alive() or reading._size("night"):
            with suppress(Empty):
                found.append(reading._get("night"))
        writer.join()
    assert found == [payload] * 200
    assert not list(tmp_path.iterdir())


@pytest.mark.django_db
def test_who_asks_now_is_told_whether_it_was_taken(task):
    assert broker.ask(task, trigger="admin") is True
    task.away = True
    assert broker.ask(task, trigger="admin") is False
    assert task.taken == [{"trigger": "admin"}]


@pytest.mark.django_db(transaction=True)
def test_a_connection_is_given_back_before_something_slow_but_never_inside_a_transaction():
    with transaction.atomic(), connection.cursor():
        connections.release()
        assert connection.connection is not None
    connections.release()
    assert connection.vendor == "sqlite" or connection.connection is None


@pytest.mark.django_db
def test_an_administrator_reads_that_a_job_cannot_be_asked_for(web, admin, monkeypatch):
    """Both places that start a job: neither is an error."""
    monkeypatch.setattr("celery.app.task.Task.delay", no_broker)
    for address, body in (
        ("/admin/core/jobrun/start/", {"job": "purge"}),
        ("/cot/data/update/", {}),
    ):
        page = web(admin).post(address, body, follow=True)
        assert page.status_code == 200
        assert "their broker does not answer" in page.content.decode()


def no_broker(*arguments, **named):
    raise OperationalError
