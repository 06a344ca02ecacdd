"""The columns of the board that are no score: which market, what it is doing, how fresh it is."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from cot.columns.column import Column, Definition, OnBoard, of_group
from cot.columns.words import (
    CONTRACTS,
    DEVIATIONS,
    INTEGER,
    NEVER,
    NONE,
    ONE,
    PERCENT,
    REPORTS,
    TWO,
    WORD,
    YES_OR_NO,
)
from cot.measures import board, standings
from cot.measures.indicators import change_pct_oi

# Which market it is and of when: told, not computed, and nothing that the guide would have to define.
MARKET: Final = (
    Column("code", None, rows="report", always=True),
    Column(
        "name", None, rows="report", always=True,
        board=OnBoard(("overview", "groups", "windows"), _("Market"), "market", css="text corner"),
    ),
    Column("plain_name", None, rows="report", always=True),
    Column("ticker", None, rows="report"),
    Column("main_code", None, rows="report", always=True),
    Column("exchange_code", None, rows="report", always=True),
    Column("category", None, rows="report", always=True),
    Column("category_display", None, rows="report", always=True),
    Column("sector", None, rows="report", always=True),
    Column(
        "date", None, "day", rows="report", always=True,
        board=OnBoard(("overview",), _("Report"), "day", _("Where it is older than the newest of its kind")),
    ),
    Column("primary_report", None, rows="best", always=True),
    Column("watched", None, "truth", rows="best"),
)  # fmt: skip

BOARD: Final = (
    Definition(
        "state", "board", _("State"), WORD,
        _(
            "of the speculators, the first that holds: flipped (net changed its sign this week by 1 per cent of open "
            "interest or more) · strongly crowded, a filled badge (net long, rank ≥ 95, z ≥ 2; or net short, rank ≤ "
            "5, z ≤ −2) · unwinding (net long, rank ≥ 90, net down; or net short, rank ≤ 10, net up; by 0.5 per cent "
            "of open interest or more) · crowded, an outlined badge (net long, rank ≥ 90; or net short, rank ≤ 10) · "
            "unusually light (net short, rank ≥ 90; or net long, rank ≤ 10) · close to flipping (net below 1 per cent "
            "of open interest, or below 0.3 of the net before, or a change of sign too small for a flip) · neutral"
        ),
        _(
            "the contract size changed this week; the market is too small; the rank over 52 is missing, unless net "
            "flipped or is close to it"
        ), NONE, _("52 observations"), 52, _("net long, rank 37.5: neutral"),
        shown=(
            Column("state", None, formula=of_group(standings.state), rows="best"),
            Column("state_side", None, formula=of_group(standings.state_side), rows="best"),
        ),
    ),
    Definition(
        "state_severity", "board", _("Severity"), _("0 to 5"),
        _(
            "flipped 5 · strongly crowded 4 · turning 3 · crowded 2 · unusually light 2 where |z| ≥ 2, else 1 · close "
            "to flipping 1 · neutral 0"
        ), _("no state"), INTEGER, example="0",
        shown=(
            Column(
                "state_severity", formula=of_group(standings.severity), rows="best",
                board=OnBoard(
                    ("overview",), _("State"), "state", _("Where the speculators stand, most severe first"),
                    css="word",
                ),
            ),
        ),
    ),
    Definition(
        "weeks_at_extreme", "board", _("Weeks at an extreme"), REPORTS,
        _("reports in a row with net long and rank ≥ 90, or net short and rank ≤ 10, whatever the state; 1 is new"),
        _("the rank over 52 is missing, or the market is too small"), INTEGER, _("52 observations"), 52,
        _("rank 37.5: 0"),
        shown=(
            Column(
                "weeks_at_extreme", formula=of_group(board.weeks_at_extreme), rows="best",
                board=OnBoard(
                    ("overview",), _("Weeks"), "weeks",
                    _("Reports in a row at the extreme: net long with rank ≥ 90, or net short with rank ≤ 10"),
                ),
            ),
        ),
    ),
    Definition(
        "spec_change_pct_oi", "board", _("Change, per cent of OI"), PERCENT, "100·change/open_interest",
        _("the change or open interest is missing"), ONE, example="100·(−10,230)/481,866 = −2.1",
        shown=(
            Column(
                "spec_change_pct_oi", 1, formula=of_group(change_pct_oi), rows="best",
                board=OnBoard(
                    ("overview",), _("Δ % OI"), "heat", _("Published change of net in per cent of open interest"), 8,
                ),
            ),
        ),
    ),
    Definition(
        "spec_rank_change", "board", _("Change of the rank"), _("points"),
        _("rank over 52 less that of 1 or 4 observations before"),
        _("either rank is missing, or more than 8 days a report lie between"), ONE, _("52 + 1 or 4 observations"), 53,
        "37.5 − 51.0 = −13.5",
        shown=(
            Column("spec_rank_1y_prev", 1, formula=of_group(standings.rank_before), rows="best"),
            Column(
                "spec_rank_change_1w", 1, formula=lambda s: standings.rank_change(s.rows, s.key, 1), rows="best",
                board=OnBoard(("overview",), _("1 w"), "points", _("Change of the percentile over one report"), 50),
            ),
            Column(
                "spec_rank_change_4w", 1, formula=lambda s: standings.rank_change(s.rows, s.key, 4), rows="best",
                board=OnBoard(("overview",), _("4 w"), "points", _("Change of the percentile over four reports"), 100),
            ),
        ),
    ),
    Definition(
        "spec_change_sd", "board", _("Size of the move"), DEVIATIONS,
        _(
            "|change in per cent of OI| over the standard deviation (ddof 1) of the last 52 weekly differences of net "
            "in per cent of open interest, without those across gaps and changes of contract size"
        ),
        _("the change is missing, fewer than 26 differences exist, or the market is too small"), ONE,
        _("52 weekly differences, at least 26"), 27, "2.123/2.031 = 1.0",
        shown=(Column("spec_change_sd", 1, formula=of_group(standings.change_sd), rows="best"),),
    ),
    Definition(
        "attention", "board", _("Attention"), _("0 to 6"),
        _("max(|z| − 1, 0), at most 3, plus the size of the move, at most 3; a half that is missing counts 0"),
        _("both halves are missing, the contract size changed this week, or the market is too small"), TWO,
        _("52 observations"), 27, "0 + 2.123/2.031 = 1.05",
        shown=(Column("attention", 2, formula=of_group(standings.attention), rows="best"),),
    ),
    Definition(
        "too_small", "board", _("Too small"), YES_OR_NO,
        _("net moved by less than 1 per cent of open interest in 52 observations, or was 0 in 13 or more of them"),
        NEVER, NONE, _("52 observations"), 52, "100·123,642/481,866 = 25.7",
        shown=(Column("too_small", None, "truth", formula=of_group(standings.too_small), rows="best"),),
    ),
    Definition(
        "spark", "board", _("26 weeks"), CONTRACTS, _("the last 26 nets, in contracts of the newest size"),
        _("the newest net is missing"), INTEGER, _("26 observations"),
        shown=(
            Column(
                "spark", None, "counts", rows="best", always=True,
                board=OnBoard(
                    ("overview",), _("26 weeks"), "spark", _("Net over the last 26 reports"), sorts=False
                ),
            ),
        ),
    ),
    Definition(
        "groups", "board", _("Speculators and counterpart"), WORD,
        _(
            "Legacy g1 and g2; Disaggregated g3 and g1; Financial g3 and, by category, g1 (currencies, rates), g2 "
            "(indices) or g4 (crypto)"
        ), _("the counterpart holds nothing in the year behind"), NONE,
        shown=(
            Column(
                "spec_group", None, rows="best", always=True,
                board=OnBoard(
                    ("windows",), _("Group"), "group",
                    _("Speculators of the report: the numbers are theirs"), css="text", sorts=False,
                ),
            ),
            Column("comm_group", None, rows="best"),
        ),
    ),
    Definition(
        "stale", "board", _("Stale row"), YES_OR_NO,
        _("the market is not in the newest report; it stays for 26 weeks"), NEVER, NONE,
        shown=(Column("stale", None, "truth", rows="report"),),
    ),
    Definition(
        "release_at", "board", _("Release"), _("moment"),
        _(
            "when the CFTC made the report public, and from which source we know; report dates are usually Tuesdays, "
            "releases Fridays 15:30 New York"
        ), NEVER, NONE,
        shown=(
            Column("release_at", None, "moment", rows="report", always=True),
            Column("release_source", None, rows="report", always=True),
            Column("uncertain", None, "truth", rows="report"),
        ),
    ),
)  # fmt: skip
