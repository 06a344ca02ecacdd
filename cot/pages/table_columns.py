"""The columns of the report table and their heads: which there are, what they are called, how they are coloured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cot.variants import Group, Report
from cot.words import Words

Heat = Literal["", "sign", "crowding"]

PRESETS: Final[dict[str, Words]] = {"basic": gettext_lazy("Basic"), "full": gettext_lazy("Full")}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in `indicators.weekly`, its head, and whether its cells are heated."""

    field: str
    label: Words
    title: Words = ""
    heat: Heat = ""
    signed: bool = False
    guide: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """A head over the columns of one group of traders, or of open interest. `spec` marks the speculators."""

    label: Words
    title: Words
    columns: tuple[Column, ...]
    key: str = ""


def spans(report: Report, preset: str, groups: tuple[Group, ...]) -> list[Span]:
    """Open interest first, then every chosen group in the order of the report."""
    full = preset == "full"
    found = [Span(_("Open interest"), _("All open contracts of the market"), tuple(_interest(full)))]
    for group in groups:
        columns = [*_positions(group, full), *_scores(group, full)]
        found.append(Span(_(group.name), _ROLES[group.role], tuple(columns), group.key))
    if full:
        found.append(Span(_("Reportable traders"), _("All groups but the small ones"), tuple(_totals())))
        found.append(Span(_("Concentration, per cent of OI"), _CONCENTRATED, tuple(_concentrations())))
    return found


_ROLES: Final[dict[str, Words]] = {
    "commercial": gettext_lazy("commercial: hedges a business"),
    "speculative": gettext_lazy("speculative: trades for the price"),
    "small": gettext_lazy("small: below the reporting level"),
}
_CONCENTRATED: Final = gettext_lazy("What the four and the eight largest traders hold")


def _interest(full: bool) -> Iterator[Column]:
    yield Column("open_interest", _("OI"), _("Open interest, contracts"), guide="open-interest")
    yield Column("oi_change", _("Δ OI"), _("Change as the CFTC prints it"), "sign", True, "open-interest")
    yield Column("oi_pct", _("Δ OI %"), _("Change in per cent of open interest"), "sign", True, "open-interest")


def _positions(group: Group, full: bool) -> Iterator[Column]:
    k = group.key
    if full:
        yield Column(f"{k}_long", _("Long"), _("Long positions, contracts"))
        yield Column(f"{k}_short", _("Short"), _("Short positions, contracts"))
        if group.has_spread:
            yield Column(f"{k}_spread", _("Spread"), _("Long in one month and short in another"))
    yield Column(f"{k}_change_long", _("Δ Long"), _("Change of long positions as printed"), "sign", True)
    yield Column(f"{k}_change_short", _("Δ Short"), _("Change of short positions as printed"), "sign", True)
    if full and group.has_spread:
        yield Column(f"{k}_change_spread", _("Δ Spread"), _("Change of spreads as printed"), "sign", True)
    yield Column(f"{k}_change", _("Δ Net"), _("Change of long less change of short"), "sign", True)
    yield Column(f"{k}_net", _("Net"), _("Long less short, contracts"), "sign", True)
    yield Column(f"{k}_pct_net_oi", _("Net/OI %"), _("Net in per cent of open interest"), "sign", True)
    if full:
        yield Column(
            f"{k}_pct_oi_change", _("Δ Net/OI"), _("Change of that share since the report before"), "sign", True
        )
        for part, label in (("long", _("Long %")), ("short", _("Short %")), ("spread", _("Spread %"))):
            if part != "spread" or group.has_spread:
                yield Column(f"{k}_pct_{part}", label, _("In per cent of open interest"))
        yield from _traders(group)


def _traders(group: Group) -> Iterator[Column]:
    if group.has_trader_counts:
        for part, label in (("long", _("Tr. long")), ("short", _("Tr. short")), ("spread", _("Tr. spread"))):
            if part != "spread" or group.has_spread:
                yield Column(f"{group.key}_traders_{part}", label, _("Number of traders"))


def _scores(group: Group, full: bool) -> Iterator[Column]:
    k = group.key
    year = _("Place of net between low and high of %(n)s observations, 0 to 100")
    yield Column(f"wci_{k}", "WCI", year % {"n": 26}, "crowding")
    yield Column(f"cot_index_{k}_3m", _("Idx 3m"), year % {"n": 13}, "crowding")
    yield Column(f"cot_index_{k}_1y", _("Idx 1y"), year % {"n": 52}, "crowding")
    yield Column(f"cot_index_{k}_3y", _("Idx 3y"), year % {"n": 156}, "crowding")
    yield Column(f"crowded_{k}", _("Crowded"), _("Index of one year with its label; no label before 52 observations"))
    if full:
        yield Column(f"rank_{k}_52", _("Rank 1y"), _("Share of 52 observations with a lower net"), "crowding")
        yield Column(f"z_{k}_52", _("z 1y"), _("Standard deviations from the mean of 52"), "sign", True)
        yield Column(f"rank_{k}_156", _("Rank 3y"), _("Share of 156 observations with a lower net"), "crowding")
        yield Column(f"z_{k}_156", _("z 3y"), _("Standard deviations from the mean of 156"), "sign", True)
        yield Column(f"range_{k}_52", _("Range 1y"), _("High less low of 52 observations, contracts"))
        yield Column(f"willco_{k}", "WILLCO", _("Index of net/OI over 26 observations"), "crowding")
        yield Column(f"movement_{k}", _("Move 6"), _("Index now less six observations before"), "sign", True)
        yield Column(f"weeks_in_state_{k}", _("Weeks"), _("Observations in a row at rank 95 and above, or 5 and below"))


def _totals() -> Iterator[Column]:
    yield Column("rept_long", _("Long"), _("Long positions of all reportable traders"))
    yield Column("rept_short", _("Short"), _("Short positions of all reportable traders"))
    yield Column(
        "traders_total", _("Traders"), _("Number of reportable traders; groups overlap, so they do not add up")
    )
    yield Column("traders_rept_long", _("Tr. long"), _("Traders with a long position"))
    yield Column("traders_rept_short", _("Tr. short"), _("Traders with a short position"))


def _concentrations() -> Iterator[Column]:
    names = {"gross": _("gross"), "net": _("net")}
    words = {"gross": _("before netting"), "net": _("after netting"), "long": _("long"), "short": _("short")}
    for basis in ("gross", "net"):
        for top in (4, 8):
            for side in ("long", "short"):
                title = _("The largest %(top)s, %(side)s, %(basis)s") % {
                    "top": top, "side": words[side], "basis": words[basis],
                }  # fmt: skip
                yield Column(f"conc_{basis}{top}_{side}", f"{names[basis]} {top} {words[side][0].upper()}", title)
