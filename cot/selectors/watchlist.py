"""A person's own list of markets: read, add, remove."""

from __future__ import annotations

from typing import Final

from django.db import transaction
from django.db.models import Max
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


@transaction.atomic
def watch(*, user: User, code: str) -> None:
    """Put a market on the list; twice changes nothing. Raises UnknownMarket, WatchlistFull."""
    _known(code)
    User.objects.select_for_update().get(
        pk=user.pk
    )  # two requests at once must not pass the limit together
    mine = WatchItem.objects.filter(user=user)
    if mine.filter(market_id=code).exists():
        return
    if mine.count() >= LONGEST:
        raise WatchlistFull
    last = mine.aggregate(last=Max("position"))["last"]
    WatchItem.objects.create(user=user, market_id=code, position=0 if last is None else last + 1)


def unwatch(*, user: User, code: str) -> None:
    """Take a market off the list; twice changes nothing. Raises UnknownMarket."""
    _known(code)
    WatchItem.objects.filter(user=user, market_id=code).delete()


def _known(code: str) -> None:
    if not Market.objects.filter(pk=code).exists():
        raise UnknownMarket(code)
