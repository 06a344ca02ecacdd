"""Blocks about what is held: standing, net, scores, flow, open interest, both sides, distribution, lookbacks."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.pages.blocks import THIRD, WIDE, Block, Series, Tone
from core.words import Words
from cot import words
from cot.pages import charts
from cot.pages.blocks import Given, moved, number, observations, scored, side, why


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
        width=WIDE,
    )


def net(given: Given) -> Block:
    key = given.board.key
    groups = given.history.variant.report.groups
    return Block(
        "net",
        _("Net positions"),
        _("Long less short of every group, contracts; the chosen group is the strong line."),
        "gk_net",
        _("%(group)s %(side)s, %(rank)s, %(moved)s.")
        % {
            "group": _(given.group.name),
            "side": side(key.net.value),
            "rank": scored(given),
            "moved": moved(key.net.change),
        },
        rows=given.board.dates,
        series=[given.series(_(group.name), f"{group.key}_net", signed=True) for group in groups],
        figure=charts.net_positions(
            given.days,
            [(group.key, _(group.name), given.columns[f"{group.key}_net"]) for group in groups],
            given.group.key,
        ),
        width=WIDE,
        size="tall",
    )


def score(given: Given) -> Block:
    key = given.board.key
    bounds = (given.thresholds.buy, given.thresholds.sell)
    return Block(
        "score",
        _("COT index and rank"),
        _("Net of %(group)s against the last %(n)s.")
        % {"group": _(given.group.name), "n": given.observations},
        "index_gk_n",
        _("Index %(index)s, %(rank)s; the range is %(range)s contracts wide.")
        % {"index": number(key.index, 1), "rank": scored(given), "range": number(key.range)},
        rows=given.board.dates,
        series=[
            given.series(_("Index"), f"index_{given.group.key}", 1),
            given.series(_("Rank"), f"rank_{given.group.key}", 1),
            given.series(_("z"), f"z_{given.group.key}", 2, signed=True),
        ],
        figure=charts.scores(
            given.days, given.of("index_"), given.of("rank_"), given.group.key, bounds
        ),
        width=THIRD,
        size="tall",
    )


def flow(given: Given) -> Block:
    key = given.board.key
    leg = words.FLOWS.get(key.flow or "") or _("no leg, %(why)s") % {"why": why(given, "flow")}
    return Block(
        "flow",
        _("Net position flow"),
        _("What moved net each week: longs added above the line, shorts added below it."),
        "flow",
        _("Last week: %(leg)s. Longs %(long)s, shorts %(short)s, net %(net)s.")
        % {
            "leg": leg,
            "long": moved(key.long.change),
            "short": moved(key.short.change),
            "net": moved(key.net.change),
        },
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


def interest(given: Given) -> Block:
    measure = given.board.key.open_interest
    return Block(
        "interest",
        _("Open interest"),
        _("All open contracts, and the change the CFTC prints."),
        "open_interest",
        _("Open interest %(value)s, %(moved)s (%(pct)s %% of it), rank %(rank)s over %(n)s.")
        % {
            "value": number(measure.value),
            "moved": moved(measure.change),
            "pct": number(measure.change_pct, 1, sign=True),
            "rank": number(measure.rank, 1),
            "n": given.observations,
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
        width=THIRD,
    )


def distribution(given: Given) -> Block:
    found = given.board.distribution
    spans = [
        f"{number(low)} … {number(high)}"
        for low, high in zip(found.edges, found.edges[1:], strict=False)
    ]
    return Block(
        "distribution",
        _("Distribution"),
        _("How often net of %(group)s stood where in the last %(n)s; the bright bar is now.")
        % {"group": _(given.group.name), "n": given.observations},
        "distribution",
        _("Now in bar %(bar)s of %(bars)s, which holds %(count)s of %(n)s weeks.")
        % {
            "bar": (found.marked or 0) + 1,
            "bars": len(found.counts),
            "count": found.counts[found.marked] if found.marked is not None else 0,
            "n": found.n,
        },
        rows=spans,
        head=_("Net, contracts"),
        series=[
            Series(_("Weeks"), found.counts),
            Series(
                _("Now"),
                ["●" if place == found.marked else "" for place in range(len(found.counts))],
            ),
        ],
        figure=charts.distribution(found.edges, found.counts, found.marked),
        width=THIRD,
    )


def lookbacks(given: Given) -> Block:
    rows = given.board.triple
    best = [
        f"{number(row.rank, 1)} ({row.size or _('all')})" for row in rows if row.rank is not None
    ]
    return Block(
        "triple",
        _("Triple lookback"),
        _("The same net against one, three and five years."),
        "triple",
        _("Rank %(ranks)s.") % {"ranks": ", ".join(best)} if best else _("No window is full yet."),
        rows=[observations(row.size) for row in rows],
        head=_("Window"),
        series=[
            Series(_("Rank"), [row.rank for row in rows], 1, tone="score"),
            Series(_("Index"), [row.index for row in rows], 1, tone="score"),
            Series("z", [row.z for row in rows], 2, signed=True),
            Series(_("Have"), [row.n for row in rows]),
        ],
        width=THIRD,
    )
