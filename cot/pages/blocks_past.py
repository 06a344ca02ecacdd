"""Blocks that set net beside its own past: earlier times at the extreme, distribution, lookbacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.pages.blocks import Block, Series
from core.templatetags.numbers import short_day
from cot import words
from cot.measures.standings import Episode
from cot.pages import charts
from cot.pages.blocks import Given, number, observations
from cot.standing_words import percentile_of

TOLD: Final = 5  # earlier times


def episodes(given: Given) -> Block | None:
    """The last five times net stood at the extreme of the side it is on now, or on either side while it is at none."""
    known = given.board.episodes
    if not known:
        return None
    now = known[-1] if known[-1].running else None
    past = [each for each in known if not each.running and (now is None or each.side == now.side)]
    shown = past[-TOLD:]
    return Block(
        "episodes",
        _("The last times it stood here"),
        _(
            "Runs of reports at the 90th percentile of 52 and above while long, at the 10th and below while short."
        ),
        "states",
        " ".join([_now(now), _came_back(shown)]),
        rows=[each.first for each in shown],
        series=[
            Series(_("Side"), [words.SIDES[each.side] for each in shown]),
            Series(_("Until"), [short_day(each.last) for each in shown]),
            Series(_("Reports at the extreme"), [each.reports for each in shown]),
            Series(
                _("Reports until back at 50"),
                [_back(each) for each in shown],
            ),
        ],
        head=_("From"),
    )


def _now(now: Episode | None) -> str:
    if now is None:
        return _("Not at an extreme now.")
    text = ngettext(
        "At the extreme, %(side)s, for %(n)s report.",
        "At the extreme, %(side)s, for %(n)s reports.",
        now.reports,
    )
    return text % {"side": words.SIDES[now.side], "n": now.reports}


def _back(past: Episode) -> int | str:
    """Reports it took, or why there is no number."""
    if past.back_after is not None:
        return past.back_after
    return _("unknown: no percentile then") if past.lost else _("not so far")


def _came_back(past: Sequence[Episode]) -> str:
    """How long it took before, the newest first."""
    spans = [str(each.back_after) for each in reversed(past) if each.back_after is not None]
    if not spans:
        return _("There is no earlier time that ended at the 50th percentile.")
    return _(
        "Earlier times were back at the 50th percentile after %(spans)s reports, the newest first."
    ) % {"spans": ", ".join(spans)}


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
    )


def lookbacks(given: Given) -> Block:
    rows = given.board.triple
    known = [percentile_of(row.rank, row.size) for row in rows if row.rank is not None]
    return Block(
        "triple",
        _("Triple lookback"),
        _("The same net against one, three and five years."),
        "triple",
        f"{', '.join(known)}." if known else _("No window is full yet."),
        rows=[observations(row.size) for row in rows],
        head=_("Window"),
        series=[
            Series(_("Rank"), [row.rank for row in rows], 1, tone="score"),
            Series(_("Index"), [row.index for row in rows], 1, tone="score"),
            Series("z", [row.z for row in rows], 2, signed=True),
            Series(_("Have"), [row.n for row in rows]),
        ],
    )
