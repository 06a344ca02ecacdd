"""The columns that the report itself prints, or that follow from one row: positions, changes, shares, traders."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.series.cells import numbers
from core.words import Words
from cot.columns.column import Column, Definition, Formula, InTable, OnBoard, Span, filled, of_group
from cot.columns.words import (
    AS_PRINTED,
    CONTRACTS,
    HIDDEN,
    INTEGER,
    MISSING,
    NO_INTEREST,
    ONE,
    PERCENT,
    STEP,
    TRADERS,
    UNPRINTED,
)
from cot.measures import indicators
from cot.measures.indicators import net, oi_pct, oi_trend, pct_oi_change, total, total_change

CHANGE_HOT: Final = 10  # per cent of open interest in one week: the hottest step
REPORTABLE: Final = Span(_("Reportable traders"), _("All groups but the small ones"))
CONCENTRATED: Final = Span(
    _("Concentration, per cent of OI"), _("What the four and the eight largest traders hold")
)


def printed(fact: str, digits: int = 0) -> Formula:
    """A number as the CFTC prints it."""
    return lambda s: numbers(s.rows.measure(fact.replace("gk", s.key)), digits)


def changed(fact: str) -> Formula:
    """A change as the CFTC prints it."""
    return lambda s: indicators.published(s.rows, fact.replace("gk", s.key))


def counted(fact: str) -> Formula:
    """A number of traders."""
    return lambda s: indicators.traders(s.rows, fact.replace("gk", s.key))


def percent(name: str) -> Formula:
    """In per cent of open interest."""
    return lambda s: indicators.pct_of_oi(s.rows, name.replace("gk", s.key))


def initial(word: Words) -> Words:
    """Its first letter as a capital."""
    found: Words = lazy(lambda: str(word)[0].upper(), str)()
    return found


def concentrations() -> Iterator[Column]:
    """The eight numbers of concentration: gross and net, of the four and the eight largest, long and short."""
    sides = {"long": _("long"), "short": _("short")}
    for basis, short, words in (
        ("gross", _("gross"), _("before netting")),
        ("net", _("net"), _("after netting")),
    ):
        for top in (4, 8):
            for side, of in sides.items():
                name = f"conc_{basis}{top}_{side}"
                label = filled("%(basis)s %(top)s %(side)s", basis=short, top=top, side=initial(of))
                title = filled(
                    _("The largest %(top)s, %(side)s, %(basis)s"), top=top, side=of, basis=words
                )
                yield Column(
                    name, 1, formula=printed(name, 1), fact="null_input", weeks="full",
                    table=InTable("full", label, title, span=CONCENTRATED),
                )  # fmt: skip


REPORT: Final = (
    Definition(
        "open_interest", "report", _("Open interest"), CONTRACTS, _("contracts open at the close of the report date"),
        AS_PRINTED, INTEGER, example="481,866",
        shown=(
            Column(
                "open_interest", formula=printed("open_interest"), fact="null_input", weeks="basic", rows="report",
                always=True, dashboard=True, table=InTable("basic", _("OI"), _("Open interest, contracts")),
                board=OnBoard(
                    ("groups",), pgettext_lazy("column", "Open interest"), "count", _("Contracts"),
                ),
            ),
        ),
    ),
    Definition(
        "oi_change", "report", _("Change of open interest"), CONTRACTS, _("published: this report less the one before"),
        UNPRINTED, INTEGER, example="481,866 − 492,103 = −10,237",
        shown=(
            Column(
                "oi_change", formula=changed("oi_change"), fact="no_prior_week", weeks="basic", rows="report",
                dashboard=True, table=InTable("basic", _("Δ OI"), _("Change as the CFTC prints it"), "interest"),
                board=OnBoard(
                    ("groups",), _("Change"), "interest_change", _("Change of open interest, contracts"), CHANGE_HOT,
                ),
            ),
        ),
    ),
    Definition(
        "oi_pct", "report", _("Change of open interest, %"), PERCENT, "100·oi_change/open_interest", NO_INTEREST,
        _("1 decimal; 2 on the board"), example="100·(−10,237)/481,866 = −2.1",
        shown=(
            Column(
                "oi_pct", 1, formula=lambda s: oi_pct(s.rows), weeks="basic",
                table=InTable("basic", _("Δ OI %"), _("Change in per cent of open interest"), "interest"),
            ),
            Column("oi_trend_pct", 2, formula=lambda s: oi_trend(s.rows), rows="best"),
        ),
    ),
    Definition(
        "gk_long", "report", _("Long positions"), CONTRACTS, _("published, outright positions without spreads"),
        AS_PRINTED, INTEGER, example="148,642",
        shown=(
            Column(
                "gk_long", formula=printed("gk_long"), fact="null_input", weeks="basic", rows="report", dashboard=True,
                table=InTable("full", _("Long"), _("Long positions, contracts")),
            ),
        ),
    ),
    Definition(
        "gk_short", "report", _("Short positions"), CONTRACTS, _("published, outright positions without spreads"),
        AS_PRINTED, INTEGER, example="22,602",
        shown=(
            Column(
                "gk_short", formula=printed("gk_short"), fact="null_input", weeks="basic", rows="report",
                dashboard=True, table=InTable("full", _("Short"), _("Short positions, contracts")),
            ),
        ),
    ),
    Definition(
        "gk_spread", "report", _("Spread positions"), CONTRACTS, _("published: long and short held against each other"),
        _("the group has no spread column"), INTEGER, example="44,374",
        shown=(
            Column(
                "gk_spread", formula=printed("gk_spread"), fact="null_input", weeks="basic", dashboard=True,
                some="spread", table=InTable("full", _("Spread"), _("Long in one month and short in another")),
            ),
        ),
    ),
    Definition(
        "gk_net", "report", _("Net position"), CONTRACTS, "long − short", MISSING, INTEGER,
        example="148,642 − 22,602 = 126,040",
        shown=(
            Column(
                "gk_net", formula=of_group(net), weeks="basic", rows="report", dashboard=True,
                table=InTable("basic", _("Net"), _("Long less short, contracts"), "sign"),
            ),
            Column(
                "spec_net", formula=of_group(net), rows="best",
                board=OnBoard(("overview",), _("Net"), "signed", _("Long less short, contracts"), css="net"),
            ),
        ),
    ),
    Definition(
        "gk_change", "report", _("Change of net"), CONTRACTS, "long_change − short_change", UNPRINTED, INTEGER,
        example="−11,939 − (−1,709) = −10,230",
        shown=(
            Column(
                "gk_change", formula=of_group(indicators.change), weeks="basic", rows="report", dashboard=True,
                table=InTable("basic", _("Δ Net"), _("Change of long less change of short"), "change"),
            ),
            Column(
                "spec_wow", formula=of_group(indicators.change), rows="best",
                board=OnBoard(
                    ("overview",), _("Change"), "change", _("Change of net; heat by its share of open interest"),
                    CHANGE_HOT, "chg",
                ),
            ),
        ),
    ),
    Definition(
        "gk_change_long", "report", _("Change of long"), CONTRACTS, _("published"), UNPRINTED, INTEGER,
        example="−11,939",
        shown=(
            Column(
                "gk_change_long", formula=changed("gk_long_change"), weeks="basic", rows="report", dashboard=True,
                table=InTable("basic", _("Δ Long"), _("Change of long positions as printed"), "change"),
            ),
            Column("gk_long_change", fact="no_prior_week"),
        ),
    ),
    Definition(
        "gk_change_short", "report", _("Change of short"), CONTRACTS, _("published"), UNPRINTED, INTEGER,
        example="−1,709",
        shown=(
            Column(
                "gk_change_short", formula=changed("gk_short_change"), weeks="basic", rows="report", dashboard=True,
                table=InTable("basic", _("Δ Short"), _("Change of short positions as printed"), "change"),
            ),
            Column("gk_short_change", fact="no_prior_week"),
        ),
    ),
    Definition(
        "gk_change_spread", "report", _("Change of spread"), CONTRACTS, _("published"), UNPRINTED, INTEGER,
        example="4,313",
        shown=(
            Column(
                "gk_change_spread", formula=changed("gk_spread_change"), weeks="full", some="spread",
                table=InTable("full", _("Δ Spread"), _("Change of spreads as printed"), "interest"),
            ),
            Column("gk_spread_change", fact="no_prior_week", some="spread"),
        ),
    ),
    Definition(
        "gk_pct_net_oi", "report", _("Net, per cent of open interest"), PERCENT, "100·net/open_interest",
        NO_INTEREST, ONE, example="100·126,040/481,866 = 26.2",
        shown=(
            Column(
                "gk_pct_net_oi", 1, formula=percent("gk_net"), weeks="basic", dashboard=True,
                table=InTable("basic", _("Net/OI %"), _("Net in per cent of open interest"), "sign"),
            ),
            Column(
                "gk_pct_oi", 1, formula=percent("gk_net"), rows="report",
                board=OnBoard(
                    ("groups",), _("Net/OI"), "signed", _("Net in per cent of open interest")
                ),
            ),
            Column(
                "spec_pct_oi", 1, formula=percent("gk_net"), rows="best",
                board=OnBoard(("overview",), _("Net/OI %"), "signed", _("Net in per cent of open interest")),
            ),
        ),
    ),
    Definition(
        "gk_pct_oi_change", "report", _("Change of that share"), PERCENT,
        _("net/OI in per cent less that of the row before"), STEP, ONE, minimum=2, example="26.2 − 27.7 = −1.5",
        shown=(
            Column(
                "gk_pct_oi_change", 1, formula=of_group(pct_oi_change), weeks="full", rows="report",
                table=InTable("full", _("Δ Net/OI"), _("Change of that share since the report before"), "change"),
                board=OnBoard(("groups",), _("Δ"), "heat", _("Change of that share"), CHANGE_HOT),
            ),
        ),
    ),
    Definition(
        "gk_pct_long", "report", _("Long, per cent of open interest"), PERCENT, "100·long/open_interest",
        NO_INTEREST, ONE, example="100·148,642/481,866 = 30.8",
        shown=(
            Column(
                "gk_pct_long", 1, formula=percent("gk_long"), weeks="full",
                table=InTable("full", _("Long %"), _("In per cent of open interest")),
            ),
        ),
    ),
    Definition(
        "gk_pct_short", "report", _("Short, per cent of open interest"), PERCENT, "100·short/open_interest",
        NO_INTEREST, ONE, example="100·22,602/481,866 = 4.7",
        shown=(
            Column(
                "gk_pct_short", 1, formula=percent("gk_short"), weeks="full",
                table=InTable("full", _("Short %"), _("In per cent of open interest")),
            ),
        ),
    ),
    Definition(
        "gk_pct_spread", "report", _("Spread, per cent of open interest"), PERCENT, "100·spread/open_interest",
        NO_INTEREST, ONE, example="100·44,374/481,866 = 9.2",
        shown=(
            Column(
                "gk_pct_spread", 1, formula=percent("gk_spread"), weeks="full", some="spread",
                table=InTable("full", _("Spread %"), _("In per cent of open interest")),
            ),
        ),
    ),
    Definition(
        "gk_total", "report", _("Total held"), CONTRACTS, "long + short", MISSING, INTEGER,
        example="148,642 + 22,602 = 171,244",
        shown=(
            Column(
                "gk_total", formula=of_group(total), rows="report",
                board=OnBoard(("groups",), _("Total"), "count", _("Long and short together, contracts")),
            ),
        ),
    ),
    Definition(
        "gk_total_change", "report", _("Change of total held"), CONTRACTS, "long_change + short_change", UNPRINTED,
        INTEGER, example="−11,939 + (−1,709) = −13,648",
        shown=(
            Column(
                "gk_total_change", formula=of_group(total_change), rows="report",
                board=OnBoard(
                    ("groups",), _("Δ total"), "interest_change",
                    _("Change of long plus change of short; heat by its share of open interest"), CHANGE_HOT,
                ),
            ),
        ),
    ),
    Definition(
        "traders", "report", _("Number of traders"), TRADERS,
        _("published; groups are never added up, one trader may stand in two"), HIDDEN, INTEGER,
        example=_("92 long, 21 short, 36 spread"),
        shown=(
            Column(
                "gk_traders_long", formula=counted("gk_traders_long"), fact="suppressed", weeks="full", some="counted",
                table=InTable("full", _("Tr. long"), _("Number of traders")),
            ),
            Column(
                "gk_traders_short", formula=counted("gk_traders_short"), fact="suppressed", weeks="full",
                some="counted", table=InTable("full", _("Tr. short"), _("Number of traders")),
            ),
            Column(
                "gk_traders_spread", formula=counted("gk_traders_spread"), fact="suppressed", weeks="full",
                some="spread", table=InTable("full", _("Tr. spread"), _("Number of traders")),
            ),
            Column(
                "traders_total", formula=counted("traders_total"), fact="suppressed", weeks="full",
                table=InTable(
                    "full", _("Traders"), _("Number of reportable traders; groups overlap, so they do not add up"),
                    span=REPORTABLE,
                ),
            ),
            Column(
                "traders_rept_long", formula=counted("traders_rept_long"), fact="suppressed", weeks="full",
                table=InTable("full", _("Tr. long"), _("Traders with a long position"), span=REPORTABLE),
            ),
            Column(
                "traders_rept_short", formula=counted("traders_rept_short"), fact="suppressed", weeks="full",
                table=InTable("full", _("Tr. short"), _("Traders with a short position"), span=REPORTABLE),
            ),
        ),
    ),
    Definition(
        "rept", "report", _("Reportable positions"), CONTRACTS, _("published: all groups but the non-reportable"),
        AS_PRINTED, INTEGER, example=_("421,649 long, 465,722 short"),
        shown=(
            Column(
                "rept_long", formula=printed("rept_long"), fact="null_input", weeks="full", rows="report",
                table=InTable("full", _("Long"), _("Long positions of all reportable traders"), span=REPORTABLE),
                board=OnBoard(
                    ("groups",), _("Rep. long"), "count", _("Long positions of all reportable traders"),
                ),
            ),
            Column(
                "rept_short", formula=printed("rept_short"), fact="null_input", weeks="full", rows="report",
                table=InTable("full", _("Short"), _("Short positions of all reportable traders"), span=REPORTABLE),
                board=OnBoard(
                    ("groups",), _("Rep. short"), "count", _("Short positions of all reportable traders"),
                ),
            ),
        ),
    ),
    Definition(
        "concentration", "report", _("Concentration"), PERCENT,
        _("published share of open interest held by the 4 or 8 largest traders of a side; net: their long less short"),
        AS_PRINTED, ONE, example=_("4 largest: 14.9 per cent of long, 35.3 of short, gross"),
        shown=tuple(concentrations()),
    ),
    Definition(
        "statistics", "report", _("Statistic rows"), _("as the column"),
        _("max and min of all observations and of the last 260; mean of the last 13"),
        _("the column has no value at all"), _("as the column"), _("all, 260 and 13 observations"),
        example=_("net: max 219,029 of five years; mean of 13 weeks 114,260"),
        also=("max", "min", "max_5y", "min_5y", "avg_13w"),
    ),
)  # fmt: skip
