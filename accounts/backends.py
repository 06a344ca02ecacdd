"""How a sign-in by password finds its person: allauth's backend, one hash per attempt."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from accounts.models import User


class PersonBackend(AuthenticationBackend):
    """E-mail or user name plus password.

    allauth tries a login as a user name and again as an address, which costs known people a second hash and tells
    them apart by time; here the person is found first and exactly one hash runs.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        person: User | None = self._check_password(
            User.objects.by_login(login), credentials["password"]
        )
        return person
