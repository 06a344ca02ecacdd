"""Blocks about the crowd: flips, velocity, power, divergence, concentration, sector, crop years."""

from __future__ import annotations

from django.utils.translation import gettext as _

from core.pages.blocks import Block, Series
from core.series.cells import Number
from core.templatetags.numbers import short_day
from cot import words
from cot.measures.states import RISK
from cot.pages import charts
from cot.pages.blocks import Given, number, why
from cot.standing_words import percentile


def bias(given: Given) -> Block:
    flips = given.board.flips
    last = flips[-1] if flips else None
    told = (
        _("The last flip: to net %(side)s on %(day)s, by %(size)s contracts.")
        % {
            "side": words.SIDES[last.side or "long"],
            "day": short_day(last.date),
            "size": number(last.size),
        }
        if last
        else _("Net did not change its sign in the range shown.")
    )
    newest = given.columns["bias"][-1]
    by_day = {flip.date: flip for flip in flips}
    return Block(
        "flips",
        _("Flips and bias"),
        _("Longs as a share of all positions of %(group)s; a triangle where net changed its sign.")
        % {"group": _(given.group.name)},
        "flip",
        _("Longs are %(bias)s %% of the positions. %(told)s")
        % {"bias": number(newest, 1), "told": told},
        rows=given.board.dates,
        series=[
            given.series(_("Long share, %"), "bias", 1),
            Series(
                _("Flip"),
                [
                    words.SIDES[by_day[d].side or "long"] if d in by_day else ""
                    for d in given.board.dates
                ],
            ),
        ],
        figure=charts.biases(
            given.days,
            given.columns["bias"],
            [flip.date.isoformat() for flip in flips],
            [flip.side or "long" for flip in flips],
        ),
    )


def velocity(given: Given) -> Block:
    values, warned = given.columns["velocity"], given.columns["velocity_warning"]
    against = (
        _("It works against the position.")
        if warned[-1]
        else _("It does not work against the position.")
    )
    return Block(
        "velocity",
        _("Velocity"),
        _("This week’s step of net less last week’s; strong where it works against the position."),
        "velocity",
        _("Velocity %(value)s contracts. %(against)s")
        % {"value": number(values[-1], sign=True), "against": against}
        if values[-1] is not None
        else _("No velocity: %(why)s.") % {"why": why(given, "velocity")},
        rows=given.board.dates,
        series=[
            given.series(_("Velocity"), "velocity", signed=True),
            Series(_("Against the position"), [_("yes") if warn else "" for warn in warned]),
        ],
        figure=charts.velocities(given.days, values, warned),
    )


def power(given: Given) -> Block:
    long, short = given.columns["power_long"], given.columns["power_short"]
    risks = [
        text
        for name, text in (
            ("long_liquidation_risk", _("risk of long liquidation")),
            ("short_squeeze_risk", _("risk of a short squeeze")),
        )
        if given.columns[name][-1]
    ]
    return Block(
        "power",
        _("Market power"),
        _("Share of open interest that %(group)s holds on each side; above %(limit)s %% is a risk.")
        % {"group": _(given.board.spec.name), "limit": number(RISK)},
        "power",
        _("%(group)s hold %(long)s %% of open interest long and %(short)s %% short: %(risk)s.")
        % {
            "group": _(given.board.spec.name),
            "long": number(long[-1], 1),
            "short": number(short[-1], 1),
            "risk": ", ".join(risks) or _("no side is above the limit"),
        },
        rows=given.board.dates,
        series=[
            given.series(_("Long, %"), "power_long", 1),
            given.series(_("Short, %"), "power_short", 1),
        ],
        figure=charts.powers(given.days, long, short, RISK),
    )


def divergence(given: Given) -> Block:
    spec, comm = given.board.spec, given.board.comm
    title, guide = _("Sentiment divergence"), "divergence"
    note = _("Speculators and their counterpart at opposite ends of the last %(n)s.") % {
        "n": given.observations
    }
    if comm is None:
        why = words.NULL_REASONS["no_counterpart"]
        return Block("divergence", title, note, guide, str(why), why=why)
    found = given.columns["divergence"]
    told = words.DIVERGENCES.get(found[-1] or "", _("no divergence"))
    ranks = [
        (group.key, _(group.name), given.columns[f"rank_{group.key}"]) for group in (spec, comm)
    ]
    stand = [
        _("%(group)s: %(rank)s") % {"group": name, "rank": _placed(values[-1])}
        for _key, name, values in ranks
    ]
    return Block(
        "divergence",
        title,
        note,
        guide,
        f"{'; '.join([*stand, str(told)])}.",
        rows=given.board.dates,
        series=[
            given.series(_(spec.name), f"rank_{spec.key}", 1),
            given.series(_(comm.name), f"rank_{comm.key}", 1),
            Series(
                _("Divergence"),
                [words.DIVERGENCES.get(word or "", "") for word in found],
                name="divergence",
            ),
        ],
        figure=charts.divergences(
            given.days, ranks[0], ranks[1], [word is not None for word in found]
        ),
    )


def _placed(rank: Number) -> str:
    return _("no percentile") if rank is None else percentile(rank)


def concentration(given: Given) -> Block:
    gauge = given.board.concentration
    since = len(given.history) - len(given.days)
    facts = {
        name: [
            None if value != value else round(value, 1)
            for value in given.history.facts[name][since:].tolist()
        ]
        for name in ("conc_gross4_long", "conc_gross4_short", "conc_net4_long", "conc_net4_short")
    }
    if gauge.gross is None:
        told = str(words.reason(gauge.reason))
    else:
        told = _(
            "The four largest on the %(side)s side hold %(gross)s %% of open interest, netted %(net)s %%: %(zone)s."
        ) % {
            "side": words.SIDES[gauge.side or "long"],
            "gross": number(gauge.gross, 1),
            "net": number(gauge.net, 1),
            "zone": words.ZONES[gauge.zone or "low"],
        }
    if gauge.spread_books:
        told += " " + _("The distance of ten points and more says that they hold spread books.")
    labels = (_("Long, %"), _("Short, %"), _("Long net, %"), _("Short net, %"))
    return Block(
        "concentration",
        _("Concentration"),
        _(
            "What the four largest traders hold; dotted after netting. Elevated from 40 %, high from 60 %."
        ),
        "concentration",
        told,
        rows=given.board.dates,
        series=[Series(label, facts[name], 1) for label, name in zip(labels, facts, strict=True)],
        figure=charts.concentrations(
            given.days,
            (facts["conc_gross4_long"], facts["conc_gross4_short"]),
            (facts["conc_net4_long"], facts["conc_net4_short"]),
        ),
    )


def sector(given: Given) -> Block:
    found = given.sector
    key = given.board.key
    if found.market_rank_in_category is None:
        told = _("This market has no one-year rank, so it has no place among the others.")
    else:
        told = _(
            "Place %(place)s of %(n)s by one-year rank, the highest first; the median rank is %(median)s."
        ) % {
            "place": found.market_rank_in_category,
            "n": found.n,
            "median": number(found.category_median_rank, 1),
        }
    spread = given.board.spread_rank
    return Block(
        "sector",
        _("Sector context"),
        _("Speculators of this market against the rest of its category, on the primary report."),
        "sector_context",
        told,
        facts=[
            (_("Place in category"), f"{number(found.market_rank_in_category)} / {found.n}"),
            (_("Median rank of category"), number(found.category_median_rank, 1)),
            (_("Rank of the spread to the counterpart"), number(spread, 1)),
            (_("Range of the window, contracts"), number(key.range)),
        ],
    )


def crop(given: Given) -> Block | None:
    """Old and other crop years, where the market has them."""
    if given.crop is None:
        return None
    old, other = given.crop
    groups = given.history.variant.report.groups
    parts = [
        [split.get(f"{group.key}_{part}") for group in groups]
        for split in (old, other)
        for part in ("long", "short")
    ]
    share = old.get("open_interest"), other.get("open_interest")
    return Block(
        "crop",
        _("Old and other crops"),
        _("The newest report by crop year: old crop strong, other crops pale."),
        "crop",
        _("Open interest of the old crop %(old)s, of other crops %(other)s.")
        % {"old": number(share[0]), "other": number(share[1])},
        rows=[_(group.name) for group in groups],
        head=_("Group"),
        series=[
            Series(_("Long, old"), parts[0]),
            Series(_("Short, old"), parts[1]),
            Series(_("Long, other"), parts[2]),
            Series(_("Short, other"), parts[3]),
        ],
        figure=charts.crop_years(
            [group.short for group in groups], (parts[0], parts[1]), (parts[2], parts[3])
        ),
    )
