"""What tests of accounts share: mail arrives at once, and the code in it can be read."""

from __future__ import annotations

import re

import pytest
from celery import current_app as celery
from django.db import transaction

from conftest import PASSWORD
from core import broker


@pytest.fixture(autouse=True)
def mail_at_once(monkeypatch, settings):
    """A test's own transaction never commits, so what waits for the commit runs now, and tasks run in place."""
    monkeypatch.setattr(transaction, "on_commit", lambda job, using=None, robust=False: job())
    monkeypatch.setattr(broker, "soon", lambda task, *arguments: task.delay(*arguments))
    celery.conf.task_always_eager = True


@pytest.fixture
def post(api):
    """`post("auth/login", email=…)` sends JSON to the API; `client=` carries cookies and tokens along."""

    def send(path, *, client=None, headers=None, **body):
        return (client or api()).post(f"/api/v1/{path}", body, format="json", headers=headers)

    return send


@pytest.fixture
def code(mailoutbox):
    """`code()` is the six digits of the newest mail, which must hold exactly one such number."""

    def read(mail=None):
        (found,) = re.findall(r"\b[0-9]{6}\b", (mail or mailoutbox[-1]).body)
        return found

    return read


@pytest.fixture
def sign_in(post):
    """`sign_in("owner")` answers a completed password sign-in."""

    def login(name, **options):
        answer = post("auth/login", login=name, password=PASSWORD, **options)
        assert answer.status_code == 200, answer.content
        return answer

    return login
