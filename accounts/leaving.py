"""Leaving: an account is removed two weeks after its owner asked, and stays usable until then."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone, translation

from accounts import services, upkeep
from accounts.errors import LastAdmin
from accounts.letters import delivery, mail
from accounts.models import User
from core.errors import NotFound
from core.templatetags import numbers

log = logging.getLogger(__name__)
GRACE = timedelta(days=14)


class NotAllRemoved(Exception):
    """Accounts are still there whose time is over; the log says why of each."""

    def __init__(self, gone: int, failed: int) -> None:
        super().__init__(f"{failed} accounts due to be removed could not be; {gone} were.")


@transaction.atomic
def plan(user: User, *, keep_family: uuid.UUID | None, keep_session: str | None) -> User:
    """The account ends in two weeks; other sign-ins end now, and a mail says so. Asked twice, the first date stays.

    The sign-in that asks goes on as `services.end_sign_ins` says. Raises LastAdmin: one administrator must stay.
    """
    user = services.lock_keeping_an_admin(user)
    services.end_sign_ins(user, keep_family=keep_family, keep_session=keep_session)
    if user.deletion_at is None:
        user.deletion_at = timezone.now() + GRACE
        user.save(update_fields=["deletion_at", "updated_at"])
        mail.send("deletion_planned", user, day=_last_day(user, user.deletion_at))
    return user


def _last_day(user: User, end: datetime) -> str:
    """The day of the end as the person writes it, on the clock they chose."""
    with translation.override(delivery.language_of(user)):
        return numbers.day(end.astimezone(ZoneInfo(user.timezone)).date())


@transaction.atomic
def keep(user: User) -> User:
    """The account stays; without a planned end nothing changes."""
    user = User.objects.locked().get(pk=user.pk)
    if user.deletion_at is not None:
        user.deletion_at = None
        user.save(update_fields=["deletion_at", "updated_at"])
        mail.send("deletion_called_off", user)
    return user


def remove_due() -> int:
    """Removes the accounts whose two weeks are over, longest due first; how many. The only administrator stays.

    One that cannot be removed keeps no other. Raises NotAllRemoved after all were tried.
    """
    gone, failed, now = 0, 0, timezone.now()
    for user in User.objects.filter(deletion_at__lte=now).order_by("deletion_at", "pk"):
        try:
            gone += _remove(user, now)
        except LastAdmin:
            log.warning("An account due to be removed is that of the last administrator: it stays")
        except NotFound:
            continue  # removed meanwhile
        except Exception:
            failed += 1
            log.exception("The account %s is due to be removed and could not be", user.pk)
    if failed:
        raise NotAllRemoved(gone, failed)
    return gone


@transaction.atomic
def _remove(user: User, now: datetime) -> bool:
    """Whether it went: not when its owner called it off while others were removed. Raises LastAdmin, NotFound."""
    user = services.lock_keeping_an_admin(user)
    due = user.deletion_at is not None and user.deletion_at <= now
    if due:
        upkeep.erase(user)
    return due
