"""The week above the board: a tile for every kind of market worth a look, and the sentence made of the same tiles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from core.pages.addresses import Address
from core.templatetags.numbers import written
from core.words import Words
from cot.pages.board_query import LABELS, BoardPageQuery
from cot.selectors.tiles import KINDS, Tile
from cot.standing_words import ordinal, standing
from cot.words import SIDES

NAMED: Final = 2  # markets of a kind that the sentence names
LONGEST: Final = 158  # letters that fit one line of a wide screen
CHOSEN: Final = ("state", "side", "min_change_sd", "main")  # what the filter of a tile may say
DROPPED: Final = (
    "q",
    "category",
    "sector",
    "signal",
    "min_oi",
    "watched",
    "open",
)  # a tile counts all of its universe

Market = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A tile as a link: what it counts, each market with what makes it one of them, or that there is none."""

    label: Words
    count: str
    markets: Sequence[tuple[str, str]]
    nothing: str
    href: str
    current: bool


def shown_tiles(
    tiles: Iterable[Tile], watched: int, asked: BoardPageQuery, address: Address
) -> list[ShownTile]:
    """Each leads to the markets it counts; the one whose markets are shown leads back to all."""
    return [_shown(tile, watched, asked, address) for tile in tiles]


def _shown(tile: Tile, watched: int, asked: BoardPageQuery, address: Address) -> ShownTile:
    kind = KINDS[tile.kind]
    own = kind.universe == "watch"
    current = own == (asked.universe == "watch") and all(
        getattr(asked, name) == getattr(kind, name) for name in CHOSEN
    )
    chosen = dict.fromkeys((*DROPPED, *CHOSEN), "") | ({} if current else kind.said())
    count = written(tile.count)
    if own:
        count = _("%(n)s of %(all)s at an extreme") % {"n": count, "all": written(watched)}
    return ShownTile(
        label=LABELS[tile.kind],
        count=count if watched or not own else "",
        markets=[(market["plain_name"], SAYS[tile.kind](market)) for market in tile.markets],
        nothing=_("A star before a market puts it here") if own and not watched else _none(tile),
        href=address.to(**chosen),
        current=current,
    )


def _none(tile: Tile) -> str:
    if tile.scored is None:
        return _("no market")
    text = ngettext(
        "none of the %(n)s market with scores", "none of the %(n)s markets with scores", tile.scored
    )
    return text % {"n": tile.scored}


# --- what is said of a market in a tile ---


def _crowded(market: Market) -> str:
    """98th · new, 98th · 5 w."""
    return f"{ordinal(market['spec_rank_1y'])} · {_for(market['weeks_at_extreme'])}"


def _for(weeks: int) -> str:
    return pgettext("at the extreme", "new") if weeks == 1 else _("%(n)s w") % {"n": weeks}


def _light(market: Market) -> str:
    z = written(market["spec_z_1y"], 1, sign=True)
    return f"{SIDES[market['state_side']]} · z {z}"


def _moved(market: Market) -> str:
    return _("%(change)s %% of OI") % {
        "change": written(market["spec_change_pct_oi"], 1, sign=True)
    }


def _stands(market: Market) -> str:
    return str(standing(market["state"], market["state_side"]))


SAYS: Final[Mapping[str, Callable[[Market], str]]] = {
    "crowded_long": _crowded,
    "crowded_short": _crowded,
    "light": _light,
    "moves": _moved,
    "turning": _stands,
    "own": _stands,
}


# --- the sentence ---


def sentence(tiles: Iterable[Tile]) -> str:
    """What is crowded, what is unusually light, what flipped, the first two of each; one where that is too long."""
    by_kind = {tile.kind: tile for tile in tiles}
    text = _sentence(by_kind, NAMED)
    return text if len(text) <= LONGEST else _sentence(by_kind, 1)


def _sentence(tiles: Mapping[str, Tile], most: int) -> str:
    long, short, light = (
        _joined([market["plain_name"] for market in tiles[kind].markets[:most]])
        for kind in ("crowded_long", "crowded_short", "light")
    )
    flips = [_flipped(market) for market in tiles["turning"].markets if market["state"] == "flip"]
    said = [
        _crowding(long, short),
        _("unusually light in %(names)s") % {"names": light} if light else "",
        *flips[:1],
    ]
    text = "; ".join(filter(None, said)) or _("no market stands at an extreme")
    return f"{text[0].upper()}{text[1:]}."


def _crowding(long: str, short: str) -> str:
    if long and short:
        return _("crowded long in %(long)s, short in %(short)s") % {"long": long, "short": short}
    if long:
        return _("crowded long in %(names)s") % {"names": long}
    return _("crowded short in %(names)s") % {"names": short} if short else ""


def _flipped(market: Market) -> str:
    is_long = market["state_side"] == "long"
    text = _("%(name)s flipped long") if is_long else _("%(name)s flipped short")
    return text % {"name": market["plain_name"]}


def _joined(names: Sequence[str]) -> str:
    if len(names) < NAMED:
        return "".join(names)
    return _("%(first)s and %(second)s") % {"first": names[0], "second": names[1]}
