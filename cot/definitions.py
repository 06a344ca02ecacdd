"""What every column and indicator means: one registry behind `/cot/definitions`, the guide and all links (cot §14.2).

A test fails when a column has no entry here. In keys `gk` stands for any group, `n` for any window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cot.variants import CONCENTRATION

Text = str | Promise

CONTRACTS: Final = _("contracts")
PERCENT: Final = _("per cent")
SCORE: Final = _("0 to 100")
TRADERS: Final = _("traders")
WORD: Final = _("word")
SECTIONS: Final[dict[str, Text]] = {
    "report": _("The report"),
    "indicators": _("Indicators"),
    "board": _("The board"),
    "blocks": _("Blocks of a market"),
}

_AS_PRINTED: Final = _("the report leaves it empty")
_UNPRINTED: Final = _("the CFTC prints none (no row the week before), or the contract size changed that week")
_NO_INTEREST: Final = _("open interest is zero, or either number is missing")
_HIDDEN: Final = _("the CFTC hides one to three traders (Disaggregated and Financial)")
_STRICT: Final = _("fewer than n observations, or all of them equal")
_STEP: Final = _("the report before is more than 8 days away, the contract size changed, or a position is missing")
_INTEGER, _ONE, _TWO = _("integer"), _("1 decimal"), _("2 decimals")


@dataclass(frozen=True, slots=True)
class Definition:
    """One entry. `columns` are all names under which the number appears; the example is real and can be looked up."""

    key: str
    section: str
    name: Text
    unit: Text
    formula: Text
    null_rule: Text
    rounding: Text
    window: Text = ""
    minimum: int = 1
    example: Text = ""
    columns: tuple[str, ...] = ()

    @property
    def page_anchor(self) -> str:
        return f"/cot/guide/#{self.key}"


# Examples: gold (088691), Disaggregated, futures only, Managed Money, report of 2025-12-30, unless another is named.
_REPORT: Final = (
    Definition(
        "open_interest", "report", _("Open interest"), CONTRACTS, _("contracts open at the close of the report date"),
        _AS_PRINTED, _INTEGER, example="481,866",
    ),
    Definition(
        "oi_change", "report", _("Change of open interest"), CONTRACTS, _("published: this report less the one before"),
        _UNPRINTED, _INTEGER, example="481,866 − 492,103 = −10,237",
    ),
    Definition(
        "oi_pct", "report", _("Change of open interest, %"), PERCENT, "100·oi_change/open_interest", _NO_INTEREST,
        _("1 decimal; 2 on the board"), example="100·(−10,237)/481,866 = −2.1", columns=("oi_trend_pct",),
    ),
    Definition(
        "gk_long", "report", _("Long positions"), CONTRACTS, _("published, outright positions without spreads"),
        _AS_PRINTED, _INTEGER, example="148,642",
    ),
    Definition(
        "gk_short", "report", _("Short positions"), CONTRACTS, _("published, outright positions without spreads"),
        _AS_PRINTED, _INTEGER, example="22,602",
    ),
    Definition(
        "gk_spread", "report", _("Spread positions"), CONTRACTS, _("published: long and short held against each other"),
        _("the group has no spread column"), _INTEGER, example="44,374",
    ),
    Definition(
        "gk_net", "report", _("Net position"), CONTRACTS, "long − short", _("either is missing"), _INTEGER,
        example="148,642 − 22,602 = 126,040", columns=("spec_net",),
    ),
    Definition(
        "gk_change", "report", _("Change of net"), CONTRACTS, "long_change − short_change", _UNPRINTED, _INTEGER,
        example="−11,939 − (−1,709) = −10,230", columns=("spec_wow",),
    ),
    Definition(
        "gk_change_long", "report", _("Change of long"), CONTRACTS, _("published"), _UNPRINTED, _INTEGER,
        example="−11,939", columns=("gk_long_change",),
    ),
    Definition(
        "gk_change_short", "report", _("Change of short"), CONTRACTS, _("published"), _UNPRINTED, _INTEGER,
        example="−1,709", columns=("gk_short_change",),
    ),
    Definition(
        "gk_change_spread", "report", _("Change of spread"), CONTRACTS, _("published"), _UNPRINTED, _INTEGER,
        example="4,313", columns=("gk_spread_change",),
    ),
    Definition(
        "gk_pct_net_oi", "report", _("Net, per cent of open interest"), PERCENT, "100·net/open_interest",
        _NO_INTEREST, _ONE, example="100·126,040/481,866 = 26.2", columns=("gk_pct_oi",),
    ),
    Definition(
        "gk_pct_oi_change", "report", _("Change of that share"), PERCENT,
        _("net/OI in per cent less that of the row before"), _STEP, _ONE, minimum=2, example="26.2 − 27.7 = −1.5",
    ),
    Definition(
        "gk_pct_long", "report", _("Long, per cent of open interest"), PERCENT, "100·long/open_interest",
        _NO_INTEREST, _ONE, example="100·148,642/481,866 = 30.8",
    ),
    Definition(
        "gk_pct_short", "report", _("Short, per cent of open interest"), PERCENT, "100·short/open_interest",
        _NO_INTEREST, _ONE, example="100·22,602/481,866 = 4.7",
    ),
    Definition(
        "gk_pct_spread", "report", _("Spread, per cent of open interest"), PERCENT, "100·spread/open_interest",
        _NO_INTEREST, _ONE, example="100·44,374/481,866 = 9.2",
    ),
    Definition(
        "gk_total", "report", _("Total held"), CONTRACTS, "long + short", _("either is missing"), _INTEGER,
        example="148,642 + 22,602 = 171,244",
    ),
    Definition(
        "gk_total_change", "report", _("Change of total held"), CONTRACTS, "long_change + short_change", _UNPRINTED,
        _INTEGER, example="−11,939 + (−1,709) = −13,648",
    ),
    Definition(
        "traders", "report", _("Number of traders"), TRADERS,
        _("published; groups are never added up, one trader may stand in two"), _HIDDEN, _INTEGER,
        example=_("92 long, 21 short, 36 spread"),
        columns=("gk_traders_long", "gk_traders_short", "gk_traders_spread", "traders_total", "traders_rept_long",
            "traders_rept_short"),
    ),
    Definition(
        "rept", "report", _("Reportable positions"), CONTRACTS, _("published: all groups but the non-reportable"),
        _AS_PRINTED, _INTEGER, example=_("421,649 long, 465,722 short"), columns=("rept_long", "rept_short"),
    ),
    Definition(
        "concentration", "report", _("Concentration"), PERCENT,
        _("published share of open interest held by the 4 or 8 largest traders of a side; net: their long less short"),
        _AS_PRINTED, _ONE, example=_("4 largest: 14.9 per cent of long, 35.3 of short, gross"), columns=CONCENTRATION,
    ),
    Definition(
        "statistics", "report", _("Statistic rows"), _("as the column"),
        _("max and min of all observations and of the last 260; mean of the last 13"),
        _("the column has no value at all"), _("as the column"), _("all, 260 and 13 observations"),
        example=_("net: max 219,029 of five years; mean of 13 weeks 114,260"),
        columns=("max", "min", "max_5y", "min_5y", "avg_13w"),
    ),
)  # fmt: skip

_INDICATORS: Final = (
    Definition(
        "cot_index_gk", "indicators", _("COT index"), SCORE, "100·(x − min)/(max − min)",
        _("fewer than 2 observations; 50 when all are equal"), _ONE,
        _("net over 13 (3m), 52 (1y), 156 (3y) observations"), 2, "100·(126,040 − 92,227)/(215,869 − 92,227) = 27.3",
        ("cot_index_gk_3m", "cot_index_gk_1y", "cot_index_gk_3y", "cot_gk_1y", "spec_index_1y", "spec_index_3y"),
    ),
    Definition(
        "wci_gk", "indicators", _("WCI"), SCORE, "100·(x − min)/(max − min)",
        _("fewer than 2 observations; 50 when all are equal"), _ONE, _("net over 26 observations"), 2,
        "100·(126,040 − 92,227)/(163,519 − 92,227) = 47.4", ("wci_gk",),
    ),
    Definition(
        "count", "indicators", _("Observations used"), _("reports"), _("non-null values in the window, at most n"),
        _("never"), _INTEGER, example="52",
        columns=("cot_index_gk_3m_n", "cot_index_gk_1y_n", "cot_index_gk_3y_n", "wci_gk_n", "n_1y"),
    ),
    Definition(
        "full", "indicators", _("Full window"), _("yes or no"), _("n observations exist and they are not all equal"),
        _("never"), "–",
        columns=("cot_index_gk_3m_full", "cot_index_gk_1y_full", "cot_index_gk_3y_full", "wci_gk_full", "full_1y"),
    ),
    Definition(
        "index_gk_n", "indicators", _("Strict index"), SCORE, "100·(x − min)/(max − min)", _STRICT, _ONE,
        _("net over 13, 26, 52, 156, 260 or all (at least 52) observations"), 13,
        "100·(126,040 − 92,227)/(215,869 − 92,227) = 27.3", ("index_gk", "index_n"),
    ),
    Definition(
        "rank_gk_n", "indicators", _("Percentile rank"), SCORE, "100·(#{v < x} + ½·#{v = x})/n", _STRICT, _ONE,
        _("net over n observations, x itself counted"), 13, "100·(19 + ½)/52 = 37.5",
        ("rank_gk", "rank_n", "spec_rank_1y"),
    ),
    Definition(
        "z_gk_n", "indicators", _("z-score"), _("standard deviations"), "(x − mean)/sd, ddof 1", _STRICT, _TWO,
        _("net over n observations"), 13, "(126,040 − 141,512)/32,117 = −0.48", ("z_gk", "spec_z_1y"),
    ),
    Definition(
        "z_oi_gk_n", "indicators", _("z-score of net/OI"), _("standard deviations"), "(x − mean)/sd, ddof 1", _STRICT,
        _TWO, _("net/open interest over n observations"), 52, "−0.70",
    ),
    Definition(
        "range_gk_n", "indicators", _("Range of the window"), CONTRACTS, "max − min", _STRICT, _INTEGER,
        _("net over n observations; below 1 per cent of open interest a score says little"), 13,
        "215,869 − 92,227 = 123,642", ("range_n", "spec_range_1y"),
    ),
    Definition(
        "willco_gk", "indicators", _("WILLCO"), SCORE, _("strict index of net/open interest; zones 75 and 25"), _STRICT,
        _ONE, _("26 observations"), 26, "100·(26.157 − 19.522)/(34.246 − 19.522) = 45.1",
    ),
    Definition(
        "movement_gk", "indicators", _("Movement"), _("index points"),
        _("strict index over 52 less that 6 observations before; ±40 is a surge"), _("either index is missing"), _ONE,
        _("52 + 6 observations"), 58, "27.35 − 4.83 = 22.5",
    ),
    Definition(
        "weeks_in_state_gk", "indicators", _("Weeks at an extreme"), _("reports"),
        _("consecutive observations with rank over 52 at or above 95, or at or below 5, on the same side"), _STRICT,
        _INTEGER, _("52 observations"), 52, _("rank 37.5: 0"), ("weeks_in_state",),
    ),
    Definition(
        "crowded_gk", "indicators", _("Crowded"), SCORE, _("the COT index over 52 observations, compared as shown"),
        _("fewer than 2 observations"), _ONE, _("52 observations"), 2, "27.3",
    ),
    Definition(
        "signal_gk", "indicators", _("Crowded label"), WORD,
        _("commercials: index ≥ 80 BUY, ≤ 20 SELL; all others the other way round. A label, not advice"),
        _("between the bounds, or the window is not full"), "–", _("52 observations"), 52,
        _("Other Reportables at 87.9: SELL"), ("signals",),
    ),
)  # fmt: skip

_BOARD: Final = (
    Definition(
        "state", "board", _("State"), WORD,
        _(
            "first that holds: flip · overcrowded (rank ≥ 95 and z ≥ 2, or ≤ 5 and ≤ −2) · reversal watch (rank ≥ "
            "90, falling, net long; or ≤ 10, rising, net short) · extreme (rank ≥ 90 or ≤ 10) · pre-flip (|net| "
            "below 0.3 of the net before) · neutral"
        ), _("the rank over 52 is missing, or the contract size changed this week"), "–", _("52 observations"), 52,
        _("rank 37.5, no flip: neutral"),
    ),
    Definition(
        "state_severity", "board", _("Severity"), _("0 to 5"), _("place of the state, flip 5 to neutral 0"),
        _("no state"), _INTEGER, example="0",
    ),
    Definition(
        "spark", "board", _("26 weeks"), CONTRACTS, _("the last 26 nets, in contracts of the newest size"),
        _("the newest net is missing"), _INTEGER, _("26 observations"),
    ),
    Definition(
        "groups", "board", _("Speculators and counterpart"), WORD,
        _(
            "Legacy g1 and g2; Disaggregated g3 and g1; Financial g3 and, by category, g1 (currencies, rates), g2 "
            "(indices) or g4 (crypto)"
        ), _("the counterpart holds nothing in the year behind"), "–", columns=("spec_group", "comm_group"),
    ),
    Definition(
        "stale", "board", _("Stale row"), _("yes or no"),
        _("the market is not in the newest report; it stays for 26 weeks"), _("never"), "–",
    ),
    Definition(
        "release_at", "board", _("Release"), _("moment"),
        _(
            "when the CFTC made the report public, and from which source we know; report dates are usually Tuesdays, "
            "releases Fridays 15:30 New York"
        ), _("never"), "–", columns=("release_source", "uncertain"),
    ),
)  # fmt: skip

_BLOCKS: Final = (
    Definition(
        "flow", "blocks", _("Flow"), WORD,
        _(
            "the larger of |Δlong| and |Δshort| names it: new longs, longs closed, new shorts, shorts covered; a tie "
            "is no change"
        ), _STEP, "–", example=_("|−11,939| > |−1,709|: longs closed"),
    ),
    Definition(
        "flip", "blocks", _("Flip"), WORD, _("net crossed zero since the row before; size |net − net before|"), _STEP,
        _INTEGER, minimum=2, columns=("flips",),
    ),
    Definition(
        "gk_bias", "blocks", _("Bias"), PERCENT, "100·long/(long + short)", _("the group holds nothing"), _ONE,
        example="100·148,642/171,244 = 86.8", columns=("bias",),
    ),
    Definition(
        "velocity", "blocks", _("Velocity"), CONTRACTS, "(x − x₋₁) − (x₋₁ − x₋₂)", _STEP, _INTEGER, minimum=3,
        example="(126,040 − 136,270) − (136,270 − 132,596) = −13,904",
    ),
    Definition(
        "velocity_warning", "blocks", _("Velocity warning"), _("yes or no"), _("velocity works against the position"),
        _("never"), "–", example=_("net long, velocity −13,904: yes"),
    ),
    Definition(
        "power", "blocks", _("Market power"), PERCENT,
        _("100·long/OI and 100·short/OI of the speculators; above 30 long: liquidation risk, short: squeeze risk"),
        _NO_INTEREST, _ONE, example=_("30.8 long: risk of long liquidation"),
        columns=("power_long", "power_short", "long_liquidation_risk", "short_squeeze_risk"),
    ),
    Definition(
        "divergence", "blocks", _("Sentiment divergence"), WORD,
        _("rank of the speculators ≥ 90 and of their counterpart ≤ 10, or the other way round"),
        _("a rank is missing, or there is no counterpart"), "–", _("lookback"),
    ),
    Definition(
        "triple", "blocks", _("Triple lookback"), SCORE, _("net, rank, z and index over 52, 156 and 260 observations"),
        _STRICT, _ONE, _("52, 156, 260 observations"), 52, _("ranks 37.5, 51.6 and 69.0"),
    ),
    Definition(
        "zones", "blocks", _("Position zones"), CONTRACTS, _("5th and 95th percentile, linear interpolation"),
        _("fewer than 2 observations"), _INTEGER, _("lookback"), 2, _("long 134,896 to 227,372"),
    ),
    Definition(
        "distribution", "blocks", _("Distribution"), _("reports"),
        _("25 equal bins from min to max of net; one bin when all are equal"), _("no observation"), _INTEGER,
        _("lookback"), 1, _("the newest net lies in the 7th bin"),
    ),
    Definition(
        "spread_rank", "blocks", _("Spread percentile"), SCORE, _("rank of |net of speculators − net of counterpart|"),
        _("the window is not full, or there is no counterpart"), _ONE, _("lookback"), 13, "45.2",
    ),
    Definition(
        "concentration_gauge", "blocks", _("Concentration gauge"), PERCENT,
        _(
            "share of the 4 largest on the speculators' side: below 40 low, below 60 elevated, else high; gross 10 "
            "or more above net: they hold spread books"
        ), _AS_PRINTED, _ONE, example=_("14.9 gross, 12.5 net: low"),
    ),
    Definition(
        "eight_state", "blocks", _("Eight states"), WORD,
        _("signs of the changes of price, long and short; a zero is unchanged"),
        _("no price, no published change, or the contract size changed"), "–", minimum=2,
    ),
    Definition(
        "oi_state", "blocks", _("Open-interest pulse"), WORD, _("signs of the changes of price and open interest"),
        _("no price, no published change, or the contract size changed"), "–", minimum=2,
    ),
    Definition(
        "change_pct", "blocks", _("Change, per cent of open interest"), PERCENT, "100·change/open_interest",
        _NO_INTEREST, _ONE, example="100·(−10,230)/481,866 = −2.1",
    ),
    Definition(
        "sector_context", "blocks", _("Among its category"), SCORE,
        _("median of the one-year ranks of the category, and the market's place from the highest"),
        _("no market of the category has a full window"), _ONE, _("52 observations"), 52,
    ),
)  # fmt: skip

DEFINITIONS: Final[tuple[Definition, ...]] = (*_REPORT, *_INDICATORS, *_BOARD, *_BLOCKS)
_BY_COLUMN: Final[Mapping[str, Definition]] = {
    name: definition for definition in DEFINITIONS for name in (definition.key, *definition.columns)
}


def of_column(name: str) -> Definition | None:
    """The definition of a column as it is called in a table, on the board or in the API: `z_g3_52` → `z_gk_n`."""
    general = re.sub(r"(?<![a-z])g[1-5](?![0-9])", "gk", name)
    return _BY_COLUMN.get(general) or _BY_COLUMN.get(re.sub(r"_(13|26|52|156|260|all)$", "_n", general))
