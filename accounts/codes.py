"""Six-digit codes sent by e-mail: made, stored keyed-hashed, tried, killed.

A code serves one purpose of one person once; the fifth wrong try kills it, and so does a newer one of its purpose.
With three codes in a quarter of an hour, guessing hits with at most 0.144 % a day.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.errors import InvalidCode
from accounts.models import EmailCode, Purpose, User

LIFE = {
    Purpose.VERIFY: timedelta(minutes=10),
    Purpose.LOGIN: timedelta(minutes=5),
    Purpose.RESET: timedelta(minutes=10),
}
TRIES = 5


@transaction.atomic
def issue(user: User, purpose: Purpose) -> str:
    """A new code; the earlier one of the same purpose dies. Of two asked for at once, the later one lives."""
    User.objects.locked().get(pk=user.pk)
    kill(user, purpose)
    code = f"{secrets.randbelow(10**6):06d}"
    EmailCode.objects.create(
        user=user,
        purpose=purpose,
        code_hmac=keyed_hash(user, purpose, code),
        expires_at=timezone.now() + LIFE[purpose],
    )
    return code


def kill(user: User, *purposes: Purpose) -> None:
    """Makes the living codes of these purposes (none named: of all) worthless."""
    live = EmailCode.objects.filter(user=user, used_at=None)
    if purposes:
        live = live.filter(purpose__in=purposes)
    live.update(used_at=timezone.now())


def redeem(user: User | None, purpose: Purpose, code: str) -> User:
    """Uses the code up and returns its person. Raises InvalidCode: wrong, late, used, killed by five tries, nobody."""
    if user is None or not _try(user, purpose, code):
        raise InvalidCode
    return user


@transaction.atomic
def _try(user: User, purpose: Purpose, code: str) -> bool:
    now = timezone.now()
    row = (
        EmailCode.objects.select_for_update()
        .filter(user=user, purpose=purpose, used_at=None)
        .first()
    )
    if row is None or row.expires_at <= now:
        return False
    right = constant_time_compare(row.code_hmac, keyed_hash(user, purpose, code))
    row.attempts += 1
    if right or row.attempts >= TRIES:
        row.used_at = now
    row.save(update_fields=["attempts", "used_at"])
    return right


def keyed_hash(user: User, purpose: Purpose, code: str) -> str:
    """HMAC-SHA-256 under the server's key, bound to purpose and person."""
    return salted_hmac(
        "accounts.codes", f"{purpose}|{user.pk}|{code}", algorithm="sha256"
    ).hexdigest()
