"""The columns of the board that are no score: which market, what it is doing, how fresh it is."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from cot.columns.column import Column, Definition, OnBoard, of_group
from cot.columns.words import CONTRACTS, INTEGER, NEVER, NONE, WORD, YES_OR_NO
from cot.measures.states import board_state, severity

# Which market it is and of when: told, not computed, and nothing that the guide would have to define.
MARKET: Final = (
    Column("code", None, rows="report", always=True),
    Column(
        "name", None, rows="report", always=True,
        board=OnBoard(("overview", "groups", "windows"), _("Market"), "market", css="text keep corner"),
    ),
    Column("plain_name", None, rows="report", always=True),
    Column("ticker", None, rows="report"),
    Column("main_code", None, rows="report", always=True),
    Column("exchange_code", None, rows="report", always=True),
    Column(
        "category", None, rows="report", always=True,
        board=OnBoard(("overview",), _("Category"), "category", css="text"),
    ),
    Column("category_display", None, rows="report", always=True),
    Column("sector", None, rows="report", always=True),
    Column(
        "date", None, "day", rows="report", always=True, board=OnBoard(("overview",), _("Report"), "day"),
    ),
    Column("primary_report", None, rows="best", always=True),
    Column("watched", None, "truth", rows="best"),
)  # fmt: skip

BOARD: Final = (
    Definition(
        "state", "board", _("State"), WORD,
        _(
            "first that holds: flip · overcrowded (rank ≥ 95 and z ≥ 2, or ≤ 5 and ≤ −2) · reversal watch (rank ≥ "
            "90, falling, net long; or ≤ 10, rising, net short) · extreme (rank ≥ 90 or ≤ 10) · pre-flip (|net| "
            "below 0.3 of the net before) · neutral"
        ), _("the rank over 52 is missing, or the contract size changed this week"), NONE, _("52 observations"), 52,
        _("rank 37.5, no flip: neutral"),
        shown=(Column("state", None, formula=of_group(board_state), rows="best"),),
    ),
    Definition(
        "state_severity", "board", _("Severity"), _("0 to 5"), _("place of the state, flip 5 to neutral 0"),
        _("no state"), INTEGER, example="0",
        shown=(
            Column(
                "state_severity", formula=of_group(severity), rows="best",
                board=OnBoard(
                    ("overview",), _("State"), "state", _("What the speculators are doing, most severe first"),
                    css="text keep",
                ),
            ),
        ),
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
                    ("overview", "windows"), _("Group"), "group",
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
