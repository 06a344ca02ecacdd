"""What the blocks of a market's page show, and the two columns that the board has of them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from cot.columns.column import Column, Definition, OnBoard, of_group
from cot.columns.words import (
    AS_PRINTED,
    CONTRACTS,
    INTEGER,
    NEVER,
    NO_INTEREST,
    NONE,
    ONE,
    PERCENT,
    REPORTS,
    SCORE,
    STEP,
    STRICT,
    WORD,
    YES_OR_NO,
)
from cot.measures.states import bias, flow

BLOCKS: Final = (
    Definition(
        "flow", "blocks", _("Flow"), WORD,
        _(
            "the larger of |Δlong| and |Δshort| names it: new longs, longs closed, new shorts, shorts covered; a tie "
            "is no change"
        ), STEP, NONE, example=_("|−11,939| > |−1,709|: longs closed"),
        shown=(Column("flow", None, formula=of_group(flow), rows="best", dashboard=True),),
    ),
    Definition(
        "flip", "blocks", _("Flip"), WORD, _("net crossed zero since the row before; size |net − net before|"), STEP,
        INTEGER, minimum=2, also=("flips",),
    ),
    Definition(
        "gk_bias", "blocks", _("Bias"), PERCENT, "100·long/(long + short)", _("the group holds nothing"), ONE,
        example="100·148,642/171,244 = 86.8",
        shown=(
            Column(
                "gk_bias", 1, formula=of_group(bias), rows="report",
                board=OnBoard(("groups",), _("Long : short"), "split", _("Share of long in the two")),
            ),
        ),
        also=("bias",),
    ),
    Definition(
        "velocity", "blocks", _("Velocity"), CONTRACTS, "(x − x₋₁) − (x₋₁ − x₋₂)", STEP, INTEGER, minimum=3,
        example="(126,040 − 136,270) − (136,270 − 132,596) = −13,904",
    ),
    Definition(
        "velocity_warning", "blocks", _("Velocity warning"), YES_OR_NO, _("velocity works against the position"),
        NEVER, NONE, example=_("net long, velocity −13,904: yes"),
    ),
    Definition(
        "power", "blocks", _("Market power"), PERCENT,
        _("100·long/OI and 100·short/OI of the speculators; above 30 long: liquidation risk, short: squeeze risk"),
        NO_INTEREST, ONE, example=_("30.8 long: risk of long liquidation"),
        also=("power_long", "power_short", "long_liquidation_risk", "short_squeeze_risk"),
    ),
    Definition(
        "divergence", "blocks", _("Sentiment divergence"), WORD,
        _("rank of the speculators ≥ 90 and of their counterpart ≤ 10, or the other way round"),
        _("a rank is missing, or there is no counterpart"), NONE, _("lookback"),
    ),
    Definition(
        "triple", "blocks", _("Triple lookback"), SCORE, _("net, rank, z and index over 52, 156 and 260 observations"),
        STRICT, ONE, _("52, 156, 260 observations"), 52, _("ranks 37.5, 51.6 and 69.0"),
    ),
    Definition(
        "zones", "blocks", _("Position zones"), CONTRACTS, _("5th and 95th percentile, linear interpolation"),
        _("fewer than 2 observations"), INTEGER, _("lookback"), 2, _("long 134,896 to 227,372"),
    ),
    Definition(
        "distribution", "blocks", _("Distribution"), REPORTS,
        _("25 equal bins from min to max of net; one bin when all are equal"), _("no observation"), INTEGER,
        _("lookback"), 1, _("the newest net lies in the 7th bin"),
    ),
    Definition(
        "spread_rank", "blocks", _("Spread percentile"), SCORE, _("rank of |net of speculators − net of counterpart|"),
        _("the window is not full, or there is no counterpart"), ONE, _("lookback"), 13, "45.2",
    ),
    Definition(
        "concentration_gauge", "blocks", _("Concentration gauge"), PERCENT,
        _(
            "share of the 4 largest on the speculators' side: below 40 low, below 60 elevated, else high; gross 10 "
            "or more above net: they hold spread books"
        ), AS_PRINTED, ONE, example=_("14.9 gross, 12.5 net: low"),
    ),
    Definition(
        "eight_state", "blocks", _("Eight states"), WORD,
        _("signs of the changes of price, long and short; a zero is unchanged"),
        _("no price, no published change, or the contract size changed"), NONE, minimum=2,
        shown=(Column("eight_state", None, dashboard=True),),
    ),
    Definition(
        "oi_state", "blocks", _("Open-interest pulse"), WORD, _("signs of the changes of price and open interest"),
        _("no price, no published change, or the contract size changed"), NONE, minimum=2,
        shown=(Column("oi_state", None, dashboard=True),),
    ),
    Definition(
        "change_pct", "blocks", _("Change, per cent of open interest"), PERCENT, "100·change/open_interest",
        NO_INTEREST, ONE, example="100·(−10,230)/481,866 = −2.1",
    ),
    Definition(
        "sector_context", "blocks", _("Among its category"), SCORE,
        _("median of the one-year ranks of the category, and the market's place from the highest"),
        _("no market of the category has a full window"), ONE, _("52 observations"), 52,
    ),
)  # fmt: skip
