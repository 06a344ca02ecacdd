"""What tests of accounts ask of an answer or a browser."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from django.utils import timezone


def status_and_code(answer):
    """The status of an API answer and the code of its error."""
    return (answer.status_code, answer.json()["error"]["code"])


def adopt(client, answer):
    """The client goes on with the tokens of this answer."""
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {answer.json()['access_token']}")


def later(**time):
    """Inside, so much time has passed: a sign-in is no proof any more after five minutes."""
    return time_machine.travel(timezone.now() + timedelta(**time), tick=False)


def is_signed_in(browser):
    """Whether the own profile opens, or leads to the sign-in page."""
    return browser.get("/accounts/profile/").status_code == 200
