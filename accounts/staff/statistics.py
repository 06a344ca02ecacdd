"""Numbers about accounts for operators: totals as of now, and a period of at most 366 local days.

Sums agree: active and inactive people are all people, so are verified and unverified ones, and the days of the period
add up to its new registrations. People are counted by module through their own rows: what an administrator may open
without one is not counted.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db.models import Count, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ModulePermission, Role, Status, User
from core import modules
from core.errors import InvalidRange

LONGEST = 366
# beyond, the day after or the shift to UTC has no date
EARLIEST, LATEST = date(1970, 1, 1), date(9998, 12, 31)


@dataclass(frozen=True, slots=True)
class Day:
    """New accounts of one local day."""

    date: date
    count: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Totals as of now, and the registrations of a period by local day."""

    total_users: int
    active_users: int
    inactive_users: int
    verified_users: int
    unverified_users: int
    by_role: dict[str, int]
    by_permission: dict[str, int]
    period_from: date
    period_to: date
    new_registrations: int
    registrations_by_day: list[Day]


def today() -> date:
    """The day it is in ADMIN_STATS_TIMEZONE."""
    return timezone.localdate(timezone=zone())


def zone() -> zoneinfo.ZoneInfo:
    return zoneinfo.ZoneInfo(settings.ADMIN_STATS_TIMEZONE)


def statistics(date_from: date, date_to: date) -> Statistics:
    """All numbers in three queries. Raises InvalidRange."""
    if not (
        0 <= (date_to - date_from).days < LONGEST and date_from >= EARLIEST and date_to <= LATEST
    ):
        raise InvalidRange(
            ["date_from", "date_to"],
            _("A period of at most 366 days is needed that does not end before it begins."),
        )
    totals = User.objects.aggregate(
        total=Count("pk"),
        active=Count("pk", filter=Q(status=Status.ACTIVE)),
        verified=Count("pk", filter=Q(email_verified_at__isnull=False)),
        **{role: Count("pk", filter=Q(role=role)) for role in Role.values},
    )
    holders = dict(
        ModulePermission.objects.values_list("permission").annotate(Count("user", distinct=True))
    )
    days = registrations(date_from, date_to)
    return Statistics(
        total_users=totals["total"],
        active_users=totals["active"],
        inactive_users=totals["total"] - totals["active"],
        verified_users=totals["verified"],
        unverified_users=totals["total"] - totals["verified"],
        by_role={role: totals[role] for role in Role.values},
        by_permission={module: holders.get(module, 0) for module in modules.titles()},
        period_from=date_from,
        period_to=date_to,
        new_registrations=sum(day.count for day in days),
        registrations_by_day=days,
    )


def registrations(date_from: date, date_to: date) -> list[Day]:
    """New accounts of each local day, zero days included; a day of 23 or 25 hours is one day."""
    begin = datetime.combine(date_from, time.min, zone())
    end = datetime.combine(date_to + timedelta(days=1), time.min, zone())
    rows = User.objects.filter(created_at__gte=begin, created_at__lt=end)
    counts = dict(
        rows.values_list(TruncDate("created_at", tzinfo=zone())).annotate(Count("pk")).order_by()
    )
    span = range((date_to - date_from).days + 1)
    return [Day(day, counts.get(day, 0)) for day in (date_from + timedelta(days=n) for n in span)]
