"""How a sign-in by password finds its person: allauth's backend, one hash per attempt."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from accounts.bridge import pending_codes
from accounts.models import EmailRequest, Status, User
from core.api import is_api


class PersonBackend(AuthenticationBackend):
    """E-mail or user name plus password.

    allauth tries a login as a user name and again as an address, which costs known people a second hash and tells
    them apart by time; here the person is found first and exactly one hash runs.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        person = User.objects.by_login(login)
        # Looked for whoever it is: neither the work nor the answer's Vary tells that an account is unconfirmed.
        address = person.email if person else login
        asked = pending_codes.sign_up_of(request, address) if request is not None else None
        if request is not None and person is not None and person.status == Status.UNVERIFIED:
            return self._check_sign_up(request, person, asked, credentials["password"])
        known: User | None = self._check_password(person, credentials["password"])
        return known

    def _check_sign_up(
        self, request: HttpRequest, person: User, asked: EmailRequest | None, password: str
    ) -> User | None:
        """Before the address is confirmed, the password still waits with the sign-up."""
        self._did_check_password = True
        waiting = asked.payload.get("password") if asked else None
        if not check_password(password, waiting or person.password):
            return None
        if asked and not is_api(request):  # the code that the page now mails confirms this sign-up
            pending_codes.password_was_right(request, asked)
        return person
