"""The columns that say where a number stands among the last n: indices, ranks, z-scores, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.series.cells import Numbers, numbers
from core.series.windows import Size, Window
from core.words import Words
from cot.columns.column import (
    Column,
    Definition,
    Formula,
    InTable,
    OnBoard,
    Span,
    Subject,
    filled,
    of_group,
    over,
)
from cot.columns.words import (
    CONTRACTS,
    DEVIATIONS,
    INTEGER,
    NEVER,
    NONE,
    ONE,
    REPORTS,
    SCORE,
    STRICT,
    TWO,
    WORD,
    YES_OR_NO,
)
from cot.measures import board
from cot.measures.indicators import (
    STRICT_SIZES,
    YEAR,
    Crowded,
    crowded,
    display_index,
    extremes,
    index,
    movement,
    rank,
    weeks_in_state,
    width,
    willco,
    z,
)


def spanned(size: int) -> Formula:
    """Days that the last `size` nets of a group span."""
    return lambda s: numbers(s.rows.span(f"{s.key}_net", size), 0, otherwise="window")


Z_HOT: Final = 3  # standard deviations: the hottest step
PLACE: Final = _("Place of net between low and high of %(n)s observations, 0 to 100")
LEAD: Final = _(
    "Where the speculators' net less that of their counterpart stands among 52 observations"
)
BELOW: Final = _("Share of 52 observations with a lower net")


def labelled(subject: Subject) -> Crowded:
    """The crowded value of a group with its label."""
    return crowded(subject.net(YEAR), subject.group.role, subject.thresholds)


def over_windows(
    kind: str, head: Words, score: Callable[[Subject, Window], Numbers], digits: int
) -> tuple[Column, ...]:
    """One score of the speculators over every window, as the board's preset of windows has them."""
    look = "score" if digits else "count"
    made = []
    for size in STRICT_SIZES:
        name, label = str(size or "all"), str(size) if size else _("all")
        shown = OnBoard(("windows",), label, look, span=head)
        made.append(
            Column(f"{kind}_{name}", digits, formula=_over(size, score), rows="report", board=shown)
        )
    return tuple(made)


def _over(size: Size, score: Callable[[Subject, Window], Numbers]) -> Callable[[Subject], Numbers]:
    return lambda subject: score(subject, subject.net(size))


SCORES: Final = (
    Definition(
        "cot_index_gk", "indicators", _("COT index"), SCORE, "100·(x − min)/(max − min)",
        _("fewer than 2 observations; 50 when all are equal"), ONE,
        _("net over 13 (3m), 52 (1y), 156 (3y) observations"), 2, "100·(126,040 − 92,227)/(215,869 − 92,227) = 27.3",
        shown=(
            Column(
                "cot_index_gk_3m", 1, formula=over(13, display_index), weeks="basic", beside=13,
                table=InTable("basic", _("Idx 3m"), filled(PLACE, n=13), "score"),
            ),
            Column(
                "cot_index_gk_1y", 1, formula=over(52, display_index), weeks="basic", beside=52,
                table=InTable("basic", _("Idx 1y"), filled(PLACE, n=52), "score"),
            ),
            Column(
                "cot_index_gk_3y", 1, formula=over(156, display_index), weeks="basic", beside=156,
                table=InTable("basic", _("Idx 3y"), filled(PLACE, n=156), "score"),
            ),
            Column("cot_gk_1y", 1, formula=over(52, display_index), rows="report"),
            Column("spec_index_1y", 1, formula=over(52, display_index), rows="best"),
            Column("spec_index_3y", 1, formula=over(156, display_index), rows="best"),
        ),
    ),
    Definition(
        "wci_gk", "indicators", _("WCI"), SCORE, "100·(x − min)/(max − min)",
        _("fewer than 2 observations; 50 when all are equal"), ONE, _("net over 26 observations"), 2,
        "100·(126,040 − 92,227)/(163,519 − 92,227) = 47.4",
        shown=(
            Column(
                "wci_gk", 1, formula=over(26, display_index), weeks="basic", beside=26,
                table=InTable("basic", "WCI", filled(PLACE, n=26), "score"),
            ),
        ),
    ),
    Definition(
        "count", "indicators", _("Observations used"), REPORTS, _("non-null values in the window, at most n"),
        NEVER, INTEGER, example="52",
        shown=(
            Column("n_1y", formula=over(52, lambda window: numbers(window.count.astype(float), 0)), rows="best"),
        ),
        also=("cot_index_gk_3m_n", "cot_index_gk_1y_n", "cot_index_gk_3y_n", "wci_gk_n"),
    ),
    Definition(
        "span", "indicators", _("Span of the window"), _("days"),
        _("from the first to the last observation of the window"), _("no observation"), INTEGER,
        example="357",
        shown=(Column("span_1y", formula=spanned(52), rows="best"),),
    ),
    Definition(
        "full", "indicators", _("Full window"), YES_OR_NO,
        _("n observations exist within n weeks and a tenth more, and are not all equal"),
        NEVER, NONE,
        shown=(Column("full_1y", None, "truth", formula=over(52, lambda window: window.full), rows="best"),),
        also=("cot_index_gk_3m_full", "cot_index_gk_1y_full", "cot_index_gk_3y_full", "wci_gk_full"),
    ),
    Definition(
        "index_gk_n", "indicators", _("Strict index"), SCORE, "100·(x − min)/(max − min)", STRICT, ONE,
        _("net over 13, 26, 52, 156, 260 or all (at least 52) observations"), 13,
        "100·(126,040 − 92,227)/(215,869 − 92,227) = 27.3",
        shown=(
            Column("index_gk_52", 1, formula=over(52, index), weeks="full"),
            Column("index_gk_156", 1, formula=over(156, index), weeks="full"),
            Column("index_gk", 1, dashboard=True),
            *over_windows("index", _("Index"), lambda s, window: index(window), 1),
        ),
    ),
    Definition(
        "rank_gk_n", "indicators", _("Percentile rank"), SCORE, "100·(#{v < x} + ½·#{v = x})/n", STRICT, ONE,
        _("net over n observations, x itself counted"), 13, "100·(19 + ½)/52 = 37.5",
        shown=(
            Column(
                "rank_gk_52", 1, formula=over(52, rank), weeks="full",
                table=InTable("full", _("Rank 1y"), BELOW, "score"),
            ),
            Column(
                "rank_gk_156", 1, formula=over(156, rank), weeks="full",
                table=InTable("full", _("Rank 3y"), _("Share of 156 observations with a lower net"), "score"),
            ),
            Column("rank_gk", 1, dashboard=True),
            *over_windows("rank", _("Rank"), lambda s, window: rank(window), 1),
            Column(
                "spec_rank_1y", 1, formula=over(52, rank), rows="best",
                board=OnBoard(("overview",), _("Percentile"), "rank", BELOW, css="pos"),
            ),
        ),
    ),
    Definition(
        "z_gk_n", "indicators", _("z-score"), DEVIATIONS, "(x − mean)/sd, ddof 1", STRICT, TWO,
        _("net over n observations"), 13, "(126,040 − 141,512)/32,117 = −0.48",
        shown=(
            Column(
                "z_gk_52", 2, formula=over(52, z), weeks="full",
                table=InTable("full", _("z 1y"), _("Standard deviations from the mean of 52"), "deviations"),
            ),
            Column(
                "z_gk_156", 2, formula=over(156, z), weeks="full",
                table=InTable("full", _("z 3y"), _("Standard deviations from the mean of 156"), "deviations"),
            ),
            Column("z_gk", 2, dashboard=True),
            Column(
                "spec_z_1y", 2, formula=over(52, z), rows="best",
                board=OnBoard(
                    ("overview",), _("z 1y"), "deviations", _("Standard deviations from the mean of 52 observations"),
                    Z_HOT,
                ),
            ),
        ),
    ),
    Definition(
        "z_oi_gk_n", "indicators", _("z-score of net/OI"), DEVIATIONS, "(x − mean)/sd, ddof 1", STRICT, TWO,
        _("net/open interest over n observations"), 52, "−0.70",
        shown=(
            Column("z_oi_gk_52", 2, formula=lambda s: z(s.share(52)), weeks="full"),
            Column("z_oi_gk_156", 2, formula=lambda s: z(s.share(156)), weeks="full"),
        ),
    ),
    Definition(
        "range_gk_n", "indicators", _("Range of the window"), CONTRACTS, "max − min", STRICT, INTEGER,
        _("net over n observations; below 1 per cent of open interest a score says little"), 13,
        "215,869 − 92,227 = 123,642",
        shown=(
            Column(
                "range_gk_52", formula=lambda s: width(s.rows, s.net(52)), weeks="full",
                table=InTable("full", _("Range 1y"), _("High less low of 52 observations, contracts")),
            ),
            Column("range_gk_156", formula=lambda s: width(s.rows, s.net(156)), weeks="full"),
            *over_windows("range", _("Range, contracts"), lambda s, window: width(s.rows, window), 0),
            Column("spec_range_1y", formula=lambda s: width(s.rows, s.net(YEAR)), rows="best"),
        ),
    ),
    Definition(
        "willco_gk", "indicators", _("WILLCO"), SCORE, _("strict index of net/open interest; zones 75 and 25"), STRICT,
        ONE, _("26 observations"), 26, "100·(26.157 − 19.522)/(34.246 − 19.522) = 45.1",
        shown=(
            Column(
                "willco_gk", 1, formula=of_group(willco), weeks="full",
                table=InTable("full", "WILLCO", _("Index of net/OI over 26 observations"), "score"),
            ),
        ),
    ),
    Definition(
        "cot_extremes", "indicators", _("COT extremes"), SCORE,
        _("strict index of the net of the speculators less that of their counterpart"),
        _("fewer than 52 observations, all of them equal, or no counterpart holds anything"), ONE,
        _("52 observations"), 52, "100·(180,521 − 142,760)/(296,475 − 142,760) = 24.6",
        shown=(
            Column(
                "cot_extremes", 1, formula=lambda s: extremes(s.rows), weeks="full", rows="report",
                table=InTable("full", _("Extremes"), LEAD, "score", Span(_("Speculators and counterpart"), LEAD)),
                board=OnBoard(
                    ("windows",), "52", "score", LEAD, span=_("COT extremes")
                ),
            ),
        ),
    ),
    Definition(
        "movement_gk", "indicators", _("Movement"), _("index points"),
        _("strict index over 52 less that 6 observations before; ±40 is a surge"), _("either index is missing"), ONE,
        _("52 + 6 observations"), 58, "27.35 − 4.83 = 22.5",
        shown=(
            Column(
                "movement_gk", 1, formula=over(YEAR, movement), weeks="full",
                table=InTable("full", _("Move 6"), _("Index now less six observations before"), "change"),
            ),
        ),
    ),
    Definition(
        "weeks_in_state_gk", "indicators", _("Weeks beyond 95 or 5"), REPORTS,
        _("consecutive observations with rank over 52 at or above 95, or at or below 5, on the same side"), STRICT,
        INTEGER, _("52 observations"), 52, _("rank 37.5: 0"),
        shown=(
            Column(
                "weeks_in_state_gk", formula=over(YEAR, weeks_in_state), weeks="full",
                table=InTable("full", _("Weeks"), _("Observations in a row at rank 95 and above, or 5 and below")),
            ),
            Column("weeks_in_state", formula=of_group(board.weeks_in_state), rows="best"),
        ),
    ),
    Definition(
        "crowded_gk", "indicators", _("Crowded"), SCORE, _("the COT index over 52 observations, compared as shown"),
        _("fewer than 2 observations"), ONE, _("52 observations"), 2, "27.3",
        shown=(
            Column(
                "crowded_gk", 1, formula=lambda s: labelled(s).value, weeks="basic", rows="report",
                table=InTable(
                    "basic", _("Crowded"), _("Index of one year with its label; no label before 52 observations")
                ),
            ),
        ),
    ),
    Definition(
        "signal_gk", "indicators", _("Crowded label"), WORD,
        _("commercials: index ≥ 80 BUY, ≤ 20 SELL; all others the other way round. A label, not advice"),
        _("between the bounds, or the window is not full"), NONE, _("52 observations"), 52,
        _("Other Reportables at 87.9: SELL"),
        shown=(Column("signal_gk", None, formula=lambda s: labelled(s).signal, weeks="basic", rows="report"),),
        also=("signals",),
    ),
)  # fmt: skip
