"""Bounds on guessing that lock nobody else out.

Failures are counted per account and network, so a stranger's do not stand in the owner's way. Many failures on one
account close it only to browsers and networks it was never entered from, and only to passwords: mailed code, passkey
and reset stay open. A browser that was signed in has tries and mails of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest
from django.utils import timezone

from accounts.errors import TooManyAttempts
from accounts.letters import mail
from accounts.models import Purpose, RefreshToken, User
from accounts.proofs import known_browsers
from accounts.proofs.clients import network_of
from accounts.proofs.places import NoneFree, Room, give_back, take_all

QUARTER, HOUR, DAY = 15 * 60, 3600, 24 * 3600
REMEMBERED = timedelta(days=30)


def network(request: HttpRequest) -> str:
    """The network that a request comes from."""
    return network_of(get_adapter(request).get_client_ip(request))


def near(request: HttpRequest, user: User | None) -> str:
    """Who is counted together: a browser known to this account, else everybody of a network."""
    browser = known_browsers.number_of(request, user) if user else None
    return f"browser {browser}" if browser else network(request)


def networks_of(user: User) -> set[str]:
    """The networks this person came in from lately."""
    since = timezone.now() - REMEMBERED
    tokens = RefreshToken.objects.filter(user=user, created_at__gt=since)
    sessions = UserSession.objects.filter(user=user, last_seen_at__gt=since)
    seen = {network_of(ip) for ip in sessions.values_list("ip", flat=True)}
    return seen | set(tokens.values_list("network", flat=True))


@contextmanager
def counted(room: Room, failure: type[Exception]) -> Iterator[None]:
    """What happens inside takes a place if it ends with `failure`; success frees the room. Raises TooManyAttempts."""
    try:
        place = room.take()
    except NoneFree as full:
        raise TooManyAttempts(full.wait) from None
    try:
        yield
    except failure:
        raise
    except BaseException:
        give_back([place])
        raise
    room.clear()


def sign_ins(request: HttpRequest, user: User) -> Room:
    """Wrong passwords of a person at the sign-in."""
    return _passwords(str(user.pk), near(request, user))


def proofs(user: User) -> Room:
    """Wrong passwords of somebody signed in, from wherever: a stolen token guesses no more with many addresses."""
    return _passwords(str(user.pk), "signed in")


def mailed_proofs(user: User) -> Room:
    """Wrong mailed codes of somebody signed in, from wherever."""
    return Room(f"mailed proof|{user.pk}", 5, QUARTER)


def new_addresses(user: User) -> Room:
    """Wrong codes for another address of the account."""
    return Room(f"new address|{user.pk}", 5, QUARTER)


def factors(user: User) -> Room:
    """Wrong codes of the second factor; whoever gets this far knows the password, so they count together."""
    return Room(f"factor|{user.pk}", 5, QUARTER)


def _passwords(account: str, place: str) -> Room:
    return Room(f"password|{account}|{place}", 5, QUARTER)


class SignInTry:
    """One sign-in by password: places are taken before the password is compared. Raises TooManyAttempts."""

    def __init__(self, request: HttpRequest, login: str) -> None:
        user = User.objects.by_login(login)
        account = str(user.pk) if user else User.objects.canonical(login)
        here, place = network(request), near(request, user)
        self.own, self.taken = _passwords(account, place), list[str]()
        rooms = [self.own]
        if user is None or (place == here and here not in networks_of(user)):
            everywhere = Room(f"password|{account}", 50, HOUR)
            spread = Room(f"spread|{here}|{account}", 1, QUARTER)
            accounts = Room(f"accounts|{here}", 5, QUARTER)
            failures = Room(f"failures|{here}", 20, QUARTER)
            if wait := min(accounts.wait(), failures.wait()):
                raise TooManyAttempts(wait)
            if wait := everywhere.wait():
                if user:
                    tell_of_guesses(user)
                raise TooManyAttempts(wait)
            rooms += [everywhere]
            if not failures.wait():
                rooms += [failures]
            if not spread.wait() and not accounts.wait():
                rooms += [spread, accounts]
        try:
            self.taken = take_all(*rooms)
        except NoneFree as full:
            raise TooManyAttempts(full.wait) from None

    def give_back(self) -> None:
        """It was no failure."""
        give_back(self.taken)

    def succeeded(self) -> None:
        """The failures of this account from here are forgotten too."""
        give_back(self.taken)
        self.own.clear()


def tell_of_guesses(user: User) -> None:
    """The owner reads once a day that somebody guesses their password."""
    try:
        Room(f"told-of-guesses|{user.pk}", 1, DAY).take()
    except NoneFree:
        return
    mail.send("guesses", user)


def may_mail(request: HttpRequest, email: str, purpose: Purpose) -> bool:
    """Takes the place of one mail with a code: three a quarter of an hour and network, ten an hour and address.

    A browser known to the account has three of its own. False when there is none: the answer stays the same.
    """
    email = User.objects.canonical(email)
    user = User.objects.by_login(email) if "@" in email else None
    place, here = near(request, user), network(request)
    rooms = [Room(f"mail|{purpose}|{email}|{place}", 3, QUARTER)]
    if place == here:
        rooms.append(Room(f"mail|{email}", 10, HOUR))
    try:
        take_all(*rooms)
    except NoneFree:
        return False
    return True
