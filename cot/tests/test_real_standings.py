"""Where the speculators stood in the real reports of spring 2025, worked out a second time from the files alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from cot.models import BoardRow
from cot.pages.board_query import VIEWS
from cot.pipeline import deriving
from cot.selectors.board import show
from cot.selectors.board_query import BoardQuery
from cot.tests import loaded
from cot.tests.real_files import frame
from cot.variants import variant

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.usefixtures("real"),
]
FILES = {"disagg": (2023, 2024, 2025, 2026), "tff": (2023, 2024, 2025, 2026)}
THEN = datetime(
    2025, 5, 3, 12, tzinfo=UTC
)  # complete for a year: the report of 29 April was public
VIEW = {str(label): view for label, view in VIEWS}


@pytest.fixture(scope="module")
def rows(shared_data) -> dict[str, pd.DataFrame]:
    return {kind: frame(shared_data / "cftc", kind, "fo", years) for kind, years in FILES.items()}


@pytest.fixture(scope="module")
def real(rows, module_database):
    with module_database():
        for kind, facts in rows.items():
            loaded.load(facts, variant(kind, "fo"))
        deriving.rebuild_board([variant(kind, "fo") for kind in rows])


def half_up(value: float, digits: int) -> float:
    return float(np.sign(value) * np.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits)


def stood(market: pd.DataFrame) -> tuple[str | None, str | None]:
    """State and side of g3 in the last row, from the rule in words."""
    net = (market.g3_long - market.g3_short).to_numpy()
    days, interest = market.date.to_numpy(), market.open_interest.to_numpy()[-1]
    change = (market.g3_long_change - market.g3_short_change).to_numpy()[-1]
    now, side = net[-1], {1: "long", -1: "short"}.get(np.sign(net[-1]))
    consecutive = len(net) > 1 and (days[-1] - days[-2]) <= np.timedelta64(8, "D")
    before = net[-2] if consecutive else np.nan
    moved = half_up(100 * abs(change) / interest, 1) if interest and change == change else np.nan
    crossed = (before <= 0 < now) or (before >= 0 > now)
    year = net[-52:]
    full = len(year) == 52 and (days[-1] - days[-52]) <= np.timedelta64(7 * 58, "D")
    width = half_up(100 * (year.max() - year.min()) / interest, 1) if interest else 99.0
    if full and (width < 1 or (year == 0).sum() >= 13):
        return None, None
    if crossed and moved >= 1:
        return "flip", side
    scored = full and year.max() > year.min()
    if scored and side:
        rank = half_up(100 * ((year < now).sum() + (year == now).sum() / 2) / 52, 1)
        z = half_up((now - year.mean()) / year.std(ddof=1), 2)
        if side == "short":
            rank, z, change = 100 - rank, -z, -change
        if rank >= 95 and z >= 2:
            return "overcrowded", side
        if rank >= 90:
            return ("reversal_watch" if change < 0 and moved >= 0.5 else "extreme"), side
        if rank <= 10:
            return "least", side
    near = interest and half_up(100 * abs(now) / interest, 1) < 1
    if near or crossed or (abs(now) < 0.3 * abs(before) and change != 0):
        return "pre_flip", side
    return ("neutral" if full else None), None


def test_every_market_stands_where_the_rule_in_words_puts_it(rows):
    """Then, and in the newest report of each market; contracts that changed their size are left to tests of their own."""
    asked, compared = BoardQuery(universe="all", inactive=True), 0
    for query, until in ((replace(asked, as_of=THEN), pd.Timestamp(2025, 4, 30)), (asked, None)):
        found = {row["code"]: row for row in show("fo", query).rows}
        for kind, facts in rows.items():
            known = facts[facts.date <= until] if until is not None else facts
            for code, market in known.groupby("code"):
                if code in found and not code.endswith("+"):
                    row = found[code]
                    assert (row["state"], row["state_side"]) == stood(market), (kind, code, until)
                    compared += 1
    assert compared > 600


def test_nobody_is_crowded_on_a_side_they_are_not_on():
    """Nor flipped to it, nor unwinding it; and nothing is at an extreme there."""
    values = [row.values for row in BoardRow.objects.all()]
    values += show("fo", BoardQuery(universe="all", inactive=True, as_of=THEN)).rows
    sided = [row for row in values if row["state_side"]]
    assert len(sided) > 200
    for row in sided:
        assert (row["state_side"] == "long") == (row["spec_net"] > 0), row
    for row in values:
        if row["weeks_at_extreme"]:
            high, low = row["spec_rank_1y"] >= 90, row["spec_rank_1y"] <= 10
            assert (high and row["spec_net"] > 0) or (low and row["spec_net"] < 0), row
        if row["too_small"]:
            assert row["state"] is row["state_side"] is None, row
            assert row["attention"] is row["weeks_at_extreme"] is row["spec_change_sd"] is None


def majors_of(name: str) -> list[str]:
    """The majors in a view, as of then."""
    view = replace(VIEW[name], universe="majors", as_of=THEN)
    return [row["code"] for row in show("fo", view).rows]


def test_the_views_of_spring_2025_name_what_a_trader_would():
    """Soybeans and yen; five-year note and wheat; gold and the Canadian dollar; the peso; wheat and coffee moved most."""
    assert set(majors_of("Crowded long")) == {"005602", "097741"}
    assert set(majors_of("Crowded short")) == {"044601", "001602"}
    assert {"088691", "090741"} < set(majors_of("Unusually light"))
    assert majors_of("Flipped") == ["095741"]
    assert majors_of("Turning") == ["095741"]
    assert {"001602", "083731"} < set(majors_of("Biggest moves"))


def test_wheat_and_coffee_ask_for_most_attention():
    """Wheat: z −1.97 and 6.8 % of open interest, 2.6 of its deviations. Gold is further out and moved less."""
    asked = BoardQuery(universe="majors", sort=("-attention",), as_of=THEN)
    first = show("fo", asked).rows[:3]
    assert [row["code"] for row in first] == ["001602", "083731", "088691"]
    wheat = first[0]
    assert (wheat["spec_z_1y"], wheat["spec_change_pct_oi"], wheat["spec_change_sd"]) == (
        -1.97,
        -6.8,
        2.6,
    )


def test_attention_is_what_the_files_say(rows):
    """|z| − 1 and the change in deviations of 52 weekly differences of net/OI, each at most 3."""
    market = rows["disagg"].query("code == '001602' and date <= '2025-04-30'")
    net = (market.g3_long - market.g3_short).to_numpy()
    share = 100 * net / market.open_interest.to_numpy()
    spread = np.diff(share)[-52:].std(ddof=1)
    change = (market.g3_long_change - market.g3_short_change).to_numpy()[-1]
    size = abs(100 * change / market.open_interest.to_numpy()[-1]) / spread
    z = (net[-1] - net[-52:].mean()) / net[-52:].std(ddof=1)
    (wheat,) = show("fo", BoardQuery(universe="all", q="001602", as_of=THEN)).rows
    assert wheat["attention"] == half_up(min(max(abs(z) - 1, 0), 3) + min(size, 3), 2)
