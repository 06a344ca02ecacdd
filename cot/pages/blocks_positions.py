"""Blocks about what is held: standing, net, flow, open interest, both sides."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.pages.blocks import Block, Series, Tone
from core.words import Words
from cot import words
from cot.pages import charts
from cot.pages.blocks import Given, moved, number, scored, side, why
from cot.standing_words import percentile_of


def standing(given: Given) -> Block:
    """Every group in the newest week: who holds what, and how that compares."""
    groups = given.history.variant.report.groups
    newest = {name: values[-1] for name, values in given.columns.items()}

    def column(
        label: Words, pattern: str, digits: int = 0, *, signed: bool = False, tone: Tone = ""
    ) -> Series:
        return Series(
            label,
            [newest[pattern.format(k=group.key)] for group in groups],
            digits,
            signed,
            tone=tone,
        )

    largest = max(groups, key=lambda group: abs(newest[f"{group.key}_net"] or 0))
    return Block(
        "standing",
        _("Who holds what"),
        _("The newest report; index and rank over %(n)s.") % {"n": given.observations},
        "participants",
        _("The largest net position is that of %(group)s: %(side)s.")
        % {"group": _(largest.name), "side": side(newest[f"{largest.key}_net"])},
        rows=[_(group.name) for group in groups],
        head=_("Group"),
        series=[
            column(_("Long"), "{k}_long"),
            column(_("Short"), "{k}_short"),
            column(_("Net"), "{k}_net", signed=True, tone="sign"),
            column(_("Change"), "{k}_change", signed=True, tone="sign"),
            column(_("Net/OI %"), "{k}_pct_net_oi", 1, signed=True),
            column(_("Index"), "index_{k}", 1, tone="score"),
            column(_("Rank"), "rank_{k}", 1, tone="score"),
            column("z", "z_{k}", 2, signed=True),
        ],
    )


def net(given: Given) -> Block:
    """The figure of the page: net of the chosen group, or of all, over its scores."""
    key, chosen = given.board.key, given.group
    groups = given.history.variant.report.groups
    shown = groups if given.others else (chosen,)
    score = [
        given.series(_("Index"), f"index_{chosen.key}", 1),
        given.series(_("Rank"), f"rank_{chosen.key}", 1),
        given.series(_("z"), f"z_{chosen.key}", 2, signed=True),
    ]
    return Block(
        "net",
        _("Net positions and COT index"),
        _("The band holds nine tenths of the last %(n)s.") % {"n": given.observations},
        "gk_net",
        _(
            "%(group)s %(side)s, %(rank)s, %(moved)s; index %(index)s, the range is %(range)s contracts wide."
        )
        % {
            "group": _(chosen.name),
            "side": side(key.net.value),
            "rank": scored(given),
            "moved": moved(key.net.change),
            "index": number(key.index, 1),
            "range": number(key.range),
        },
        rows=given.board.dates,
        series=[
            *(given.series(_(group.name), f"{group.key}_net", signed=True) for group in groups),
            *score,
        ],
        figure=charts.net_and_scores(
            given.days,
            [(group.key, _(group.name), given.columns[f"{group.key}_net"]) for group in shown],
            chosen.key,
            _band(given),
            (given.of("index_"), given.of("rank_")),
            (given.thresholds.buy, given.thresholds.sell),
            (
                _("Net of %(group)s, contracts") % {"group": _(chosen.name)}
                if len(shown) == 1
                else _("Net, contracts"),
                _("Index and percentile of %(group)s, 0–100") % {"group": _(chosen.name)},
            ),
        ),
        size="tall",
    )


def _band(given: Given) -> charts.Band | None:
    """Over the observations it is made of."""
    band, key = given.board.band, given.board.key
    if key.first is None or key.last is None:
        return None
    return charts.Band(band.p5, band.p95, key.first.isoformat(), key.last.isoformat())


def flow(given: Given) -> Block:
    return Block(
        "flow",
        _("Net position flow"),
        _("What moved net each week: longs added above the line, shorts added below it."),
        "flow",
        _told_flow(given),
        rows=given.board.dates,
        series=[
            given.series(_("Change of longs"), f"{given.group.key}_change_long", signed=True),
            given.series(_("Change of shorts"), f"{given.group.key}_change_short", signed=True),
            given.series(_("Change of net"), f"{given.group.key}_change", signed=True),
            Series(
                _("Leg"),
                [words.FLOWS.get(word or "") for word in given.columns["flow"]],
                name="flow",
            ),
        ],
        figure=charts.flows(
            given.days, given.of("change_long"), given.of("change_short"), given.of("change")
        ),
    )


# What a side did, by the sign of its change.
_LONGS: Final[dict[int, Words]] = {
    1: gettext_lazy("Longs were raised by %(n)s"),
    0: gettext_lazy("Longs did not change"),
    -1: gettext_lazy("Longs were cut by %(n)s"),
}
_SHORTS: Final[dict[int, Words]] = {
    1: gettext_lazy("shorts were raised by %(n)s"),
    0: gettext_lazy("shorts did not change"),
    -1: gettext_lazy("shorts were cut by %(n)s"),
}
_NET: Final[dict[int, Words]] = {
    1: gettext_lazy("net rose by %(n)s"),
    0: gettext_lazy("net did not change"),
    -1: gettext_lazy("net fell by %(n)s"),
}


def _told_flow(given: Given) -> str:
    """Longs were cut by 2,640, shorts were raised by 120; net fell by 2,760."""
    key = given.board.key
    changes = (key.long.change, key.short.change, key.net.change)
    told = [
        str(words[(change > 0) - (change < 0)]) % {"n": number(abs(change))}
        for words, change in zip((_LONGS, _SHORTS, _NET), changes, strict=True)
        if change is not None
    ]
    if len(told) < len(changes):
        reason = why(given, f"{given.group.key}_change")
        return _("What this week changed is unknown: %(why)s.") % {"why": reason}
    longs, shorts, net = told
    return f"{longs}, {shorts}; {net}."


def interest(given: Given) -> Block:
    measure = given.board.key.open_interest
    return Block(
        "interest",
        _("Open interest"),
        _("All open contracts, and the change the CFTC prints."),
        "open_interest",
        _("Open interest %(value)s, %(moved)s (%(pct)s %% of it), %(rank)s.")
        % {
            "value": number(measure.value),
            "moved": moved(measure.change),
            "pct": number(measure.change_pct, 1, sign=True),
            "rank": _("no percentile: %(why)s") % {"why": words.reason("window")}
            if measure.rank is None
            else percentile_of(measure.rank, given.board.lookback),
        },
        rows=given.board.dates,
        series=[
            given.series(_("Open interest"), "open_interest"),
            given.series(_("Change"), "oi_change", signed=True),
        ],
        figure=charts.open_interest(
            given.days, given.columns["open_interest"], given.columns["oi_change"]
        ),
    )


def longs(given: Given) -> Block:
    return _one_side(given, "long", _("Long positions"))


def shorts(given: Given) -> Block:
    return _one_side(given, "short", _("Short positions"))


def _one_side(given: Given, part: str, title: str) -> Block:
    zone, measure = given.board.zones[part], getattr(given.board.key, part)
    return Block(
        f"{part}s",
        title,
        _("%(group)s; the band holds nine tenths of the last %(n)s.")
        % {"group": _(given.group.name), "n": given.observations},
        "zones",
        _("%(value)s contracts, %(moved)s, z %(z)s; the band runs from %(low)s to %(high)s.")
        % {
            "value": number(measure.value),
            "moved": moved(measure.change),
            "z": number(measure.z, 2, sign=True),
            "low": number(zone.p5),
            "high": number(zone.p95),
        },
        rows=given.board.dates,
        series=[
            given.series(title, f"{given.group.key}_{part}"),
            given.series(_("Change"), f"{given.group.key}_change_{part}", signed=True),
        ],
        figure=charts.side(given.days, given.of(part), zone.p5, zone.p95, part, title),
    )
