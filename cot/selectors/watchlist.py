"""A person's own list of markets: read, add, remove."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import Conflict
from cot.errors import UnknownMarket
from cot.models import Market, WatchItem

LONGEST: Final = 200


class WatchlistFull(Conflict):
    code = "watchlist_full"
    message = _("The watch list holds at most 200 markets.")


def codes(user: User) -> list[str]:
    """The watched codes in the person's own order."""
    return list(WatchItem.objects.filter(user=user).values_list("market_id", flat=True))


def personal(user: User) -> dict[str, list[str]]:
    """What this module keeps of a person."""
    return {"watched_markets": codes(user)}


def watch(*, user: User, code: str) -> None:
    """Put a market on the list; twice changes nothing. Raises UnknownMarket, WatchlistFull."""
    watch_all(user=user, codes=[code])


@transaction.atomic
def watch_all(*, user: User, codes: Sequence[str]) -> None:
    """Put markets at the end of the list, in this order, or none of them; those on it stay where they are.

    Raises UnknownMarket, WatchlistFull.
    """
    known = set(Market.objects.filter(pk__in=codes).values_list("pk", flat=True))
    for code in codes:
        if code not in known:
            raise UnknownMarket(code)
    # two requests at once must not pass the limit together
    User.objects.select_for_update().get(pk=user.pk)
    mine = dict(WatchItem.objects.filter(user=user).values_list("market_id", "position"))
    added = [code for code in dict.fromkeys(codes) if code not in mine]
    if added and len(mine) + len(added) > LONGEST:
        raise WatchlistFull
    first = max(mine.values(), default=-1) + 1
    WatchItem.objects.bulk_create(
        WatchItem(user=user, market_id=code, position=first + place)
        for place, code in enumerate(added)
    )


def unwatch(*, user: User, code: str) -> None:
    """Take a market off the list; twice changes nothing. Raises UnknownMarket."""
    if not Market.objects.filter(pk=code).exists():
        raise UnknownMarket(code)
    WatchItem.objects.filter(user=user, market_id=code).delete()
