"""What tests of accounts ask of an answer or a browser."""

from __future__ import annotations


def status_and_code(answer):
    """The status of an API answer and the code of its error."""
    return (answer.status_code, answer.json()["error"]["code"])


def is_signed_in(browser):
    """Whether the own profile opens, or leads to the sign-in page."""
    return browser.get("/accounts/profile/").status_code == 200
